"""Starting, resuming, finding and signalling runs."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from random import Random  # noqa: TID251  for the type; the instance comes from the edge
from typing import Any, NoReturn, TypeVar

import anyio
import anyio.lowlevel
from attrs import define, field, frozen

from esa_flows import trace
from esa_flows.engine.attempt import Ports
from esa_flows.engine.codec import decode, encode
from esa_flows.engine.drive import LAST_WORDS, Drive
from esa_flows.engine.failure import decode_error, encode_error
from esa_flows.engine.flow import Flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import (
    Beat,
    Journal,
    Kind,
    Lease,
    NewRun,
    Owner,
    Record,
    Row,
    RunRow,
    SignalVerb,
)
from esa_flows.engine.lease import HeldLease, take_lease
from esa_flows.engine.observe import Moment, Observer
from esa_flows.engine.process import Life
from esa_flows.engine.run import Run, drafted
from esa_flows.engine.state import Event
from esa_flows.errors import JournalError, Misuse, RunError, StepChanged, UnknownRun
from esa_flows.model import Duration

__all__ = ["Engine", "RunView", "new_run_id"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type

SHORTEST_PREFIX = 4

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that reads like a digit."""


def new_run_id(chance: Random) -> str:
    """Draw a run id: 12 characters, 60 bits."""
    return "".join(chance.choices(_ALPHABET, k=12))


@frozen(kw_only=True)
class RunView:
    """A run as anybody can see it.

    Attributes:
        run: What it was started as.
        history: What it did.
        rows: Its rows.
        beat: Who drives it.
        life: Whether that process lives; None where nobody holds the lease.
    """

    run: NewRun
    history: History
    rows: tuple[Row, ...]
    beat: Beat
    life: Life | None

    @property
    def is_driven(self) -> bool:
        """Whether a process that may be alive holds the lease."""
        return self.life is not None and self.life is not Life.DEAD


