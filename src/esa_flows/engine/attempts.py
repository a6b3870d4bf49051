"""All attempts of one step in one process, until there is an outcome.

1. A guarded step that may have been done is not done again before `reconcile` looked.
2. An intent is recorded before the body of anything but a read starts.
3. Trouble that may pass is waited out. When patience ends, the whole run stops where it
   is. A definite answer is recorded and raised into the flow, which can act on it.
   *Trouble with the provider pauses the run; an answer decides.*
4. An abort, a timeout or a conflict waits until nothing of a guarded step is in doubt
   any more: what is sent and not heard of could still take effect when the way back is
   gone, or when the run is over.
"""

import functools
from collections.abc import Awaitable
from typing import Any, Generic, TypeVar

import anyio
from attrs import define, field

from esa_flows import trace
from esa_flows.engine.attempt import Attempt
from esa_flows.engine.cancelled import is_cancelled
from esa_flows.engine.cause import STOPPING, cause
from esa_flows.engine.codec import Ephemeral, recordable
from esa_flows.engine.context import Context
from esa_flows.engine.doubt import Doubt
from esa_flows.engine.failure import decode_error, encode_error, words
from esa_flows.engine.journal import Kind
from esa_flows.engine.observe import Moment
from esa_flows.engine.retry import Again, GiveUp, must_look
from esa_flows.engine.run import Run
from esa_flows.engine.step import (
    Effect,
    Happened,
    Intent,
    Reconcile,
    Step,
)
from esa_flows.engine.strand import Strand
from esa_flows.errors import (
    Aborted,
    CallError,
    DeadlineExceeded,
    EsaFlowsError,
    Misuse,
    OutcomeUnknown,
    StepMisuse,
)

