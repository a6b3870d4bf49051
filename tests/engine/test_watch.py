"""One watch for all runs of a process: no lease stands still, nobody is unheard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial

import anyio
import pytest
from attrs import define, field
from tests.engine.desk import Desk, MortalJournal

from esa_flows.engine.context import Context
from esa_flows.engine.engine import Engine
from esa_flows.engine.flow import flow
from esa_flows.engine.journal import Lease, Signal, SignalVerb
from esa_flows.engine.watch import Watch
from esa_flows.errors import EsaFlowsError, JournalUnavailable, LeaseLost, Paused
from esa_flows.model import Duration

FIRST, SECOND, THIRD = "first0000001", "second000002", "third0000003"


@flow
async def nap(ctx: Context, seconds: int) -> int:
    """Sleep for so long."""
    await ctx.sleep(Duration(seconds), key="nap")
    return seconds


class Counting(MortalJournal):
    """A journal that knows what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[float] = []
        self.beats: Counter[str] = Counter()

    async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
        """Look into inboxes."""
        self.looks.append(anyio.current_time())
        return await super().signalled(after)

    async def renew(self, lease: Lease) -> None:
        """Beat."""
        self.beats[lease.run] += 1
        await super().renew(lease)


@define
class House:
    """Runs of one process, and how each came out."""

    journal: MortalJournal
    engine: Engine
    ends: dict[str, object] = field(factory=dict)

    @classmethod
    def on(cls, journal: MortalJournal) -> House:
        """Make a process on a journal."""
        desk = Desk()
        desk.journal = journal
        return cls(journal, desk.engine(nap))

    async def drive(self, run: str, seconds: int) -> None:
        """Drive a run to its end, or to what stops it."""
        try:
            slept: int = await self.engine.start(nap, seconds, run_id=run)
            self.ends[run] = slept
        except (EsaFlowsError, ValueError) as error:
            self.ends[run] = error


async def test_what_this_process_asks_is_heard_at_once() -> None:
    """An abort does not wait for the next look, nor does a second one soon after."""
    house = House.on(Counting())
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for run in (FIRST, SECOND):
            tasks.start_soon(house.drive, run, 60)

        for run, at in ((FIRST, 1.1), (SECOND, 1.2)):
            await anyio.sleep_until(began + at)
            await house.engine.signal(run, SignalVerb.ABORT, by="ann")

    assert 1.2 == pytest.approx(anyio.current_time() - began, abs=0.01)
    assert [FIRST, SECOND] == list(house.ends)


async def test_all_runs_are_one_look_and_each_lease_beats() -> None:
    """Twice a second one question for all inboxes; every five seconds each lease."""
    journal = Counting()
    house = House.on(journal)
    async with anyio.create_task_group() as tasks:
        for run in (FIRST, SECOND, THIRD):
            tasks.start_soon(house.drive, run, 61)

        await anyio.sleep(1)
        assert "<Watch [runs: 3]>" == repr(house.engine._watch)

    assert {FIRST: 61, SECOND: 61, THIRD: 61} == house.ends
    assert {FIRST: 12, SECOND: 12, THIRD: 12} == journal.beats
    assert 120 <= len(journal.looks) <= 124
    assert "<Watch [runs: 0]>" == repr(house.engine._watch)


async def test_the_watch_goes_on_when_who_kept_it_ends() -> None:
    """The others' leases beat on, and they can be reached."""
    journal = Counting()
    house = House.on(journal)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.drive, FIRST, 11)
        await anyio.sleep(1)
        tasks.start_soon(house.drive, SECOND, 100)
        await anyio.sleep(30)
        await house.engine.signal(SECOND, SignalVerb.PAUSE, by="ann")
        await anyio.sleep(0.6)

        assert 11 == house.ends[FIRST]
        assert isinstance(house.ends[SECOND], Paused)

    assert {FIRST: 2, SECOND: 6} == journal.beats


async def test_leases_beat_in_time_while_the_watch_changes_hands() -> None:
    """Runs that keep it for two seconds each keep nobody's lease from beating."""
    journal = Counting()
    house = House.on(journal)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.drive, SECOND, 2)
        await anyio.sleep(0.7)
        tasks.start_soon(house.drive, FIRST, 40)
        for number in range(40):
            await anyio.sleep(1)
            tasks.start_soon(house.drive, f"short{number:07}", 2)

    assert 40 == house.ends[FIRST]
    assert 7 <= journal.beats[FIRST] <= 8
    assert len(journal.looks) <= 88


