"""The way back of a rollout that has ended."""

from __future__ import annotations

import anyio
import pytest
from tests.fleet.yard import RUN, Yard, ends
from tests.house import NEW, OTHER

from esa_flows.errors import InvalidInput
from esa_flows.fleet.report import Ended, RoutineEnd

TAKEN_BACK = RoutineEnd.TAKEN_BACK


async def _released(*bad: str) -> Yard:
    """Give a yard whose rollout has ended: one wave of one, one of two."""
    yard = Yard(bad=bad)
    yard.live("aa", "bb", "cc")
    async with yard.house.client() as client:
        waves = ["aa"], ["bb", "cc"]
        await yard.run(client, await yard.order(client, *waves, fleet=1))

    return yard


async def test_all_that_was_released_goes_back_everywhere() -> None:
    """Production first, then staging; the report is of the way back's own run."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            report = await client.undo(RUN)

    assert Ended.ROLLED_BACK is report.ended
    assert RUN != report.run
    assert all(each.seconds < 5 for each in report.routines)
    assert dict.fromkeys(["aa", "bb", "cc"], TAKEN_BACK) == ends(report)
    assert all(map(yard.is_old, yard.olds))


async def test_one_wave_goes_back_alone() -> None:
    """The others go on serving what is new."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            report = await client.undo(RUN, wave=2)

    assert {"bb": TAKEN_BACK, "cc": TAKEN_BACK} == ends(report)
    assert [True, False, False] == list(map(yard.new, yard.olds))


async def test_what_others_deployed_since_stays() -> None:
    """It is told as a conflict, and the rest goes back."""
    yard = await _released()
    with yard.house:
        made = yard.house.cloud.console.add_version("bb", OTHER, "theirs")
        yard.house.cloud.console.deploy("bb", "production", {made: 100})
        async with yard.house.client() as client:
            report = await client.undo(RUN)

    assert Ended.PARTLY_ROLLED_BACK is report.ended
    assert RoutineEnd.CONFLICT is ends(report)["bb"]
    assert {made: 100} == yard.house.serves("bb")
    assert yard.is_old("aa")
    assert yard.is_old("cc")


async def test_what_was_released_since_stays_even_where_it_serves_the_same() -> None:
    """Taken back by hand, then released again: that was wanted later."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            await client.rollback("bb")
            later = await client.release("bb", NEW)
            report = await client.undo(RUN)

    told = {str(each.routine): each for each in report.routines}["bb"]
    assert yard.new("bb")
    assert (RoutineEnd.CONFLICT, 2) == (told.end, told.wave)
    assert f"Run {later.run} has released it since." == told.reason
    assert told.next_move.endswith("esa-flows rollback bb")
    assert Ended.PARTLY_ROLLED_BACK is report.ended
    assert yard.is_old("aa")
    assert yard.is_old("cc")


async def test_where_another_release_is_under_way_it_stays() -> None:
    """Even where that is all there is: nothing is sent, and a person is needed."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            with anyio.move_on_after(60):
                await client.release("aa", OTHER, canary="10:5m,100", run_id="later1")

            yard.house.transport.forget()
            report = await client.undo(RUN, wave=1)

        assert [] == yard.house.transport.calls

    assert {"aa": RoutineEnd.CONFLICT} == ends(report)
    assert "Run later1 is at it, and has not ended." == report.routines[0].reason
    assert report.routines[0].next_move.endswith("esa-flows abort later1")
    assert Ended.PARTLY_ROLLED_BACK is report.ended


async def test_what_was_released_before_the_rollout_bars_nothing() -> None:
    """The rollout came after it, and its way back leads there."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            await client.release("aa", OTHER)
            await anyio.sleep(60)
            before = yard.house.serves("aa")
            await yard.run(client, await yard.order(client, ["aa"]))
            report = await client.undo(RUN)

    assert {"aa": TAKEN_BACK} == ends(report)
    assert before == yard.house.serves("aa")


async def test_what_failed_is_not_taken_back() -> None:
    """It went back by itself, and serves what it served before."""
    yard = await _released("cc")
    with yard.house:
        async with yard.house.client() as client:
            report = await client.undo(RUN)

    assert {"aa": TAKEN_BACK, "bb": TAKEN_BACK} == ends(report)


async def test_twice_is_once() -> None:
    """What is back already is left as it is."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            await client.undo(RUN)
            deploys = yard.house.transport.calls.count
            before = deploys("deploy production")
            report = await client.undo(RUN)

        assert before == deploys("deploy production")

    assert Ended.ROLLED_BACK is report.ended


@pytest.mark.parametrize("after", [0.05, 0.2, 0.4])
async def test_cut_in_the_middle_it_is_gone_on_with(after: float) -> None:
    """Every routine is as before in the end."""
    yard = await _released()
    with yard.house:
        async with yard.house.client() as client:
            with anyio.move_on_after(after):
                await client.undo(RUN)

            left = await client.runs.list()

        async with yard.house.client() as client:
            report = await client.resume(left[0].run.id)

    assert Ended.ROLLED_BACK is report.ended
    assert all(map(yard.is_old, yard.olds))


async def test_what_released_nothing_cannot_be_taken_back() -> None:
    """Neither a wave that there is not, nor what went back before."""
    yard = await _released()
    async with yard.house.client() as client:
        with pytest.raises(InvalidInput, match=f"Wave 3 of rollout {RUN} released"):
            await client.undo(RUN, wave=3)

        back = await client.undo(RUN)
        with pytest.raises(InvalidInput, match=f"Run {back.run} is no rollout"):
            await client.undo(back.run)