__all__ = ["Attempts"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type

NEVER = float("inf")
"""The deadline of what has none."""


@define(kw_only=True)
class Attempts(Generic[I, O]):
    """The attempts of one step.

    Attributes:
        step: The step.
        identity: What it is called in its run.
        value: Its input.
        digest: SHA-256 of its input.
        strand: The line of the flow's work it is a part of.
        began: When this process began them, in seconds of its clock.
        calls: When its attempts in this process made calls, by verb.
    """

    step: Step[I, O]
    identity: str
    value: I
    digest: str
    strand: Strand
    began: float = field(factory=anyio.current_time, init=False)
    calls: dict[str, list[float]] = field(factory=dict, init=False)
    _run: Run = field(init=False)
    _number: int = field(init=False)
    _tries: int = field(default=0, init=False)
    _look: bool = field(init=False)
    _doubt: Doubt | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._run = self.strand.run
        self._number = self._run.history.past(self.identity).attempts
        self._look = self._number > 0

    def __str__(self) -> str:
        """Name the step as errors do."""
        return str(self._run.place(self.identity))

    def counted(self) -> dict[str, Any]:
        """Give how many calls led to an outcome; nothing where there were none."""
        counts = {verb: len(times) for verb, times in self.calls.items()}
        return {"calls": counts} if counts else {}

    def _sent(self) -> dict[str, Any]:
        """Give the same for the journal: how many seconds ago each call was sent."""
        if not self.calls:
            return {}

        now = anyio.current_time()
        return {
            "sent": {
                verb: [round(now - at, 3) for at in times]
                for verb, times in self.calls.items()
            }
        }

    async def perform(self) -> O:
        """Attempt, look, wait, until there is an outcome or patience ends."""
        while True:
            self._tries += 1
            self._number += 1
            try:
                output = await (self._traced() if self._run.traced else self._attempt())
            except Exception as error:  # noqa: BLE001  _after sorts it, none is lost
                elapsed = anyio.current_time() - self.began
                again = await self._after(cause(error), elapsed)
            else:
                self._earn()
                return output

            with self.strand.interruptible():
                await anyio.sleep(again.wait)

            await self._give_way()

    @property
    def _in_doubt(self) -> bool:
        """Whether the effect may have happened, and somebody can find out."""
        return self._look and self.step.reconcile is not None

    async def _give_way(self) -> None:
        """Meet an abort or a timeout, unless something is in doubt.

        That the step is left is recorded where it was begun: the next process must not
        look again for what is known not to have happened.
        """
        if self._in_doubt:
            return

        try:
            self.strand.deliver()
        except EsaFlowsError as error:
            if self._run.history.past(self.identity).is_open:
                await self._note(encode_error(error))

            raise

    async def _traced(self) -> O:
        with trace.attempt_span(self.step.name, attempt=self._number):
            return await self._attempt()

    async def _attempt(self) -> O:
        if self._look and self.step.reconcile is not None:
            found = await self._found(self.step.reconcile)
            if found is not None:
                return found.value

        attempt = self._new()
        waits, scope = self._run.waits, attempt.scope
        waits[scope] = self.strand.awaits
        try:
            with scope:
                return await self._effect(self._context(attempt), scope)
        finally:
            del waits[scope]

        if not attempt.sent:
            await self._give_way()

        raise self._too_late(attempt)

    def _new(self) -> Attempt:
        return Attempt(
            step=self.step,
            lease=self._run.lease,
            ports=self._run.ports,
            calls=self.calls,
        )

    def _context(self, attempt: Attempt) -> Context:
        run = self._run
        return Context(
            run_id=run.id,
            now=run.now,
            ports=attempt.need,
            attempt=self._number,
            after_another=run.is_after_another,
            step=self.step.name,
            path=(self.identity, str(self._number)),
        )

    async def _found(self, reconcile: Reconcile[I, O]) -> Happened[O] | None:
        """Look for an effect in doubt, whatever interrupts; record it where it is."""
        self._run.tell(Moment.STEP_LOOKING, self.identity, attempt=self._number)
        began = anyio.current_time()
        attempt = self._new()
        with attempt.scope:
            context = self._context(attempt)
            intent = Intent(attempts=self._number - 1)
            look = functools.partial(reconcile, context, self.value, intent)
            found = await self._settling().resolved(look)

        if isinstance(found, Happened):
            await self._outcome(found.value, began, adopted=True)
            return found

        self._look = False
        if self._run.history.past(self.identity).is_open:  # else it is only done again
            await self._give_way()

        return None

    def _settling(self) -> Doubt:
        if self._doubt is None:
            settle = self._run.settle if self.step.settle is None else self.step.settle
            self._doubt = Doubt(settle)

        return self._doubt

    async def _effect(self, context: Context, scope: anyio.CancelScope) -> O:
        """Do it; record the outcome."""
        began = anyio.current_time() if self._number > 1 else self.began
        if self.step.effect is not Effect.READ:
            await self._intend()

        if self.step.timeout is not None:
            last = anyio.current_time() + self.step.timeout.seconds
            scope.deadline = min(scope.deadline, last)

        output = await self._done(context)
        if scope.deadline != NEVER:
            scope.deadline = NEVER

        await self._outcome(output, began)
        return output

    async def _done(self, context: Context) -> O:
        """Do the body; whatever comes out of it that is no answer says whose it is."""
        try:
            return await self.step.body(context, self.value)
        except anyio.get_cancelled_exc_class() as error:
            if is_cancelled():
                raise

            raise StepMisuse(
                f"{self} raised {type(error).__name__}, and nobody had cancelled it.",
                next_move="Catch it in the step where it waits for something else that"
                " was cancelled.",
            ) from error
        except Exception:
            raise
        except BaseException as error:
            error.add_note(f"Raised by {self}.")
            raise

    async def _after(self, error: Exception, elapsed: float) -> Again:
        """Decide what follows a failed attempt; raise what ends the step."""
        if isinstance(error, (Aborted, Misuse, *STOPPING)):
            raise error

        if self.strand.has_met(error):
            raise error  # a timeout around the step, not an answer to it

        decision = self.step.retry.after(
            error,
            attempt=self._tries,
            elapsed=elapsed,
            chance=self._run.random.random(),
        )
        if isinstance(decision, Again) and not self._may_retry(error):
            decision = GiveUp(tried=True)

        self._look = self._look or must_look(error)
        if isinstance(decision, Again):
            await self._give_way()
            self._tell_waiting(decision, error)
            return decision

        if decision.tried:
            await self._give_way()
            await self._run.stop(error)

        raise await self._failed(error)

    def _may_retry(self, error: Exception) -> bool:
        """Pay for one more attempt from what the whole fleet may spend."""
        if not isinstance(error, CallError) or self._run.budget.spend(error):
            return True

        spent = "It was not tried again: too many calls of this account have failed."
        error.next_move = f"{spent} {error.next_move}".strip()
        return False

    def _earn(self) -> None:
        if self._tries == 1:
            self._run.budget.earn()

    async def _failed(self, error: Exception) -> EsaFlowsError:
        """Record a definite failure; give what the flow meets, now and on replay."""
        told = encode_error(error)
        if not isinstance(error, EsaFlowsError):
            told["message"] = f"{self} raised {told['message']}"

        await self._note(told)
        self._run.tell(
            Moment.STEP_FAILED,
            self.identity,
            why=words(error),
            error=told["type"],
            **self.counted(),
        )
        replayed = decode_error(told)
        if isinstance(error, EsaFlowsError) and type(error) is type(replayed):
            return error

        replayed.__cause__ = error
        return replayed

    async def _note(self, told: dict[str, Any]) -> None:
        """Record an outcome that is none: what the flow meets in its place."""
        body = {"v": self.step.version, "in": self.digest, "error": told}
        body |= self._sent()
        with anyio.CancelScope(shield=True):  # what was answered is kept
            await self._record(Kind.OUTCOME, body)

    def _intend(self) -> Awaitable[None]:
        body = {
            "v": self.step.version,
            "in": self.digest,
            "input": recordable(self.value, self),
        }
        return self._record(Kind.INTENT, body)

    def _outcome(self, output: O, began: float, **facts: bool) -> Awaitable[None]:
        is_ephemeral = isinstance(output, Ephemeral)
        if self.step.ephemeral and not is_ephemeral:
            raise StepMisuse(
                f"{self} is ephemeral but gave a"
                f" {type(output).__name__}, which would be recorded.",
                next_move="Give a subclass of Ephemeral, whose facts() are recorded.",
            )

        body = {
            "v": self.step.version,
            "in": self.digest,
            "value": recordable(output, self),
            "seconds": round(anyio.current_time() - began, 6),
            **facts,
            **self._sent(),
        }
        if is_ephemeral:
            body["ephemeral"] = True

        return self._record(Kind.OUTCOME, body)

    def _record(self, kind: Kind, body: dict[str, Any]) -> Awaitable[None]:
        return self._run.record(
            kind, body, step=self.identity, attempt=self._number, whose=self
        )

    def _too_late(self, attempt: Attempt) -> EsaFlowsError:
        if attempt.sent:
            return OutcomeUnknown(
                f"{self} had sent a call and did not finish in time.",
            )

        return DeadlineExceeded(f"{self} did not finish in time.")

    def _tell_waiting(self, decision: Again, error: Exception) -> None:
        self._run.tell(
            Moment.STEP_WAITING,
            self.identity,
            attempt=self._number,
            seconds=decision.wait,
            why=str(error),
        )
