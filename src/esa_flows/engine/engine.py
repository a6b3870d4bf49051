"""Starting, resuming, finding and signalling runs."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from random import Random  # noqa: TID251  for the type; the instance comes from the edge
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from attrs import define, field

from esa_flows import trace
from esa_flows.engine.abandon import abandon
from esa_flows.engine.attempt import Ports
from esa_flows.engine.budget import RetryBudget
from esa_flows.engine.codec import decode, encode
from esa_flows.engine.drive import LAST_WORDS, Drive
from esa_flows.engine.failure import decode_error
from esa_flows.engine.family import Birth
from esa_flows.engine.flow import Flow
from esa_flows.engine.history import History
from esa_flows.engine.journal import (
    Beat,
    Journal,
    Kind,
    Lease,
    NewRun,
    Owner,
    RunRow,
    SignalVerb,
)
from esa_flows.engine.lease import HeldLease, take_lease
from esa_flows.engine.listing import bury, list_run
from esa_flows.engine.observe import Moment, Observer
from esa_flows.engine.place import Elsewhere, refuse_elsewhere
from esa_flows.engine.process import Life
from esa_flows.engine.run import Run, drafted
from esa_flows.engine.state import Event
from esa_flows.engine.view import RunView, look, resolve
from esa_flows.engine.watch import Watch
from esa_flows.errors import (
    JournalError,
    Misuse,
    StepChanged,
    UnknownRun,
)
from esa_flows.model import Duration

__all__ = ["Engine", "new_run_id"]

I = TypeVar("I")  # noqa: E741  the field's letter for an input type
O = TypeVar("O")  # noqa: E741  the field's letter for an output type

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that reads like a digit."""


def new_run_id(chance: Random) -> str:
    """Draw a run id: 12 characters, 60 bits."""
    return "".join(chance.choices(_ALPHABET, k=12))


