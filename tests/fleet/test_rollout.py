"""The run of a rollout, end to end on the local cloud."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.fleet.yard import RUN, Yard, ends
from tests.house import OTHER, House

from esa_flows import Client
from esa_flows.engine.state import State
from esa_flows.errors import AccountBlocked, Paused
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.spec import Mode

RELEASED, UNCHANGED = RoutineEnd.RELEASED, RoutineEnd.UNCHANGED
TAKEN_BACK, NOT_BEGUN = RoutineEnd.TAKEN_BACK, RoutineEnd.NOT_BEGUN
FAILED, SKIPPED = RoutineEnd.FAILED, RoutineEnd.SKIPPED


async def _played(
    yard: Yard, *waves: list[str], **choices: Any
) -> tuple[RolloutReport, list[str]]:
    """Carry out waves; give the report, and the routines that serve what is new."""
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, *waves, **choices)
            report = await yard.run(client, order)

    return report, [name for name in yard.olds if yard.new(name)]


async def test_waves_in_order_each_routine_once() -> None:
    """Everything is released, one wave after the other."""
    yard = Yard()
    yard.live("aa", "bb", "cc")
    report, new = await _played(yard, ["aa"], ["bb", "cc"])

    assert Ended.DONE is report.ended
    assert dict.fromkeys(["aa", "bb", "cc"], RELEASED) == ends(report)
    assert ["aa", "bb", "cc"] == new
    assert [1, 2] == [wave.routines for wave in report.waves]
    assert ("", "") == (report.reason, report.next_move)


async def test_each_leg_is_a_run_of_its_own() -> None:
    """Called after the rollout, listed under its routine."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            await yard.run(client, await yard.order(client, ["aa"]))
            views = await client.runs.list(routine="aa")

    assert [(f"{RUN}.2", "expose"), (f"{RUN}.1", "prepare")] == [
        (view.run.id, view.run.flow) for view in views
    ]


async def test_what_serves_already_is_left_and_counts_as_good() -> None:
    """An unchanged routine is no failure, and what depends on it goes on."""
    yard = Yard(needs={"bb": ("aa",)})
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            first = await yard.order(client, ["aa"])
            await client.run(rollout, first)
            report = await yard.run(client, await yard.order(client, ["aa", "bb"]))

    assert {"aa": UNCHANGED, "bb": RELEASED} == ends(report)
    assert Ended.DONE is report.ended


async def test_a_wave_is_ready_before_it_is_exposed_one_by_one() -> None:
    """All uploads at once, production one after the other, each with its bake."""
    yard = Yard(canary="10:5m,100")
    names = ["aa", "bb", "cc"]
    yard.live(*names)
    began = anyio.current_time()
    report, new = await _played(yard, names)
    calls = yard.house.transport.calls
    commits = [place for place, call in enumerate(calls) if call == "commit"]
    exposures = [n for n, call in enumerate(calls) if call.endswith("production 10+90")]

    assert (Ended.DONE, names) == (report.ended, new)
    assert max(commits) < exposures[1]
    assert 900 <= anyio.current_time() - began < 910


@pytest.mark.parametrize(("tolerated", "seconds"), [(1, 600), (2, 300)])
async def test_so_many_are_exposed_at_once_as_may_fail_and_one(
    tolerated: int, seconds: int
) -> None:
    """Kept strictly: four routines by two and two, or by three and one."""
    yard = Yard(canary="10:5m,100")
    names = ["aa", "bb", "cc"]
    yard.live(*names)
    began = anyio.current_time()
    await _played(yard, names, fleet=tolerated)

    assert seconds <= anyio.current_time() - began < seconds + 10


async def test_kept_softly_the_concurrency_counts_alone() -> None:
    """All of them at once, though none may fail."""
    yard = Yard(canary="10:5m,100")
    names = ["aa", "bb", "cc"]
    yard.live(*names)
    began = anyio.current_time()
    await _played(yard, names, mode=Mode.SOFT)

    assert 300 <= anyio.current_time() - began < 310


async def test_all_at_once_where_nothing_would_wait() -> None:
    """One run for each routine then, and a look less."""
    yard = Yard()
    yard.live("aa", "bb")
    report, new = await _played(yard, ["aa", "bb"], prepares=False, fleet=9)

    assert (Ended.DONE, ["aa", "bb"]) == (report.ended, new)
    assert 2 == sum(each.run.startswith(RUN) for each in report.routines)


async def test_one_bad_routine_within_the_budget_stays_alone() -> None:
    """It fails in staging, the others are released."""
    yard = Yard(bad={"bb"})
    yard.live("aa", "bb", "cc")
    report, new = await _played(yard, ["aa", "bb", "cc"], fleet=1)

    assert Ended.DONE_WITH_FAILURES is report.ended
    assert {"aa": RELEASED, "bb": FAILED, "cc": RELEASED} == ends(report)
    assert ["aa", "cc"] == new
    assert yard.is_old("bb")
    assert "1 routine was not released." == report.reason


