"""A small provider, a journal that can die, and an engine over both."""

from __future__ import annotations

import datetime as dt
import enum
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anyio
import anyio.lowlevel
from attrs import define, evolve, field, frozen

from esa_flows.engine.codec import Ephemeral
from esa_flows.engine.context import Context
from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import Flow
from esa_flows.engine.journal import Beat, Kind, Lease, Owner, Record, Row, Signal
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.process import Life
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, OutcomeUnknown
from esa_flows.wire.permit import Permit
from esa_flows.wire.secret import Secret

BEGIN = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
RUN = "0123456789ab"


class Word(enum.Enum):
    """What the small provider understands."""

    LOOK = "look"
    CHANGE = "change"

    @property
    def mutates(self) -> bool:
        """Whether the provider's state changes."""
        return self is Word.CHANGE


class Fault(enum.Enum):
    """What can happen to a change on its way."""

    LOST = "lost"  # it never arrives
    UNANSWERED = "unanswered"  # it arrives, its answer does not


@define
class World:
    """The provider's side: survives engines and processes.

    Attributes:
        done: Changes that happened, in order.
        sent: Changes that left.
        looks: Times of looks.
        faults: What happens to the next changes: a fault, or an error as the answer.
        lag: Seconds until a change is seen.
        way: Seconds a change takes there, and again back.
        hook: Called at each point of an exchange.
    """

    done: list[str] = field(factory=list)
    sent: list[str] = field(factory=list)
    looks: list[float] = field(factory=list)
    faults: list[Fault | Exception | None] = field(factory=list)
    lag: float = 0.0
    way: float = 0.05
    hook: Callable[[str], None] = lambda _: None
    _seen_at: dict[str, float] = field(factory=dict)

    async def change(self, name: str) -> str:
        """Carry one change there, and its answer back."""
        self.sent.append(name)
        fault = self.faults.pop(0) if self.faults else None
        self.hook("sent")
        await anyio.sleep(self.way)
        if fault is Fault.LOST:
            raise OutcomeUnknown("The connection broke.")

        if isinstance(fault, Exception):
            raise fault

        self.done.append(name)
        self._seen_at[name] = anyio.current_time() + self.lag
        self.hook("done")
        await anyio.sleep(self.way)
        if fault is Fault.UNANSWERED:
            raise OutcomeUnknown("The answer was lost.")

        return f"{name}!"

    def sees(self, name: str) -> bool:
        """Tell whether a change can be seen."""
        self.looks.append(anyio.current_time())
        return self._seen_at.get(name, float("inf")) <= anyio.current_time()


@frozen
class Door:
    """The port: every call asks for leave first."""

    world: World
    permit: Permit

    async def change(self, name: str) -> str:
        """Change something."""
        await anyio.lowlevel.checkpoint()
        self.permit(Word.CHANGE)
        return await self.world.change(name)

    async def look(self, name: str) -> bool:
        """See whether it was changed."""
        await anyio.lowlevel.checkpoint()
        self.permit(Word.LOOK)
        return self.world.sees(name)


async def find(
    ctx: Context, name: str, _: Intent
) -> Happened[str] | NotHappened | Conflict:
    """Look whether a change is there."""
    seen = await ctx.need(Door).look(name)
    return Happened(f"{name}!") if seen else NotHappened()


@step.read(calls=[Word.LOOK])
async def see(ctx: Context, name: str) -> bool:
    """See whether it was changed."""
    return await ctx.need(Door).look(name)


@step.guarded(calls=[Word.CHANGE, Word.LOOK], reconcile=find)
async def put(ctx: Context, name: str) -> str:
    """Change something, once."""
    return await ctx.need(Door).change(name)


@step.idempotent(calls=[Word.CHANGE])
async def paint(ctx: Context, name: str) -> str:
    """Change something, as often as need be."""
    return await ctx.need(Door).change(name)


@frozen
class Ticket(Ephemeral):
    """A form that may not be recorded."""

    name: str
    secret: Secret

    def facts(self) -> dict[str, Any]:
        """Give what people may know."""
        return {"for": self.name}


async def _ask_again(
    _: Context, __: str, ___: Intent
) -> Happened[Ticket] | NotHappened | Conflict:
    return NotHappened()


@step.guarded(calls=[Word.CHANGE], reconcile=_ask_again, settle="0s", ephemeral=True)
async def book(ctx: Context, name: str) -> Ticket:
    """Get a form."""
    got = await ctx.need(Door).change(f"ticket {name}")
    return Ticket(name, Secret(f"FakeForm {got}"))


@step.idempotent(calls=[Word.CHANGE])
async def ride(ctx: Context, ticket: Ticket) -> str:
    """Use a form."""
    return await ctx.need(Door).change(f"ride {ticket.name}")


class Died(BaseException):
    """The process is no more."""


