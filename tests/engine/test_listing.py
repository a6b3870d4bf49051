"""A run that was listed and no more can be begun, and is not left lying."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.engine.desk import BEGIN, RUN, Desk, Died, MortalJournal
from tests.engine.flows import one

from esa_flows.engine.history import History
from esa_flows.engine.journal import Beat, Lease, NewRun, Owner
from esa_flows.engine.process import Life
from esa_flows.engine.state import State
from esa_flows.errors import AlreadyRunning, RunError, RunInProgress

NEW = NewRun(id=RUN, flow="one", subject="shop", content="", started_at=BEGIN)
DEAD = Owner("boot", 99, "0", "dead")


async def blank(**other: Any) -> Desk:
    """Make a desk in whose journal a run is listed and no more."""
    desk = Desk()
    await desk.journal.create(evolve(NEW, **other), DEAD)
    return desk


async def test_an_id_that_was_only_listed_can_be_used() -> None:
    """Nothing was done under it: the run begins as if it were new."""
    desk = await blank()

    assert "x!" == await desk.start(one)
    assert "x!" == await desk.resume(one)
    assert 1 == len(await desk.journal.list())


async def test_a_death_before_the_first_row_is_no_failure() -> None:
    """The same start, again, does what it was to do."""
    desk = Desk()
    desk.journal.kill_at(1, keeps_last=False)
    with pytest.raises(Died):
        await desk.start(one)

    desk.journal.revive()

    assert "x!" == await desk.start(one)


@pytest.mark.parametrize(
    "other", [{"flow": "two"}, {"subject": "cart"}, {"content": "c"}]
)
async def test_an_id_that_was_listed_for_something_else_is_taken(
    other: dict[str, str],
) -> None:
    """Another flow, routine or content is another run."""
    desk = await blank(**other)
    with pytest.raises(RunInProgress, match=f"There is a run {RUN} already"):
        await desk.start(one)


async def test_a_run_that_has_begun_is_not_begun_again() -> None:
    """Its id is taken, ended or not."""
    desk = Desk()
    await desk.start(one)
    with pytest.raises(RunInProgress, match=f"There is a run {RUN} already"):
        await desk.start(one)


async def test_a_run_that_somebody_is_about_to_begin_is_his() -> None:
    """He holds the lease and beats."""
    desk = await blank()
    looks = 0

    def alive(_: Owner) -> Life:
        """Beat whenever somebody looks."""
        nonlocal looks
        looks += 1
        held = desk.journal._runs[RUN]
        held.beat = evolve(held.beat, beat=looks)
        return Life.ALIVE

    with pytest.raises(AlreadyRunning):
        await desk.start(one, life=alive)


async def test_a_run_that_was_begun_while_one_waited_is_taken() -> None:
    """Two who start the same do it once; the lease is given back."""
    desk = await blank()
    other = desk.engine(one)

    class Slow(MortalJournal):
        """A journal in which another process is faster."""

        raced = False

        async def take(self, run: str, owner: Owner, *, seen: Beat) -> Lease | None:
            """Let the other process begin and end first."""
            if not Slow.raced:
                Slow.raced = True
                await other.start(one, "x", run_id=RUN, subject="shop")

            return await super().take(run, owner, seen=await self.beat_of(run))

    desk.journal.__class__ = Slow
    with pytest.raises(RunInProgress, match=f"There is a run {RUN} already"):
        await desk.start(one)

    assert None is (await desk.journal.beat_of(RUN)).owner
    assert ["x"] == desk.world.done


async def test_who_resumes_a_listed_run_ends_it() -> None:
    """Nobody knows any more what it was to do; it is off the list of unfinished."""
    desk = await blank()
    with pytest.raises(RunError) as caught:
        await desk.resume(one)

    assert (
        f"Run {RUN} died before it recorded its input; nothing was done."
        " Start it again." == str(caught.value)
    )
    assert State.FAILED is History.of(await desk.rows()).state
    assert () == await desk.journal.list(unfinished=True)