@pytest.mark.parametrize(
    ("policy", "ended", "still"),
    [
        ("stop", Ended.STOPPED, ["aa", "bb"]),
        ("rollback-wave", Ended.ROLLED_BACK, ["aa"]),
        ("rollback-all", Ended.ROLLED_BACK, []),
    ],
)
async def test_too_many_failures_end_it_as_was_asked(
    policy: str, ended: Ended, still: list[str]
) -> None:
    """The third wave is not begun; the second goes back, or all do, or none."""
    yard = Yard(bad={"cc"}, needs={"cc": ("bb",)})
    yard.live("aa", "bb", "cc", "dd")
    waves = ["aa"], ["bb", "cc"], ["dd"]
    report, new = await _played(
        yard, *waves, on_exhausted=policy, prepares=False, concurrency=1
    )

    assert (ended, still) == (report.ended, new)
    assert NOT_BEGUN is ends(report)["dd"]
    assert all(yard.is_old(name) for name in yard.olds if name not in still)
    assert report.reason.startswith("1 failed, and 0 were tolerated")
    assert 1 == report.failures


async def test_a_wave_that_ended_it_is_not_watched() -> None:
    """Nobody is asked whether to go on, and the way back does not wait for a bake."""
    yard = Yard(bad={"aa"})
    yard.live("aa", "bb")
    began = anyio.current_time()
    report, new = await _played(yard, ["aa"], ["bb"], bake="30m", approve=True)

    assert (Ended.ROLLED_BACK, []) == (report.ended, new)
    assert anyio.current_time() - began < 60


async def test_a_failure_calls_those_under_way_back_at_once() -> None:
    """They bake for an hour; nobody waits for that."""
    yard = Yard(canary="10:1h,100", canaries={"aa": "10:5m,100"})
    yard.live("aa", "bb")
    began = anyio.current_time()
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], mode=Mode.SOFT)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_meddle, yard)
                report = await yard.run(client, order)

    assert anyio.current_time() - began < 310
    assert {"aa": RoutineEnd.CONFLICT, "bb": TAKEN_BACK} == ends(report)
    assert Ended.PARTLY_ROLLED_BACK is report.ended
    assert yard.is_old("bb")


async def _meddle(yard: Yard) -> None:
    """Deploy something else while the first canary bakes."""
    await anyio.sleep(100)
    console = yard.house.cloud.console
    theirs = console.add_version("aa", OTHER, "theirs")
    console.deploy("aa", "production", {theirs: 100})


@pytest.mark.parametrize("prepares", [True, False])
async def test_what_depends_on_a_failure_is_skipped(*, prepares: bool) -> None:
    """It is not charged to the budget; what was made ready for it goes back."""
    yard = Yard(bad={"aa"}, needs={"bb": ("aa",), "cc": ("bb",)})
    yard.live("aa", "bb", "cc", "dd")
    names = ["aa", "bb", "cc", "dd"]
    report, new = await _played(yard, names, fleet=1, prepares=prepares)

    assert {"aa": FAILED, "bb": SKIPPED, "cc": SKIPPED, "dd": RELEASED} == ends(report)
    assert (["dd"], 1) == (new, report.failures)
    assert all(map(yard.is_old, ["aa", "bb", "cc"]))


async def test_a_slow_start_exposes_one_then_two() -> None:
    """Whatever the budget allows."""
    yard = Yard(canary="10:5m,100")
    names = ["aa", "bb", "cc"]
    yard.live(*names)
    began = anyio.current_time()
    await _played(yard, names, fleet=9, slow_start=True)

    assert 600 <= anyio.current_time() - began < 610


async def test_a_wave_bakes_and_then_a_person_is_asked() -> None:
    """Nobody goes on before; the report says who did."""
    yard = Yard()
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], ["bb"], bake="30m", approve=True)
            began = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_approve, client, 3600)
                report = await yard.run(client, order)

    assert 3600 + 1800 <= anyio.current_time() - began < 3600 + 1810
    assert ["ann", ""] == [wave.approved_by for wave in report.waves]


async def _approve(client: Client, after: float) -> None:
    await anyio.sleep(after)
    await client.runs.approve(RUN, by="ann")


async def test_a_no_ends_it_and_what_is_released_stays() -> None:
    """Who says no decides about the rest alone."""
    yard = Yard()
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], ["bb"], approve=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_deny, client)
                report = await yard.run(client, order)

    assert {"aa": RELEASED, "bb": NOT_BEGUN} == ends(report)
    assert Ended.STOPPED is report.ended
    assert "said no" in report.reason


async def _deny(client: Client) -> None:
    await anyio.sleep(60)
    await client.runs.deny(RUN, by="ann")


