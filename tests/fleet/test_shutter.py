"""Freeze windows while a rollout runs: what waits, for how long, and what does not."""

from __future__ import annotations

import datetime as dt

import anyio
import pytest
from tests.fleet.yard import RUN, Yard, ends
from tests.house import BEGIN, wall

from esa_flows import Client
from esa_flows.engine.state import State
from esa_flows.errors import DeadlineExceeded, InvalidInput, Paused
from esa_flows.fleet.report import Ended, RoutineEnd
from esa_flows.fleet.shutter import Shutter
from esa_flows.model.freeze import Freeze, Override, coming

NOON = Freeze(cron="0 12 * * *", duration="2h", reason="lunch")
"""In force when the house's clock begins."""

SOON = Freeze(cron="10 12 * * *", duration="2h")
"""In force ten minutes later."""

HOUR = 3600


def test_a_shutter_knows_what_is_in_force() -> None:
    """The same window as long as it lasts, the next one after it, none between."""
    shutter = Shutter((SOON,))
    began, open_again = BEGIN + dt.timedelta(minutes=10), BEGIN.replace(hour=14)
    window = shutter.in_force(began)

    assert None is shutter.in_force(BEGIN)
    assert window == coming((SOON,), BEGIN)
    assert window is shutter.in_force(began + dt.timedelta(minutes=90))
    assert None is shutter.in_force(open_again + dt.timedelta(minutes=10))
    assert None is not shutter.in_force(began + dt.timedelta(days=1))
    assert "<Shutter of 1 freezes>" == repr(shutter)


def test_a_window_that_was_lifted_is_over() -> None:
    """It alone: the next one holds again."""
    shutter = Shutter((NOON,))
    window = shutter.in_force(BEGIN)
    assert window is not None
    shutter.lift(window)

    assert None is shutter.in_force(BEGIN)
    assert None is not shutter.in_force(BEGIN + dt.timedelta(days=1))


def test_without_freezes_nothing_is_in_force() -> None:
    """Most rollouts have none."""
    assert None is Shutter(()).in_force(BEGIN)


async def test_begun_in_a_window_it_makes_ready_and_waits() -> None:
    """Staging has it within seconds, production when the window is over."""
    yard = Yard()
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], freezes=(NOON,))
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_staged, yard)
                report = await yard.run(client, order)

    assert 2 * HOUR - 30 <= anyio.current_time() - began < 2 * HOUR + 60
    assert Ended.DONE is report.ended
    (note,) = report.notes
    assert "Waited for the end of a freeze window: Sun 2026-03-01 14:00 UTC." == note


async def _staged(yard: Yard) -> None:
    await anyio.sleep(HOUR)
    old = {name: {version: 100} for name, version in yard.olds.items()}

    assert old == {name: yard.house.serves(name, "production") for name in old}
    assert all(old[name] != yard.house.serves(name, "staging") for name in old)


async def test_what_is_exposed_goes_its_way_and_nothing_new_does() -> None:
    """A canary that bakes when the window begins ends in it; the next one waits."""
    yard = Yard(canary="10:30m,100")
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], freezes=(SOON,))
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_first_alone, yard, HOUR)
                report = await yard.run(client, order)

    assert Ended.DONE is report.ended
    assert 2 * HOUR + 2400 <= anyio.current_time() - began < 2 * HOUR + 2700


async def _first_alone(yard: Yard, after: float) -> None:
    await anyio.sleep(after)

    assert 1 == sum(map(yard.new, yard.olds))


async def test_a_window_that_ends_while_others_bake_holds_nobody_longer() -> None:
    """Who waits for it looks at the clock, not only at the others."""
    short = Freeze(cron="10 12 * * *", duration="10m")
    yard = Yard(canaries={"aa": "10:1h,100", "bb": "10:11m,100"})
    yard.live("aa", "bb", "cc")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(
                client, ["aa", "bb", "cc"], fleet=1, freezes=(short,)
            )
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_third_first, yard)
                report = await yard.run(client, order)

    assert Ended.DONE is report.ended
    assert () == report.notes


async def _third_first(yard: Yard) -> None:
    await anyio.sleep(1300)

    assert [False, True] == [yard.new("aa"), yard.new("cc")]


@pytest.mark.parametrize("after", [0.5, 600, 7100, 7200.5])
async def test_cut_while_it_waits_it_waits_what_is_left(after: float) -> None:
    """Whoever goes on with it exposes nothing before the window is over."""
    yard = Yard()
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], ["bb"], freezes=(NOON,))
            with anyio.move_on_after(after):
                await yard.run(client, order)

        early = wall() < BEGIN.replace(hour=14)
        touched = [name for name in yard.olds if yard.new(name)]
        async with yard.house.client() as client:
            report = await client.resume(RUN)
            asked = (await client.runs.get(RUN)).history.questions

    assert not (early and touched)
    assert wall() >= BEGIN.replace(hour=14)
    assert (Ended.DONE, {}) == (report.ended, asked)
    assert [1, 1] == [len(yard.house.tagged(name)) for name in yard.olds]


