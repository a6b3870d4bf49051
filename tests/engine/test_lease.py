"""Who may drive a run."""

from __future__ import annotations

from contextlib import suppress

import anyio
import pytest
from attrs import define
from tests.engine.desk import BEGIN, RUN, Desk, World, cut
from tests.engine.flows import one

from esa_flows.engine.journal import Beat, Journal, Lease, NewRun, Owner
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.lease import BEAT, HeldLease, take_lease
from esa_flows.engine.process import Life
from esa_flows.errors import (
    AlreadyRunning,
    JournalCorrupt,
    JournalUnavailable,
    LeaseLost,
)

FIRST = Owner("boot", 1, "0", "a")
SECOND = Owner("boot", 2, "0", "b")
THIRD = Owner("boot", 3, "0", "c")
NEW = NewRun(id=RUN, flow="one", subject="", content="", started_at=BEGIN)


async def taken_by(journal: Journal, owner: Owner, life: Life) -> Lease:
    """Take the lease, the present holder's life being known."""
    return await take_lease(journal, RUN, owner, life=lambda _: life)


async def beating(held: HeldLease) -> None:
    """Beat every five seconds, as who watches over a run does."""
    while True:
        await anyio.sleep(BEAT)
        with suppress(JournalUnavailable):
            await held.beat()


async def test_a_lease_given_back_is_taken_at_once() -> None:
    """Nobody holds it, so there is nobody to watch."""
    journal = MemoryJournal()
    await journal.release(await journal.create(NEW, FIRST))

    lease = await taken_by(journal, SECOND, Life.ALIVE)
    assert Lease(run=RUN, owner=SECOND, fence=2) == lease
    assert anyio.current_time() % 1e9 == pytest.approx(0.0, abs=0.01)


async def test_a_dead_process_is_not_waited_for() -> None:
    """What certainly died beats no more."""
    journal = MemoryJournal()
    await journal.create(NEW, FIRST)
    began = anyio.current_time()

    assert SECOND == (await taken_by(journal, SECOND, Life.DEAD)).owner
    assert anyio.current_time() == began


@pytest.mark.parametrize("life", [Life.ALIVE, Life.ELSEWHERE])
async def test_a_lease_that_stands_still_is_taken_after_fifteen_seconds(
    life: Life,
) -> None:
    """Watched on the taker's own clock, and not a moment less."""
    journal = MemoryJournal()
    await journal.create(NEW, FIRST)
    began = anyio.current_time()

    assert 2 == (await taken_by(journal, SECOND, life)).fence
    assert anyio.current_time() - began == pytest.approx(15.0)


async def test_a_beating_lease_is_refused() -> None:
    """A living process drives it: the error says which, and where to look."""
    journal = MemoryJournal()
    held = HeldLease(await journal.create(NEW, FIRST), journal, anyio.current_time)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beating, held)
        with pytest.raises(AlreadyRunning) as caught:
            await taken_by(journal, SECOND, Life.ELSEWHERE)

        tasks.cancel_scope.cancel()

    assert (
        "Run 0123456789ab is driven by a living process (process 1 on its machine)."
        " Watch it with: esa-flows status 0123456789ab" == str(caught.value)
    )


async def test_a_lease_given_back_meanwhile_is_taken() -> None:
    """Who watches notices within half a second that the holder let go."""
    journal = MemoryJournal()
    lease = await journal.create(NEW, FIRST)
    began = anyio.current_time()

    async def let_go() -> None:
        """Give the lease back."""
        await anyio.sleep(3.2)
        await journal.release(lease)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(let_go)
        assert SECOND == (await taken_by(journal, SECOND, Life.ALIVE)).owner

    assert anyio.current_time() - began == pytest.approx(4.0, abs=0.51)


async def test_of_two_takers_one_gets_it() -> None:
    """Both see the same free lease; the other then finds a living holder."""

    class Slow(MemoryJournal):
        """A journal that takes its time."""

        async def beat_of(self, run: str) -> Beat:
            """See the lease, slowly."""
            seen = await super().beat_of(run)
            await anyio.sleep(0.1)
            return seen

    journal = Slow()
    await journal.release(await journal.create(NEW, FIRST))
    got: list[object] = []

    async def drive(owner: Owner) -> None:
        """Take the lease and beat."""
        try:
            lease = await taken_by(journal, owner, Life.ALIVE)
        except AlreadyRunning as error:
            got.append(type(error))
            tasks.cancel_scope.cancel()
        else:
            got.append(lease.fence)
            await beating(HeldLease(lease, journal, anyio.current_time))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drive, SECOND)
        tasks.start_soon(drive, THIRD)

    assert [2, AlreadyRunning] == got


@define
class Overtaken(MemoryJournal):
    """Somebody else is always quicker, once."""

    tries: int = 0

    def __attrs_pre_init__(self) -> None:
        MemoryJournal.__init__(self)

    async def take(self, run: str, owner: Owner, *, seen: Beat) -> Lease | None:
        """Let the third process take it first, and die at once."""
        self.tries += 1
        if self.tries == 1:
            lease = await super().take(run, THIRD, seen=seen)
            assert lease is not None
            await super().release(lease)

        return await super().take(run, owner, seen=seen)


async def test_who_comes_too_late_looks_again() -> None:
    """A lease that changed between look and taking is looked at anew."""
    journal = Overtaken()
    await journal.create(NEW, FIRST)

    assert 3 == (await taken_by(journal, SECOND, Life.DEAD)).fence
    assert 2 == journal.tries


# --- held ----------------------------------------------------------------------------