@pytest.mark.parametrize("after", [0.3, 1.0, 100, 700, 2000, 2900])
async def test_an_abort_takes_all_of_it_back(after: float) -> None:
    """While it uploads, bakes, waits for a person: every routine is as before."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa", "bb", "cc")
    with yard.house:
        async with yard.house.client() as client:
            waves = ["aa", "bb"], ["cc"]
            order = await yard.order(client, *waves, bake="30m", approve=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_abort, client, after)
                report = await yard.run(client, order)

    assert all(map(yard.is_old, yard.olds))
    assert (Ended.ROLLED_BACK, True) == (report.ended, report.was_aborted)
    assert not {RELEASED, RoutineEnd.STUCK} & set(ends(report).values())


async def _abort(client: Client, after: float) -> None:
    await anyio.sleep(after)
    await client.runs.ask_to_abort(RUN)


async def test_an_abort_after_the_end_changes_nothing() -> None:
    """What ended stays as it ended."""
    yard = Yard()
    yard.live("aa")
    with yard.house:
        async with yard.house.client() as client:
            await yard.run(client, await yard.order(client, ["aa"]))
            view = await client.runs.ask_to_abort(RUN)

    assert State.SUCCEEDED is view.history.state
    assert yard.new("aa")


@pytest.mark.parametrize("after", [0.2, 0.6, 1.0, 1.5, 200, 320, 600, 900])
async def test_cut_at_any_time_it_goes_on(after: float) -> None:
    """The next process goes on with what was under way and begins nothing twice."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa", "bb", "cc")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa"], ["bb", "cc"])
            with anyio.move_on_after(after):
                await yard.run(client, order)

        async with yard.house.client() as client:
            report: RolloutReport = await client.resume(RUN)

        assert Ended.DONE is report.ended
        assert all(map(yard.new, yard.olds))
        assert [1, 1, 1] == [len(yard.house.tagged(name)) for name in yard.olds]


async def test_who_goes_on_exposes_no_more_than_the_budget_allows() -> None:
    """What the first process had exposed counts before anything new goes."""
    yard = Yard(canary="10:1h,100")
    names = ["aa", "bb", "cc", "dd"]
    yard.live(*names)
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, names)
            with anyio.move_on_after(600):
                await yard.run(client, order)

        async with yard.house.client() as client:
            with anyio.move_on_after(600):
                await client.resume(RUN)

        exposed = [n for n in names if len(yard.house.serves(n)) > 1 or yard.new(n)]

    assert 1 == len(exposed)


async def test_paused_from_elsewhere_and_gone_on_with() -> None:
    """The signal inbox of the rollout stops all of its routines where they are."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa", "bb")
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, ["aa", "bb"], fleet=1)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_pause, client, 100)
                with pytest.raises(Paused):
                    await yard.run(client, order)

            unfinished = await client.runs.unfinished("")
            report: RolloutReport = await client.resume(RUN)

    assert 3 == len(unfinished)
    assert Ended.DONE is report.ended


async def _pause(client: Client, after: float) -> None:
    await anyio.sleep(after)
    await client.runs.pause(RUN)


async def test_trouble_with_the_account_is_met_once() -> None:
    """A halted service stops the rollout where it is; later it goes on."""
    yard = Yard()
    names = [f"r{place:02}" for place in range(30)]
    yard.live(*names)
    house = yard.house
    with house:
        async with house.client() as client:
            order = await yard.order(client, names, concurrency=4, fleet=5)
            house.transport.before("commit", lambda: _halt(house, halted=True), nth=10)
            with pytest.raises(AccountBlocked):
                await yard.run(client, order)

        refused = len(house.transport.calls)
        _halt(house, halted=False)
        async with house.client() as client:
            report: RolloutReport = await client.resume(RUN)

    assert refused < 150
    assert Ended.DONE is report.ended
    assert 30 == sum(map(yard.new, names))


async def test_money_that_runs_out_in_wave_three_takes_nothing_back() -> None:
    """What waves one and two released stays; wave three goes on when it is paid."""
    yard = Yard()
    waves = [["aa"], ["bb", "cc"], ["dd", "ee"]]
    yard.live(*(name for wave in waves for name in wave))
    house = yard.house
    with house:
        async with house.client() as client:
            order = await yard.order(client, *waves, fleet=1)
            house.transport.before("commit", lambda: _halt(house, halted=True), nth=4)
            with pytest.raises(AccountBlocked):
                await yard.run(client, order)

        new = list(map(yard.new, yard.olds))
        _halt(house, halted=False)
        async with house.client() as client:
            report: RolloutReport = await client.resume(RUN)

    assert [True, True, True, False, False] == new
    assert Ended.DONE is report.ended
    assert all(map(yard.new, yard.olds))


def _halt(house: House, *, halted: bool) -> None:
    """Stop the service of the account, as for unpaid bills, or let it go on."""
    house.cloud.switch(evolve(house.cloud.switches, service_halted=halted))
