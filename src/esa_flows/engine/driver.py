"""Doing what a flow asks for: once, recorded, and in the same order on every replay.

An outcome in the journal is given back; version and input must be what they were.

An abort is a row of the journal. It reaches the flow as `Aborted`, once, at the first
primitive that had no outcome before that row, so that a replay meets it at the same
place. What the flow does then, such as rolling back, is not disturbed again.
"""

import datetime as dt
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from attrs import define, field

from esa_flows import trace
from esa_flows.engine.attempts import Attempts
from esa_flows.engine.cause import STOPPING
from esa_flows.engine.codec import Ephemeral, decode, digest_of
from esa_flows.engine.context import Context
from esa_flows.engine.failure import decode_error
from esa_flows.engine.flow import Flow
from esa_flows.engine.history import Past
from esa_flows.engine.journal import Kind
from esa_flows.engine.observe import Moment
from esa_flows.engine.run import Run
from esa_flows.engine.step import Chain, Step
from esa_flows.engine.work import Identity, Work
from esa_flows.errors import DuplicateStep, EsaFlowsError, Misuse, StepChanged
from esa_flows.model import Duration

__all__ = ["RunDriver"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type


@define
class RunDriver:
    """Serves a flow's primitives from the journal, or does them and records them."""

    _run: Run
    _used: set[str] = field(factory=set, init=False)

    async def do(
        self,
        work: Work[I, O],
        value: I,
        *,
        path: tuple[str, ...],
        key: str,
        round_: int,
    ) -> O:
        """Do a piece of work once, or give its recorded outcome."""
        found: O
        await anyio.lowlevel.checkpoint_if_cancelled()  # a stopped run begins nothing
        if isinstance(work, Flow):
            inner = self._claim(Identity((), work.name, key, round_), path)
            found = await work.body(self.context((*path, inner)), value)
        elif isinstance(work, Chain):
            identities = [
                self._claim(Identity(path, step.name, key, round_))
                for step in work.steps
            ]
            found = await self._chain(work, identities, value)
        elif isinstance(work, Step):
            identity = self._claim(Identity(path, work.name, key, round_))
            found = await self._step(work, identity, value, digest_of(value))
        else:
            raise Misuse(f"{work!r} is no step, chain or flow.")

        return found

    async def sleep(
        self, duration: Duration, *, path: tuple[str, ...], key: str
    ) -> None:
        """Wait until a recorded time."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        identity = self._claim(Identity(path, "sleep", key))
        past = self._run.history.past(identity)
        if past.outcome is not None and not self._run.abort_precedes(past.seq):
            return

        self._run.deliver_abort()
        try:
            await self._sleep(identity, past, duration)
        except STOPPING as error:
            await self._run.stop(error)

    def context(self, path: tuple[str, ...] = ()) -> Context:
        """Give a flow its context."""
        return Context(
            run_id=self._run.id,
            random=self._run.random,
            now=self._run.now,
            driver=self,
            path=path,
        )

    async def _chain(self, chain: Chain[I, O], identities: list[str], value: I) -> O:
        """Go on behind the last step whose value is recorded."""
        self._refuse_input(identities[0], digest_of(value))
        for step, name in zip(chain.steps, identities, strict=True):
            self._refuse_version(step, name)

        begin = max(
            (p for p, name in enumerate(identities) if self._past(name).is_recalled),
            default=0,
        )
        current: Any = value
        for place in range(begin, len(identities)):
            name = identities[place]
            skipped_to = place == begin > 0
            digest = self._past(name).input if skipped_to else digest_of(current)
            current = await self._step(chain.steps[place], name, current, digest)

        found: O = current
        return found

    async def _step(self, step: Step[I, O], identity: str, value: I, digest: str) -> O:
        past = self._past(identity)
        self._refuse_version(step, identity)
        self._refuse_input(identity, digest)
        try:
            if past.is_recalled and not self._run.abort_precedes(past.seq):
                self._run.tell(Moment.STEP_REPLAYED, identity)
                return _recalled(step, past)

            self._run.deliver_abort()
            return await self._perform(step, identity, value, digest)
        except STOPPING as error:
            await self._run.stop(error)

    async def _perform(
        self, step: Step[I, O], identity: str, value: I, digest: str
    ) -> O:
        self._run.tell(Moment.STEP_STARTED, identity, effect=step.effect.value)
        began = anyio.current_time()
        attempts = Attempts(
            step=step,
            identity=identity,
            value=value,
            digest=digest,
            context=self.context(),
            run=self._run,
        )
        try:
            with trace.step_span(
                step.name, identity=identity, effect=step.effect.value
            ):
                output = await attempts.perform()
        except EsaFlowsError:
            self._meet_abort(identity)
            raise
        finally:
            self._run.performed += 1

        seconds = anyio.current_time() - began
        told = output.facts() if isinstance(output, Ephemeral) else output
        self._run.tell(Moment.STEP_DONE, identity, value=told, seconds=seconds)
        self._meet_abort(identity)
        return output

    async def _sleep(self, identity: str, past: Past, duration: Duration) -> None:
        left = duration.seconds
        if past.wake is None:
            wake = self._run.now() + dt.timedelta(seconds=left)
            await self._run.record(
                Kind.SLEPT, {"wake": wake.isoformat()}, step=identity
            )
        else:
            left = max(0.0, (past.wake - self._run.now()).total_seconds())

        self._run.tell(Moment.SLEEPING, identity, seconds=left)
        with self._run.interruptible():
            await anyio.sleep(left)

        self._run.deliver_abort()
        body = {"v": 1, "in": "", "value": None, "seconds": duration.seconds}
        await self._run.record(Kind.OUTCOME, body, step=identity)
        self._run.tell(Moment.STEP_DONE, identity, seconds=duration.seconds)
        self._meet_abort(identity)

    def _meet_abort(self, identity: str) -> None:
        """Raise `Aborted` where a replay will: its row comes before the outcome's."""
        if self._run.abort_precedes(self._past(identity).seq):
            self._run.deliver_abort()

    def _past(self, identity: str) -> Past:
        return self._run.history.past(identity)

    def _claim(self, identity: Identity, path: tuple[str, ...] = ()) -> str:
        name = str(identity)
        full = "/".join((*path, name))
        if full in self._used:
            raise DuplicateStep(
                f"{full} is used twice in run {self._run.id}.",
                next_move="Give each use its own key=, or round= for a restart.",
            )

        self._used.add(full)
        return name

    def _refuse_version(self, step: Step[Any, Any], identity: str) -> None:
        past = self._past(identity)
        if past.input and past.version != step.version:
            raise StepChanged(
                f"Step {identity} of run {self._run.id} was recorded in version"
                f" {past.version}; this code has version {step.version}.",
                next_move="Finish or abort the run with the code that began it.",
            )

    def _refuse_input(self, identity: str, digest: str) -> None:
        past = self._past(identity)
        if past.input and past.input != digest:
            raise StepChanged(
                f"Step {identity} of run {self._run.id} was recorded with input"
                f" {past.input[:12]}…; it is now asked for with {digest[:12]}….",
                next_move="Finish or abort the run with the input that it began with.",
            )


def _recalled(step: Step[Any, O], past: Past) -> O:
    """Give a recorded value, or raise a recorded failure again."""
    body = past.outcome or {}
    if "error" in body:
        raise decode_error(body["error"])

    value: O = decode(body["value"], step.output)
    return value
