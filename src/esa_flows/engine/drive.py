"""Driving a run in this process: the flow's body, under the watch of its engine.

The body has a task of its own, so that whatever cancels the host's task, be it the
event loop's own means, reaches the body as the cancellation of a scope: only that one
respects what an attempt protects.
"""

import logging
from contextlib import suppress
from typing import Any

import anyio
from anyio.abc import TaskGroup
from attrs import define, field

from esa_flows.engine.cancelled import is_cancelled
from esa_flows.engine.cause import cause, leaves
from esa_flows.engine.codec import recordable
from esa_flows.engine.driver import RunDriver
from esa_flows.engine.ending import Raised, Returned, last_row
from esa_flows.engine.flow import Flow
from esa_flows.engine.history import ANSWERS
from esa_flows.engine.journal import Journal, Kind, Signal, SignalVerb
from esa_flows.engine.observe import Moment
from esa_flows.engine.run import GRACE, Run, drafted
from esa_flows.engine.state import Event, State
from esa_flows.engine.watch import Watch
from esa_flows.errors import (
    JournalError,
    LeaseLost,
    Paused,
    StepMisuse,
)

__all__ = ["Drive"]

LASTING = ANSWERS | {SignalVerb.ABORT}
"""What a person has decided stays decided, also while nobody drives the run."""

_LOG = logging.getLogger("esa_flows")

LAST_WORDS = 5.0
"""Seconds a stopping run may take to write that it stops."""


@define(kw_only=True, eq=False)
class Drive:
    """One process's turn at a run.

    Attributes:
        run: The run.
        journal: Where it is recorded.
        watch: Looks after it meanwhile.
    """

    run: Run
    journal: Journal
    watch: Watch
    _result: Returned | Raised | None = field(default=None, init=False)
    _torn: BaseException | None = field(default=None, init=False)
    _over: anyio.Event = field(factory=anyio.Event, init=False)

    async def through(self, flow: Flow[Any, Any], value: Any) -> Any:
        """Run a flow's body to its end and record how it ends.

        Args:
            flow: The flow.
            value: Its input.

        Returns:
            What the flow returned.

        Raises:
            EsaFlowsError: What it raised, or what stopped it.
        """
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._turn, flow, value)
                with self.watch.over(self, tasks):
                    await self._wait(tasks)
        except BaseExceptionGroup as group:
            raise _alone(group) from None
        finally:
            with anyio.move_on_after(LAST_WORDS, shield=True):
                await self._leave()

        if self.run.stopped is not None:
            raise self.run.stopped

        if isinstance(self._result, Raised):
            raise self._result.error

        return self._result.value if self._result else None

    async def catch_up(self) -> int:
        """Heed what was decided while nobody drove; give the inbox's last place."""
        waiting = await self.journal.signals(self.run.id, after=self.run.history.signal)
        for signal in waiting:
            if signal.verb in LASTING:
                await self._heed(signal)

        return waiting[-1].id if waiting else self.run.history.signal

    async def _turn(self, flow: Flow[Any, Any], value: Any) -> None:
        try:
            with self.run.scope:
                self._result = await self._body(flow, value)
        finally:
            self._over.set()

    async def _wait(self, tasks: TaskGroup) -> None:
        """Wait until the body is over; see to it that a cancelled one comes to that."""
        try:
            await self._over.wait()
        finally:
            tasks.cancel_scope.cancel()
            if not self._over.is_set():
                self.run.hasten()
                await self._warn()

    async def _body(self, flow: Flow[Any, Any], value: Any) -> Returned | Raised:
        try:
            driver = RunDriver.of(self.run)
            async with driver.deadline():
                found = await flow.body(driver.context(), value)

            whose = self.run.place()
            told = recordable(found, whose)
            body = {"value": told}
            drafted(Kind.ENDED, self.run.now(), body, whose=whose)  # can it be?
            return Returned(found, told)
        except Exception as error:  # noqa: BLE001  recorded, and raised by through()
            return Raised(cause(error))
        except anyio.get_cancelled_exc_class() as error:
            if is_cancelled():
                raise

            return Raised(_uncalled(self.run, error))
        except BaseException as error:
            self._torn = error
            raise

    async def _leave(self) -> None:
        """Write how this process leaves the run."""
        row = last_row(
            acted=self.run.history.acted,
            stopped=self.run.stopped,
            result=self._result,
            torn=self._torn,
            outran=self.run.abort.seq > 0 and not self.run.abort.is_met,
        )
        # Where somebody else drives it, or nobody can write, there is no more to say.
        with suppress(JournalError, LeaseLost):
            if row is not None:
                await self.run.record(row.kind, row.body)

        ended = self.run.history.ended is not None
        moment = Moment.RUN_ENDED if ended else Moment.RUN_STOPPED
        self.run.tell(moment, **(row.body if row else {}))

    async def _warn(self) -> None:
        """Say which step holds up a run that is to stop: none is stopped by force."""
        with anyio.move_on_after(GRACE + LAST_WORDS, shield=True):
            await self._over.wait()

        if not self._over.is_set():
            self._tell_stuck()

    def _tell_stuck(self) -> None:
        for step in self.run.steps:
            why = f"{self.run.place(step)} does not stop: it swallows its cancellation."
            _LOG.error("%s Another process may take the run over.", why)
            self.run.tell(Moment.STEP_STUCK, step, why=why)

    async def heed_inbox(self) -> None:
        """Turn signals into rows, once each, as long as the run is not stopped."""
        after = self.run.history.signal
        for signal in await self.journal.signals(self.run.id, after=after):
            await self._heed(signal)
            if self.run.stopped is not None:
                return  # the rest is for whoever goes on with the run

    async def _heed(self, signal: Signal) -> None:
        if signal.verb in ANSWERS:
            await self.run.record_answer(signal)
            return

        event = Event(signal.verb.value)
        await self.run.record_event(event, by=signal.by, signal=signal.id)
        if event is Event.PAUSE and self.run.history.state is State.PAUSED:
            self.run.halt(
                Paused(
                    f"Run {self.run.id} was paused by {signal.by}.",
                    next_move=f"Go on with: esa-flows resume {self.run.id}",
                )
            )


def _uncalled(run: Run, error: BaseException) -> StepMisuse:
    return StepMisuse(
        f"{run.place()} raised {type(error).__name__}, and nobody had cancelled it.",
        next_move="Keep raw waiting inside steps.",
    )


def _alone(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give what interrupted the program: a host waits for that, not for a group."""
    cancelled = anyio.get_cancelled_exc_class()
    return next((e for e in leaves(group) if not isinstance(e, cancelled)), group)