async def test_who_comes_after_the_window_does_not_wait() -> None:
    """Cut inside it, gone on with on the next morning."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,))
            with anyio.move_on_after(600):
                await yard.run(client, order)

        await anyio.sleep(12 * HOUR)
        began = anyio.current_time()
        async with yard.house.client() as client:
            report = await client.resume(RUN)

    assert Ended.DONE is report.ended
    assert anyio.current_time() - began < 60


async def test_an_abort_is_heeded_while_it_waits() -> None:
    """What was made ready goes back at once, and nothing was exposed."""
    yard = Yard()
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], freezes=(NOON,))
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_later, client, 600, "abort")
                report = await yard.run(client, order)

    assert (Ended.ROLLED_BACK, True) == (report.ended, report.was_aborted)
    assert anyio.current_time() - began < 700
    assert all(map(yard.is_old, yard.olds))


async def _later(client: Client, after: float, what: str) -> None:
    await anyio.sleep(after)
    if what == "abort":
        await client.runs.ask_to_abort(RUN)
    elif what == "pause":
        await client.runs.pause(RUN)
    else:
        await client.runs.approve(RUN, by="ann", ignore_freeze=what)


async def test_an_abort_is_heeded_while_another_one_bakes_in_the_window() -> None:
    """A rollback is always allowed."""
    yard = Yard(canary="10:30m,100")
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], freezes=(SOON,))
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_later, client, 900, "abort")
                report = await yard.run(client, order)

    assert Ended.ROLLED_BACK is report.ended
    assert anyio.current_time() - began < 1000
    assert all(map(yard.is_old, yard.olds))


async def test_a_budget_that_is_passed_in_a_window_waits_for_nothing() -> None:
    """What has to go back goes back inside it."""
    yard = Yard(bad={"bb"})
    yard.live("aa", "bb")
    began = anyio.current_time()
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], freezes=(NOON,))
            report = await yard.run(client, order)

    assert Ended.ROLLED_BACK is report.ended
    assert anyio.current_time() - began < 60
    assert RoutineEnd.FAILED is ends(report)["bb"]
    assert all(map(yard.is_old, yard.olds))


async def test_nobody_waits_for_a_window_whose_turn_will_not_come() -> None:
    """It depends on what failed: the wave is through, inside the window."""
    yard = Yard(bad={"aa"}, needs={"bb": ("aa",)})
    yard.live("aa", "bb")
    began = anyio.current_time()
    with yard.house:
        async with yard.house.client() as client:
            names = ["aa", "bb"]
            order = await yard.order(client, names, freezes=(NOON,), fleet=1)
            report = await yard.run(client, order)

    assert Ended.DONE_WITH_FAILURES is report.ended
    assert RoutineEnd.SKIPPED is ends(report)["bb"]
    assert anyio.current_time() - began < 60


async def test_paused_while_it_waits_it_is_held_by_the_window_again() -> None:
    """A pause is no way around it."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_later, client, 600, "pause")
                with pytest.raises(Paused):
                    await yard.run(client, order)

            report = await client.resume(RUN)

    assert Ended.DONE is report.ended
    assert wall() >= BEGIN.replace(hour=14)


async def test_a_person_breaks_the_glass_and_says_why() -> None:
    """It goes on at once; journal and report know who it was, and why."""
    yard = Yard()
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], ["bb"], freezes=(NOON,))
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_later, client, 600, "the shop is down")
                report = await yard.run(client, order)

            rows = (await client.runs.get(RUN)).rows

    assert Ended.DONE is report.ended
    assert anyio.current_time() - began < 700
    (note,) = report.notes
    told = "A freeze window was ignored by ann: the shop is down. It would have ended"
    assert f"{told} Sun 2026-03-01 14:00 UTC." == note
    assert any("ann: the shop is down" in row.record.body for row in rows)


async def test_who_broke_the_glass_is_told_by_whoever_ends_it() -> None:
    """Though the process that was told so died before."""
    yard = Yard(canary="10:1h,100")
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,))
            with anyio.move_on_after(1200):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_later, client, 600, "the shop is down")
                    await yard.run(client, order)

        await anyio.sleep(12 * HOUR)
        async with yard.house.client() as client:
            report = await client.resume(RUN)

    (note,) = report.notes
    assert Ended.DONE is report.ended
    assert note.startswith("A freeze window was ignored by ann: the shop is down.")


async def test_an_answer_without_a_reason_is_refused() -> None:
    """Who agrees to the next wave by habit has not broken the glass."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,))
            with anyio.move_on_after(600):
                await yard.run(client, order)

            assert State.PAUSED is (await client.runs.get(RUN)).history.state
            with pytest.raises(InvalidInput, match="--ignore-freeze REASON"):
                await client.runs.approve(RUN)

            with pytest.raises(InvalidInput, match="goes on by itself then"):
                await client.runs.deny(RUN)


async def test_begun_with_a_reason_it_heeds_no_window() -> None:
    """The order holds it, so the journal does."""
    yard = Yard()
    yard.live("aa")
    override = Override(reason="outage", by="ann")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,), override=override)
            began = anyio.current_time()
            report = await yard.run(client, order)

    assert Ended.DONE is report.ended
    assert anyio.current_time() - began < 60
    assert ("A freeze window was ignored by ann: outage",) == report.notes


async def test_in_one_go_the_whole_way_waits() -> None:
    """Where nothing is made ready first, as without a journal."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,), prepares=False)
            report = await yard.run(client, order)

    assert Ended.DONE is report.ended
    assert wall() >= BEGIN.replace(hour=14)


async def test_a_deadline_of_the_whole_run_counts_inside_a_window() -> None:
    """That it ran out is no end of the window: nothing is exposed."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], freezes=(NOON,))
            with pytest.raises(DeadlineExceeded):
                await yard.run(client, order, deadline="30m")

    assert {yard.olds["aa"]: 100} == yard.house.serves("aa", "production")
