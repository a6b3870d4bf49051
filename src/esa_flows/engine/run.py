"""A run in this process: what its driver and its steps share."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random  # noqa: TID251  for the type; the instance comes from the edge
from typing import Any, NoReturn

import anyio
import anyio.lowlevel
from attrs import define, field

from esa_flows.engine.attempt import Ports
from esa_flows.engine.history import History
from esa_flows.engine.journal import Journal, Kind, Record
from esa_flows.engine.lease import HeldLease
from esa_flows.engine.observe import Happening, Moment, Observer, tell
from esa_flows.engine.state import Event
from esa_flows.errors import Aborted, StepMisuse
from esa_flows.model import Duration

__all__ = ["GRACE", "Run", "drafted"]

GRACE = 60.0
"""Seconds that attempts which may have changed something get when a run is stopped."""


def drafted(
    kind: Kind,
    at: dt.datetime,
    body: dict[str, Any],
    *,
    step: str = "",
    attempt: int = 0,
) -> Record:
    """Make a record, or say whose value cannot be recorded.

    Raises:
        StepMisuse: JSON cannot say it.
    """
    try:
        return Record.of(kind, at, body, step=step, attempt=attempt)
    except (TypeError, ValueError) as error:
        raise StepMisuse(
            f"{step or 'The flow'} has a value that cannot be recorded: {error}.",
            next_move="Take and give plain values, or attrs classes of them.",
        ) from error


@define(kw_only=True, eq=False)
class Run:
    """A run while this process drives it.

    Attributes:
        id: The run's id.
        history: What the journal holds, kept up to date.
        lease: The right to drive it.
        ports: What its steps can need.
        now: The wall clock, UTC.
        random: Randomness of this run.
        settle: How long an effect that is not seen may still appear.
        scope: Around the flow's body.
        stopped: Why the body was cancelled from within; None while it was not.
        performed: Steps that this process brought to an outcome.
    """

    id: str
    history: History
    lease: HeldLease
    ports: Ports
    now: Callable[[], dt.datetime]
    random: Random
    settle: Duration
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    stopped: Exception | None = field(default=None, init=False)
    performed: int = field(default=0, init=False)
    _journal: Journal
    _observer: Observer | None = None
    _waits: set[anyio.CancelScope] = field(factory=set, init=False)
    _abort_delivered: bool = field(default=False, init=False)
    _was_begun: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._was_begun = bool(self.history.steps)

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.history.state}>"

    async def record(
        self, kind: Kind, body: dict[str, Any], *, step: str = "", attempt: int = 0
    ) -> None:
        """Append a row and take it into the history."""
        await self.write(drafted(kind, self.now(), body, step=step, attempt=attempt))

    async def write(self, record: Record) -> None:
        """Append a record and take it into the history."""
        for row in await self._journal.append(self.lease.lease, [record]):
            self.history.add(row)

    async def record_event(self, event: Event, **facts: Any) -> None:
        """Record what happened to the run, and act on an abort."""
        await self.record(Kind.SIGNALLED, {"event": event.value} | facts)
        self.tell(Moment.SIGNALLED, event=event.value, **facts)
        if event is Event.ABORT:
            self._interrupt()

    def tell(
        self, moment: Moment, step: str = "", *, attempt: int = 0, **facts: Any
    ) -> None:
        """Tell the observer what the run does."""
        if self._observer is None:
            return

        happening = Happening(
            moment=moment,
            run=self.id,
            at=self.now(),
            step=step,
            attempt=attempt,
            facts=facts,
        )
        tell(self._observer, happening)

    def halt(self, error: Exception) -> None:
        """Cancel the flow's body for a reason that its own handlers must not see."""
        if self.stopped is None:
            self.stopped = error

        self.scope.cancel()

    def hasten(self) -> None:
        """Bound the time of protected attempts, now that somebody waits for them."""
        last = anyio.current_time() + GRACE
        for scope in self._waits:
            scope.deadline = min(scope.deadline, last)

    async def stop(self, error: Exception) -> NoReturn:
        """Halt, and do not come back: the flow is cancelled here.

        Raises:
            Exception: The error itself, where the flow shields itself.
        """
        self.halt(error)
        await anyio.lowlevel.checkpoint()
        raise error

    @contextmanager
    def interruptible(self) -> Iterator[anyio.CancelScope]:
        """Let an abort end this wait, unless it shields itself meanwhile."""
        with anyio.CancelScope() as scope:
            self._waits.add(scope)
            try:
                yield scope
            finally:
                self._waits.discard(scope)

    @property
    def is_after_another(self) -> bool:
        """Whether other processes did steps, and this one has done none yet."""
        return self._was_begun and not self.performed

    def abort_precedes(self, seq: int) -> bool:
        """Tell whether an abort that the flow has not met comes before a row."""
        return self._is_abort_pending and seq > self.history.abort

    def deliver_abort(self) -> None:
        """Raise `Aborted` into the flow, once.

        Raises:
            Aborted: The run was asked to abort and the flow has not met that yet.
        """
        if self._is_abort_pending:
            self._abort_delivered = True
            raise Aborted(f"Run {self.id} was asked to abort.")

    @property
    def _is_abort_pending(self) -> bool:
        return self.history.abort > 0 and not self._abort_delivered

    def _interrupt(self) -> None:
        """Cut what the flow waits for, unless it is on its way back already."""
        if not self._is_abort_pending:
            return

        self.hasten()
        for scope in self._waits:
            if not scope.shield:
                scope.cancel()
