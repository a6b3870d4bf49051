"""A run in this process: what its driver and its steps share."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random  # noqa: TID251  for the type; the instance comes from the edge
from typing import Any, NoReturn

import anyio
import anyio.lowlevel
from attrs import define, field

from esa_flows import trace
from esa_flows.engine.attempt import Ports
from esa_flows.engine.budget import RetryBudget
from esa_flows.engine.cause import STOPPING
from esa_flows.engine.codec import dumps, unfit
from esa_flows.engine.family import Family
from esa_flows.engine.history import DEADLINE, History
from esa_flows.engine.journal import Journal, Kind, Record, Signal
from esa_flows.engine.lease import HeldLease
from esa_flows.engine.observe import Happening, Moment, Observer, tell
from esa_flows.engine.state import Event
from esa_flows.errors import Aborted, EsaFlowsError
from esa_flows.model import Duration

__all__ = ["GRACE", "Interruption", "Place", "Run", "drafted"]

GRACE = 60.0
"""Seconds that attempts which may have changed something get when a run is stopped."""


def drafted(
    kind: Kind,
    at: dt.datetime,
    body: dict[str, Any],
    *,
    step: str = "",
    attempt: int = 0,
    whose: object = "The flow",
) -> Record:
    """Make a record, or say whose value cannot be recorded.

    Args:
        kind: What it records.
        at: Wall time, UTC.
        body: The rest.
        step: Identity of the step.
        attempt: Which attempt of it.
        whose: Whose value it is, for the error.

    Raises:
        StepMisuse: JSON cannot say it.
    """
    try:
        return Record(kind=kind, at=at, step=step, attempt=attempt, body=dumps(body))
    except Exception as error:
        raise unfit(whose, error) from error


@define(eq=False)
class Interruption:
    """What may end the work of a flow from without.

    Attributes:
        error: Makes what the flow meets.
        seq: Place of its row; 0 while it has not happened.
        is_met: Whether any of the flow's strands has met it.
    """

    error: Callable[[], EsaFlowsError]
    seq: int = 0
    is_met: bool = False


@define(eq=False, repr=False)
class Place:
    """A step or a flow as errors name it; written only where there is an error."""

    _run: "Run"
    _step: str

    def __str__(self) -> str:
        run = f"run {self._run.id}"
        if not self._step:
            return f"The flow {self._run.flow!r} of {run}"

        return f"Step {self._step} of {run} of the flow {self._run.flow!r}"


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
        abort: The first request to abort it.
        steps: What is under way now.
        waits: Scopes around waits, and whether who waits has still to meet something.
        budget: What all runs of the account may spend on trying again.
        family: Brings up the runs it begins.
        observer: Told what the run does.
        traced: Whether somebody makes spans for what it does.
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
    abort: Interruption = field(init=False)
    steps: list[str] = field(factory=list, init=False)
    waits: dict[anyio.CancelScope, Callable[[Interruption], bool]] = field(
        factory=dict, init=False
    )
    family: Family
    budget: RetryBudget
    observer: Observer | None = None
    traced: bool = field(factory=trace.is_on, init=False)
    performed: int = field(default=0, init=False)
    _journal: Journal
    _children: int = field(default=0, init=False)
    _news: anyio.Event | None = field(default=None, init=False)
    _was_begun: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._was_begun = bool(self.history.steps.keys() - {DEADLINE})
        asked = f"Run {self.id} was asked to abort."
        self.abort = Interruption(lambda: Aborted(asked), self.history.abort)

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.history.state}>"

    def record(
        self,
        kind: Kind,
        body: dict[str, Any],
        *,
        step: str = "",
        attempt: int = 0,
        whose: object = None,
    ) -> Awaitable[None]:
        """Append a row and take it into the history.

        Args:
            kind: What it records.
            body: The rest.
            step: Identity of the step.
            attempt: Which attempt of it.
            whose: Whose value it is, for an error; the step's or flow's where None.
        """
        record = drafted(
            kind,
            self.now(),
            body,
            step=step,
            attempt=attempt,
            whose=whose or self.place(step),
        )
        return self.write(record, body)

    async def write(self, record: Record, body: dict[str, Any]) -> None:
        """Append a record of a body and take both into the history."""
        for row in await self._journal.append(self.lease.lease, [record]):
            self.history.add(row, body)

        self.abort.seq = self.history.abort

    async def record_event(self, event: Event, **facts: Any) -> None:
        """Record what happened to the run, and act on an abort."""
        await self.record(Kind.SIGNALLED, {"event": event.value} | facts)
        self.tell(Moment.SIGNALLED, event=event.value, **facts)
        if event is Event.ABORT:
            self.interrupt(self.abort)

    async def record_answer(self, signal: Signal) -> None:
        """Record what a person said to the question that it is for, if any."""
        body = {
            "event": signal.verb.value,
            "by": signal.by,
            "given": signal.at.isoformat(),
            "signal": signal.id,
        }
        question = self.history.question_for(signal.id)
        await self.record(Kind.SIGNALLED, body, step=question)
        self.tell(Moment.SIGNALLED, question, event=body["event"], by=signal.by)
        news, self._news = self._news, None
        if news is not None:
            news.set()

    async def answered(self, question: str) -> None:
        """Wait until a person has answered a question."""
        while not self.history.past(question).answer:
            self._news = self._news or anyio.Event()
            await self._news.wait()

    async def inbox_end(self) -> int:
        """Give the place of the last signal in the inbox; 0 where there is none."""
        after = self.history.signal
        waiting = await self._journal.signals(self.id, after=after)
        return waiting[-1].id if waiting else after

    def name_child(self) -> str:
        """Give the id of one more run of this one's own."""
        self._children = max(self._children, self.history.children) + 1
        return f"{self.id}.{self._children}"

    def tell(
        self, moment: Moment, step: str = "", *, attempt: int = 0, **facts: Any
    ) -> None:
        """Tell the observer what the run does."""
        if self.observer is None:
            return

        happening = Happening(
            moment=moment,
            run=self.id,
            at=self.now(),
            step=step,
            attempt=attempt,
            facts=facts,
        )
        tell(self.observer, happening)

    def halt(self, error: Exception) -> None:
        """Cancel the flow's body for a reason that its own handlers must not see."""
        if self.stopped is None:
            self.stopped = error

        self.scope.cancel()
        self.hasten()

    def hasten(self) -> None:
        """Bound the time of protected attempts, now that somebody waits for them."""
        last = anyio.current_time() + GRACE
        for scope in self.waits:
            scope.deadline = min(scope.deadline, last)

    async def stop(self, error: Exception) -> NoReturn:
        """Halt, and do not come back: the flow is cancelled here.

        Raises:
            Exception: The error itself, where the flow shields itself.
        """
        self.halt(error)
        await anyio.lowlevel.checkpoint()
        raise error

    @property
    def is_after_another(self) -> bool:
        """Whether other processes did steps, and this one has done none yet."""
        return self._was_begun and not self.performed

    @asynccontextmanager
    async def stopping(self) -> AsyncIterator[None]:
        """Stop the run on errors that a flow can do nothing about."""
        try:
            yield
        except STOPPING as error:
            await self.stop(error)

    @property
    def flow(self) -> str:
        """Name of its flow."""
        return str(self.history.started.get("flow", ""))

    def place(self, step: str = "") -> Place:
        """Name a step, or the flow, so that nobody has to ask which one."""
        return Place(self, step)

    def interrupt(self, interruption: Interruption) -> None:
        """Cut the waits of all who have still to meet what just happened."""
        last = anyio.current_time() + GRACE
        for scope, heeds in self.waits.items():
            if not heeds(interruption):
                continue

            scope.deadline = min(scope.deadline, last)
            if not scope.shield:
                scope.cancel()