async def test_a_cancelled_keeper_hands_the_watch_on() -> None:
    """Its host tears it down; the others are looked after as before."""
    journal = Counting()
    house = House.on(journal)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.drive, FIRST, 60)
        await anyio.sleep(1)
        with anyio.move_on_after(3):
            await house.drive(SECOND, 60)

    assert {FIRST: 60} == house.ends
    assert 12 == journal.beats[FIRST]


async def test_all_runs_of_a_cancelled_host_pause() -> None:
    """However the watch is handed round among the dying, each leaves in order."""
    house = House.on(Counting())
    with anyio.move_on_after(3):
        async with anyio.create_task_group() as tasks:
            for run in (FIRST, SECOND, THIRD):
                tasks.start_soon(house.drive, run, 60)

    lasts = [(await house.journal.rows(run))[-1] for run in (FIRST, SECOND, THIRD)]
    assert ["pause"] * 3 == [row.data["event"] for row in lasts]
    assert "<Watch [runs: 0]>" == repr(house.engine._watch)


async def test_a_lease_that_is_lost_stops_its_run_alone() -> None:
    """The others beat on."""

    class Robbed(Counting):
        """A journal in which somebody takes one of the leases."""

        async def renew(self, lease: Lease) -> None:
            """Beat, but for one."""
            if lease.run == SECOND:
                raise LeaseLost("Somebody took it.")

            await super().renew(lease)

    house = House.on(Robbed())
    async with anyio.create_task_group() as tasks:
        for run in (FIRST, SECOND):
            tasks.start_soon(house.drive, run, 60)

    assert 60 == house.ends[FIRST]
    assert isinstance(house.ends[SECOND], LeaseLost)


async def test_a_damaged_inbox_stops_its_run_alone() -> None:
    """Nobody could reach that run any more; the others are reached."""

    class Damaged(Counting):
        """A journal with one inbox that cannot be read."""

        async def signals(self, run: str, *, after: int) -> tuple[Signal, ...]:
            """Read an inbox, but for one."""
            if run == SECOND:
                raise ValueError("damaged")

            return await super().signals(run, after=after)

    house = House.on(Damaged())
    async with anyio.create_task_group() as tasks:
        for run in (FIRST, SECOND):
            tasks.start_soon(house.drive, run, 60)

        await anyio.sleep(5)
        for run in (FIRST, SECOND):
            await house.engine.signal(run, SignalVerb.RESUME, by="ann")

    assert 60 == house.ends[FIRST]
    assert "damaged" == str(house.ends[SECOND])


@pytest.mark.parametrize("broken", ["renew", "signals", "signalled"])
async def test_a_busy_journal_stops_no_run(broken: str) -> None:
    """A beat or a look that fails is made up for by the next one."""
    desk = Desk()
    busy = True

    class Busy(MortalJournal):
        """A journal that is not there for a while."""

        def trouble(self, what: str) -> None:
            """Be busy, perhaps."""
            if busy and what == broken:
                raise JournalUnavailable("The disk is busy.")

        async def renew(self, lease: Lease) -> None:
            """Beat, if it works."""
            self.trouble("renew")
            await super().renew(lease)

        async def signals(self, run: str, *, after: int) -> tuple[Signal, ...]:
            """Read an inbox, if it works."""
            self.trouble("signals")
            return await super().signals(run, after=after)

        async def signalled(self, after: Mapping[str, int]) -> tuple[str, ...]:
            """Look into inboxes, if it works."""
            self.trouble("signalled")
            return await super().signalled(after)

    desk.journal = Busy()
    house = House(desk.journal, desk.engine(nap))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(house.drive, FIRST, 60))
        await anyio.sleep(7)
        await house.engine.signal(FIRST, SignalVerb.PAUSE, by="ann")
        busy = False
        await anyio.sleep(4)

    assert isinstance(house.ends[FIRST], Paused)


async def test_who_comes_after_a_pause_is_looked_after_at_once() -> None:
    """A watch that nobody needed for long does not count the time before."""
    journal = Counting()
    house = House.on(journal)
    await house.drive(FIRST, 12)
    await anyio.sleep(100)
    began = anyio.current_time()
    await house.drive(SECOND, 12)

    assert {FIRST: 2, SECOND: 2} == journal.beats
    assert began == min(look for look in journal.looks if look >= began)


def test_a_watch_over_nobody_says_so() -> None:
    """Before the first run."""
    assert "<Watch [runs: 0]>" == repr(Watch(MortalJournal()))