@define(kw_only=True)
class Engine:
    """Runs flows against a journal.

    Attributes:
        journal: Where runs are recorded.
        ports: What steps can need.
        flows: Flows that may be resumed, by name.
        owner: This process.
        now: The wall clock, UTC.
        clock: Seconds that also pass while the machine sleeps; for leases.
        random: Randomness for run ids and waits.
        life: Whether another owner's process lives.
        settle: How long an effect that is not seen may still appear.
    """

    journal: Journal
    ports: Ports
    flows: Mapping[str, Flow[Any, Any]]
    owner: Owner
    now: Callable[[], dt.datetime]
    clock: Callable[[], float] = anyio.current_time
    random: Random
    life: Callable[[Owner], Life]
    settle: Duration = field(default=Duration(30))

    def __repr__(self) -> str:
        return f"<Engine [journal: {self.journal.name} | flows: {len(self.flows)}]>"

    async def start(
        self,
        flow: Flow[I, O],
        value: I,
        *,
        subject: str = "",
        content: str = "",
        run_id: str = "",
        observer: Observer | None = None,
    ) -> O:
        """Start a run and drive it to its end.

        Args:
            flow: What to run.
            value: Its input; recorded.
            subject: What it is about, such as a routine.
            content: Digest of what it brings there.
            run_id: Its id; drawn where empty.
            observer: Told what the run does.

        Returns:
            What the flow returned.

        Raises:
            Paused: It was stopped where it was.
            EsaFlowsError: What ended or stopped it.
        """
        new = NewRun(
            id=run_id or new_run_id(self.random),
            flow=flow.name,
            subject=subject,
            content=content,
            started_at=self.now(),
        )
        with trace.run_span(flow.name, run=new.id, subject=subject):
            first = drafted(Kind.STARTED, new.started_at, _begun(flow, value, subject))
            await anyio.lowlevel.checkpoint_if_cancelled()
            with anyio.CancelScope(shield=True):  # listed with its input, or not at all
                lease = await self.journal.create(new, self.owner)

            async with self._letting_go(lease):
                drive = self._drive(lease, History(), observer)
                with anyio.CancelScope(shield=True):
                    await drive.run.write(first)

                drive.run.tell(Moment.RUN_STARTED, flow=flow.name, subject=subject)
                found: O = await drive.through(flow, value)

        return found

    async def resume(
        self, run_id: str, *, by: str = "host", observer: Observer | None = None
    ) -> Any:
        """Go on with a run, or give the outcome of one that has ended.

        Args:
            run_id: The whole id.
            by: Who asks.
            observer: Told what the run does.

        Raises:
            AlreadyRunning: A living process drives it.
            StepChanged: The flow's code is not the one that began it.
            EsaFlowsError: What ended or stopped it.
        """
        history = History.of(await self.journal.rows(run_id))
        flow = self._flow_of(run_id, history) if history.started else None
        if flow is not None and history.is_ended:
            return _ended(flow, history)

        lease = await take_lease(
            self.journal, run_id, self.owner, life=self.life, clock=self.clock
        )
        async with self._letting_go(lease):
            history = History.of(await self.journal.rows(run_id))
            if not history.started:
                await self._bury(lease)

            flow = self._flow_of(run_id, history)
            if history.is_ended:
                return _ended(flow, history)

            return await self._go_on(self._drive(lease, history, observer), flow, by)

    async def view(self, run_id: str) -> RunView:
        """Look at a run without touching it.

        Args:
            run_id: The whole id, or a prefix of four characters or more.

        Raises:
            UnknownRun: No run, or more than one, begins so.
        """
        found = await self.resolve(run_id)
        beat = await self.journal.beat_of(found.run.id)
        rows = await self.journal.rows(found.run.id)
        return RunView(
            run=found.run,
            history=History.of(rows),
            rows=rows,
            beat=beat,
            life=self.life(beat.owner) if beat.owner else None,
        )

    async def resolve(self, prefix: str) -> RunRow:
        """Find the run whose id begins so.

        Args:
            prefix: Four characters of its id or more.

        Raises:
            UnknownRun: No run, or more than one, begins so.
        """
        is_long = len(prefix) >= SHORTEST_PREFIX
        found = await self.journal.find(prefix) if is_long else ()
        for row in found:
            if row.run.id == prefix or len(found) == 1:
                return row

        many = f"{len(found)} runs begin" if found else "no run begins"
        raise UnknownRun(
            f"In the journal {self.journal.name} {many} with {prefix!r}.",
            next_move="List them with: esa-flows runs",
        )

    async def signal(self, run_id: str, verb: SignalVerb, *, by: str) -> None:
        """Ask something of a run, whichever process drives it."""
        await self.journal.signal(run_id, verb, by=by, at=self.now())

    async def _go_on(self, drive: Drive, flow: Flow[Any, Any], by: str) -> Any:
        history = drive.run.history
        value = decode(history.started["input"], flow.input)
        subject = history.started.get("subject", "")
        earlier = tuple(history.parts)
        with trace.run_span(
            flow.name, run=drive.run.id, subject=subject, earlier=earlier
        ):
            inbox = await drive.catch_up()
            await drive.run.record_event(
                Event.RESUME, by=by, signal=inbox, part=trace.here()
            )
            drive.run.tell(Moment.RUN_RESUMED, flow=flow.name)
            return await drive.through(flow, value)

    async def _bury(self, lease: Lease) -> NoReturn:
        """End a run whose process died before it recorded what it was to do."""
        listed = await self.resolve(lease.run)
        error = RunError(
            f"Run {lease.run} died before it recorded its input; nothing was done.",
            next_move="Start it again.",
        )
        begun = {"flow": listed.run.flow, "v": 0, "input": None}
        ended = {"event": Event.FAIL.value, "error": encode_error(error)}
        records = (
            Record.of(Kind.STARTED, listed.run.started_at, begun),
            Record.of(Kind.ENDED, self.now(), ended),
        )
        await self.journal.append(lease, records)
        raise error

    @asynccontextmanager
    async def _letting_go(self, lease: Lease) -> AsyncIterator[None]:
        """Give a lease back, however one leaves: the next process need not wait."""
        try:
            yield
        finally:
            with anyio.move_on_after(LAST_WORDS, shield=True), suppress(JournalError):
                await self.journal.release(lease)

    def _drive(
        self, lease: Lease, history: History, observer: Observer | None
    ) -> Drive:
        run = Run(
            id=lease.run,
            history=history,
            lease=HeldLease(lease, self.journal, self.clock),
            ports=self.ports,
            now=self.now,
            random=self.random,
            settle=self.settle,
            journal=self.journal,
            observer=observer,
        )
        return Drive(run=run, journal=self.journal)

    def _flow_of(self, run_id: str, history: History) -> Flow[Any, Any]:
        name = history.started.get("flow", "")
        if name not in self.flows:
            raise Misuse(
                f"Run {run_id} is of the flow {name!r}, which this program does not"
                " know.",
                next_move="Give it to the client: Client(flows=[...]).",
            )

        flow = self.flows[name]
        recorded = history.started.get("v")
        if recorded != flow.version and not history.is_ended:
            raise StepChanged(
                f"Run {run_id} was begun with version {recorded} of the flow"
                f" {name!r}; this code has version {flow.version}.",
                next_move="Finish or abort it with the code that began it.",
            )

        return flow


def _begun(flow: Flow[I, Any], value: I, subject: str) -> dict[str, Any]:
    return {
        "flow": flow.name,
        "v": flow.version,
        "input": encode(value),
        "subject": subject,
        "part": trace.here(),
    }


def _ended(flow: Flow[Any, Any], history: History) -> Any:
    body = history.ended or {}
    if "error" in body:
        raise decode_error(body["error"])

    return decode(body.get("value"), flow.output)