@define
class Clock:
    """A clock that passes while the machine sleeps."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Give its seconds."""
        return anyio.current_time() + self.ahead


async def test_a_beating_lease_is_ours() -> None:
    """Every five seconds it is prolonged, for as long as it beats."""
    journal = MemoryJournal()
    held = HeldLease(await journal.create(NEW, FIRST), journal, anyio.current_time)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beating, held)
        await anyio.sleep(61)
        held.check()
        tasks.cancel_scope.cancel()

    assert 12 == (await journal.beat_of(RUN)).beat
    assert "<HeldLease 0123456789ab fence 1>" == repr(held)


async def test_a_frozen_process_knows_that_its_lease_ran_out() -> None:
    """Its own timers stood still; the clock that runs while it sleeps did not."""
    clock = Clock()
    journal = MemoryJournal()
    held = HeldLease(await journal.create(NEW, FIRST), journal, clock)
    clock.ahead = 14.9
    held.check()
    clock.ahead = 15.0

    with pytest.raises(LeaseLost) as caught:
        held.check()

    assert (
        "This process no longer drives run 0123456789ab: its lease ran out, for"
        " instance because it was suspended. See who does with: esa-flows status"
        " 0123456789ab" == str(caught.value)
    )


async def test_a_slow_beat_counts_from_its_beginning() -> None:
    """A renewal that was asked long ago prolongs from then, not from its answer."""
    clock = Clock()

    class Slow(MemoryJournal):
        """A journal that takes its time."""

        async def renew(self, lease: Lease) -> None:
            """Beat, if it works."""
            clock.ahead += 12.0
            await super().renew(lease)

    journal = Slow()
    held = HeldLease(await journal.create(NEW, FIRST), journal, clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beating, held)
        await anyio.sleep(5.5)
        tasks.cancel_scope.cancel()

    assert held.until - clock() == pytest.approx(2.5)


async def test_a_taken_lease_is_lost_for_good() -> None:
    """The beat notices; from then on nothing is permitted, whatever the clock says."""
    journal = MemoryJournal()
    held = HeldLease(await journal.create(NEW, FIRST), journal, anyio.current_time)
    await taken_by(journal, SECOND, Life.DEAD)
    with pytest.raises(LeaseLost, match="Another process took over run"):
        await held.beat()

    with pytest.raises(LeaseLost, match="no longer drives"):
        held.check()


async def test_a_journal_in_trouble_does_not_end_the_beat() -> None:
    """The lease runs out by the clock, and comes back with the journal."""

    class Shaky(MemoryJournal):
        """A journal that is not always there."""

        broken = True

        async def renew(self, lease: Lease) -> None:
            """Beat, if it works."""
            if self.broken:
                raise JournalUnavailable("The disk is full.")

            await super().renew(lease)

    journal = Shaky()
    held = HeldLease(await journal.create(NEW, FIRST), journal, anyio.current_time)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beating, held)
        await anyio.sleep(16)
        with pytest.raises(LeaseLost):
            held.check()

        journal.broken = False
        await anyio.sleep(5)
        held.check()
        tasks.cancel_scope.cancel()


# --- in a run ------------------------------------------------------------------------


async def test_a_frozen_run_sends_nothing_when_it_goes_on() -> None:
    """Frozen before its call and taken over meanwhile, it is refused at the wire."""
    desk = Desk()
    clock = Clock()

    def freeze(_: str) -> None:
        """Be suspended for long."""
        clock.ahead = 20.0

    desk.journal.hook = lambda at: freeze(at) if at == "appended" else None
    with pytest.raises(LeaseLost, match="no longer drives"):
        await desk.start(one, clock=clock)

    assert [] == desk.world.sent
    assert ["run.started", "intent put#1"] == await desk.lines()


async def test_a_fenced_run_writes_nothing() -> None:
    """Taken over during its call, a run stops; the new holder settles that call."""
    desk = Desk()
    desk.world.way = 20.0
    found: list[object] = []

    async def take_over() -> None:
        """Go on with the run."""
        await anyio.sleep(7)
        found.append(await desk.resume(one))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take_over)
        with pytest.raises(LeaseLost):
            await desk.start(one)

    assert ["x!"] == found
    assert [2] * (len(await desk.rows()) - 2) == [
        row.fence for row in (await desk.rows())[2:]
    ]


async def test_of_two_engines_one_drives() -> None:
    """Both resume one run at once; one does it, the other is refused."""
    desk = Desk()
    await desk.start(one)
    desk.journal, desk.world = cut(desk.journal, 1), World(way=20.0)
    found: list[object] = []

    async def resume(life: Life) -> None:
        """Go on with the run."""
        try:
            found.append(await desk.resume(one, life=lambda _: life))
        except AlreadyRunning as error:
            found.append(type(error))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(resume, Life.DEAD)
        await anyio.sleep(0.1)
        tasks.start_soon(resume, Life.ALIVE)

    assert [AlreadyRunning, "x!"] == found
    assert ["x"] == desk.world.sent


async def test_other_trouble_with_the_beat_stops_the_run() -> None:
    """A journal that is damaged under a run stops it; no group of errors comes out."""
    desk = Desk()
    desk.world.way = 20.0

    async def renew(lease: Lease) -> None:
        """Beat, if it works."""
        raise JournalCorrupt("A record was changed.")

    desk.journal.renew = renew  # type: ignore[method-assign]  # a damaged file
    with pytest.raises(JournalCorrupt, match="A record was changed"):
        await desk.start(one)

    assert ["x"] == desk.world.done