class MortalJournal(MemoryJournal):
    """A journal whose process dies at a row, before or after it is durable."""

    def __init__(self) -> None:
        super().__init__()
        self.dies_at = 0
        self.keeps_last = True
        self.is_dead = False
        self.hook: Callable[[str], None] = lambda _: None
        self.fail: Callable[[Record], None] = lambda _: None
        self.before: Callable[[Record], float] = lambda _: 0.0
        self.behind: Callable[[Record], float] = lambda _: 0.0

    async def append(self, lease: Lease, records: Iterable[Record]) -> tuple[Row, ...]:
        """Append, or die; like a durable journal never cut by a cancellation."""
        given = tuple(records)
        self._live()
        await anyio.lowlevel.checkpoint_if_cancelled()
        for record in given:
            self.fail(record)

        self.hook("append")
        with anyio.CancelScope(shield=True):
            await anyio.sleep(sum(map(self.before, given)))

        self.dies_at -= 1
        if self.dies_at == 0 and not self.keeps_last:
            self._die()

        rows = await super().append(lease, given)
        if self.dies_at == 0:
            self._die()

        with anyio.CancelScope(shield=True):
            await anyio.sleep(sum(map(self.behind, given)))

        self.hook("appended")
        return rows

    async def release(self, lease: Lease) -> None:
        """Give the lease back, if alive."""
        self._live()
        await super().release(lease)

    async def renew(self, lease: Lease) -> None:
        """Beat, if alive."""
        self._live()
        await super().renew(lease)

    async def signals(self, run: str, *, after: int) -> tuple[Signal, ...]:
        """Look into the inbox, if alive."""
        self._live()
        return await super().signals(run, after=after)

    async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
        """Look into inboxes, if alive."""
        self._live()
        return await super().signalled(after)

    def revive(self) -> None:
        """Be the journal of the next process."""
        self.is_dead = False
        self.dies_at = 0

    def kill_at(self, row: int, *, keeps_last: bool) -> None:
        """Die at the row that is written so many from now."""
        self.dies_at, self.keeps_last = row, keeps_last

    def _die(self) -> None:
        self.is_dead = True
        self._live()

    def _live(self) -> None:
        if self.is_dead:
            raise Died


def cut(journal: MemoryJournal, rows: int, run: str = RUN) -> MortalJournal:
    """Copy a journal as it was when it had so many rows, its writer dead."""
    old = journal._runs[run]
    copy = MortalJournal()
    beat = Beat(owner=Owner("boot", 999, "0", "dead"), fence=old.beat.fence, beat=7)
    listed = evolve(old.listed, ended=False)
    copy._runs[run] = evolve(
        old, listed=listed, beat=beat, rows=old.rows[:rows], signals=list(old.signals)
    )
    return copy


@define
class Desk:
    """Everything a run touches, and what it told.

    Attributes:
        world: The provider.
        journal: Where runs are recorded.
        told: Everything observers were told.
        skew: Seconds the wall clock is off.
        engines: How many engines were made.
        heard: Called with everything that is told.
    """

    world: World = field(factory=World)
    journal: MortalJournal = field(factory=MortalJournal)
    told: list[Happening] = field(factory=list)
    skew: float = 0.0
    engines: int = 0
    heard: Callable[[Happening], object] = lambda _: None

    def now(self) -> dt.datetime:
        """Give a wall clock that goes with virtual time."""
        return BEGIN + dt.timedelta(seconds=anyio.current_time() % 1e9 + self.skew)

    def engine(self, *flows: Flow[Any, Any], **changes: Any) -> Engine:
        """Make an engine, as if in a process of its own."""
        self.engines += 1
        parts: dict[str, Any] = {
            "journal": self.journal,
            "ports": self.ports(),
            "flows": {flow.name: flow for flow in flows},
            "owner": Owner("boot", self.engines, "0", "test"),
            "now": self.now,
            "random": random.Random(self.engines),
            "life": lambda _: Life.DEAD,
        }
        return Engine(**parts | changes)

    def ports(self) -> Mapping[type[Any], Callable[[Permit], Any]]:
        """Give the ports."""
        return {Door: lambda permit: Door(self.world, permit)}

    async def start(
        self, flow: Flow[Any, Any], value: Any = "x", **changes: Any
    ) -> Any:
        """Start a run in a process of its own."""
        engine = self.engine(flow, **changes)
        return await engine.start(
            flow, value, run_id=RUN, subject="shop", observer=self.hear
        )

    async def resume(self, *flows: Flow[Any, Any], **changes: Any) -> Any:
        """Go on with the run in a process of its own."""
        engine = self.engine(*flows, **changes)
        return await engine.resume(RUN, observer=self.hear)

    def hear(self, happening: Happening) -> None:
        """Keep what is told."""
        self.told.append(happening)
        self.heard(happening)

    async def rows(self) -> tuple[Row, ...]:
        """Give the run's rows."""
        return await self.journal.rows(RUN)

    async def lines(self) -> list[str]:
        """Give the run's rows in short: kind, and the step or the event."""
        return [_line(row) for row in await self.rows()]

    def moments(self, *but: Moment) -> list[str]:
        """Give what was told in short."""
        return [
            f"{h.moment} {h.step}".strip() for h in self.told if h.moment not in but
        ]


def _line(row: Row) -> str:
    about = row.record.step or row.data.get("event", "")
    if row.record.kind is Kind.OUTCOME and "error" in row.data:
        about += " failed"

    return f"{row.record.kind} {about}".strip()