async def _nowhere_else(run_id: str, started: Mapping[str, Any]) -> None:
    """Let a run begin or go on: there is no further place."""


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
        budget: What all its runs together may spend on trying again.
        place: What the ports lead to, in a word; a run goes on at its own place only.
            Empty for the place that journals without a word for it mean.
        others: Further places that runs may belong to, by the same words.
        reach: Asked before a run goes on, with its id and how it began: it sees to the
            further places that the run needs, or refuses it before anything is done.
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
    budget: RetryBudget = field(factory=RetryBudget)
    place: str = ""
    others: Mapping[str, Elsewhere] = field(factory=dict)
    reach: Callable[[str, Mapping[str, Any]], Awaitable[None]] = _nowhere_else
    _watch: Watch = field(init=False)

    @_watch.default
    def _none_driven(self) -> Watch:
        return Watch(self.journal)

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
        deadline: Duration | None = None,
        place: str = "",
        observer: Observer | None = None,
    ) -> O:
        """Start a run and drive it to its end.

        An id that was listed by a process which died before it recorded anything else
        is begun under as if it were new.

        Args:
            flow: What to run.
            value: Its input; recorded.
            subject: What it is about, such as a routine.
            content: Digest of what it brings there.
            run_id: Its id; drawn where empty.
            deadline: How long it may take in all, over restarts; then the flow meets
                `DeadlineExceeded`. As long as it takes, where None.
            place: Where it belongs; empty for where this engine is at home.
            observer: Told what the run does.

        Returns:
            What the flow returned.

        Raises:
            Paused: It was stopped where it was.
            InvalidInput: This engine does not lead to its place.
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
            begun = _begun(flow, value, new, deadline)
            begun |= {"place": place or self.place}
            await self.refuse_elsewhere(new.id, History(started=begun))
            first = drafted(Kind.STARTED, new.started_at, begun)
            await anyio.lowlevel.checkpoint_if_cancelled()
            lease = await self._list(new)

            async with self._letting_go(lease):
                drive = self._drive(lease, History(), observer, begun["place"])
                with anyio.CancelScope(shield=True):
                    await drive.run.write(first, begun)

                del first, begun["input"]  # a fleet's is large, and is recorded by now
                drive.run.tell(Moment.RUN_STARTED, flow=flow.name, subject=subject)
                found: O = await drive.through(flow, value)

        return found

    async def resume(
        self,
        run_id: str,
        *,
        by: str = "host",
        flow: Flow[Any, Any] | None = None,
        observer: Observer | None = None,
        force: bool = False,
    ) -> Any:
        """Go on with a run, or give the outcome of one that has ended.

        Args:
            run_id: The whole id.
            by: Who asks.
            flow: Its flow, where it is none of this engine's.
            observer: Told what the run does.
            force: Whether to take it from a process that drives it: that one records
                nothing any more, and sends at most the call it had recorded.

        Raises:
            AlreadyRunning: A living process drives it, and it is not forced.
            InvalidInput: It was begun at a place that this engine does not lead to.
            StepChanged: The flow's code is not the one that began it.
            EsaFlowsError: What ended or stopped it.
        """
        seen = await self.journal.beat_of(run_id)
        is_idle = seen.owner is None or self.life(seen.owner) is Life.DEAD
        history = History.of(await self.journal.rows(run_id))
        known = self._flow_of(run_id, history, flow) if history.started else None
        if known is not None and history.is_ended:
            return _ended(known, history)

        await self.refuse_elsewhere(run_id, history)
        lease = await self._take(run_id, force=force, seen=seen)
        async with self._letting_go(lease):
            # Who was to write since then would have had to take the lease before us.
            if not (is_idle and lease.fence == seen.fence + 1):
                history = History.of(await self.journal.rows(run_id))

            if not history.started:
                await bury(self.journal, lease, at=self.now())

            its = self._flow_of(run_id, history, flow)
            if history.is_ended:
                return _ended(its, history)

            place = history.started.get("place", "")
            drive = self._drive(lease, history, observer, place)
            return await self._go_on(drive, its, by)

    async def abandon(self, run_id: str, *, by: str = "host") -> None:
        """End a run where it is, without its flow; nothing is put back.

        A run that has ended stays as it is.

        Args:
            run_id: The whole id.
            by: Who asks.

        Raises:
            AlreadyRunning: A living process drives it.
        """
        lease = await self._take(run_id)
        async with self._letting_go(lease):
            history = History.of(await self.journal.rows(run_id))
            if not history.started:
                await bury(self.journal, lease, at=self.now())

            if not history.is_ended:
                await abandon(self.journal, lease, at=self.now(), by=by)

    async def view(self, run_id: str) -> RunView:
        """Look at a run without touching it.

        Args:
            run_id: The whole id, or a prefix of four characters or more.

        Raises:
            UnknownRun: No run, or more than one, begins so.
        """
        return await look(self.journal, run_id, life=self.life)

    async def resolve(self, prefix: str) -> RunRow:
        """Find the run whose id begins so.

        Args:
            prefix: Four characters of its id or more.

        Raises:
            UnknownRun: No run, or more than one, begins so.
        """
        return await resolve(self.journal, prefix)

    async def refuse_elsewhere(self, run_id: str, history: History) -> None:
        """Refuse a run whose steps would find another world here.

        Args:
            run_id: Its id.
            history: What it did.

        Raises:
            InvalidInput: It belongs to a place that this engine does not lead to, or
                one that it needs cannot be reached.
        """
        await self.reach(run_id, history.started)
        refuse_elsewhere(run_id, history, self.place, self.others)

    async def bring_up(
        self, birth: Birth, *, parent: str, observer: Observer | None
    ) -> dict[str, Any] | None:
        """Begin a child run or go on with it; give the body of its last row."""
        try:
            await self._live(birth, parent, observer)
        except Exception:
            end = History.of(await self.journal.rows(birth.id)).ended
            if end is None:
                raise

            return end

        return History.of(await self.journal.rows(birth.id)).ended

    async def abort_child(self, run: str, *, parent: str) -> None:
        """Ask a child to abort, if there is such a run."""
        with suppress(UnknownRun):
            await self.signal(run, SignalVerb.ABORT, by=f"run {parent}")

    async def signal(self, run_id: str, verb: SignalVerb, *, by: str) -> None:
        """Ask something of a run, whichever process drives it."""
        await self.journal.signal(run_id, verb, by=by, at=self.now())
        self._watch.look_now()  # it may be driven here: then nothing need be waited for

    async def _live(self, birth: Birth, parent: str, observer: Observer | None) -> None:
        if birth.is_recalled and await self._has_begun(birth.id):
            by = f"run {parent}"
            await self.resume(birth.id, by=by, flow=birth.flow, observer=observer)
            return

        await self.start(
            birth.flow,
            birth.value,
            subject=birth.subject,
            content=birth.content,
            run_id=birth.id,
            place=birth.place,
            observer=observer,
        )

    async def _has_begun(self, run: str) -> bool:
        listed = any(row.run.id == run for row in await self.journal.find(run))
        return listed and bool(await self.journal.rows(run))

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
            drive.run.tell(Moment.RUN_RESUMED, flow=flow.name, subject=subject, by=by)
            return await drive.through(flow, value)

    async def _take(
        self, run_id: str, *, force: bool = False, seen: Beat | None = None
    ) -> Lease:
        return await take_lease(
            self.journal,
            run_id,
            self.owner,
            life=_gone if force else self.life,
            clock=self.clock,
            seen=seen,
        )

    async def _list(self, new: NewRun) -> Lease:
        return await list_run(
            self.journal, new, self.owner, life=self.life, clock=self.clock
        )

    @asynccontextmanager
    async def _letting_go(self, lease: Lease) -> AsyncIterator[None]:
        """Give a lease back, however one leaves: the next process need not wait."""
        try:
            yield
        finally:
            with anyio.move_on_after(LAST_WORDS, shield=True), suppress(JournalError):
                await self.journal.release(lease)

    def _drive(
        self, lease: Lease, history: History, observer: Observer | None, place: str
    ) -> Drive:
        there = self.others.get(place)
        run = Run(
            id=lease.run,
            history=history,
            lease=HeldLease(lease, self.journal, self.clock),
            ports=there.ports if there else self.ports,
            now=self.now,
            random=self.random,
            settle=self.settle,
            journal=self.journal,
            family=self,
            budget=there.budget if there else self.budget,
            observer=observer,
        )
        return Drive(run=run, journal=self.journal, watch=self._watch)

    def _flow_of(
        self, run_id: str, history: History, given: Flow[Any, Any] | None
    ) -> Flow[Any, Any]:
        name = history.started.get("flow", "")
        flow = given or self.flows.get(name)
        if flow is None or flow.name != name:
            raise Misuse(
                f"Run {run_id} is of the flow {name!r}, which this program does not"
                " know.",
                next_move="Give it to the client: Client(flows=[...]).",
            )

        recorded = history.started.get("v")
        if recorded != flow.version and not history.is_ended:
            raise StepChanged(
                f"Run {run_id} was begun with version {recorded} of the flow"
                f" {name!r}; this code has version {flow.version}.",
                next_move="Finish or abort it with the code that began it, or end it"
                f" where it is with: esa-flows abort {run_id} --keep",
            )

        return flow


def _gone(_: Owner) -> Life:
    """Take whoever holds a lease for dead: its fence is what keeps it off."""
    return Life.DEAD


def _begun(
    flow: Flow[I, Any], value: I, new: NewRun, deadline: Duration | None
) -> dict[str, Any]:
    body = {
        "flow": flow.name,
        "v": flow.version,
        "input": encode(value),
        "subject": new.subject,
        "part": trace.here(),
    }
    if deadline is not None:
        wake = new.started_at + dt.timedelta(seconds=deadline.seconds)
        body["deadline"] = {"wake": wake.isoformat(), "after": str(deadline)}

    return body


def _ended(flow: Flow[Any, Any], history: History) -> Any:
    body = history.ended or {}
    if "error" in body:
        raise decode_error(body["error"])

    return decode(body.get("value"), flow.output)
