"""The run that takes all routines of a fleet back."""

from __future__ import annotations

import anyio
import pytest
from attrs import evolve
from tests.fleet.yard import ends, rollout_of
from tests.house import NEW, OLD, House

from esa_flows.engine.observe import Happening, Moment
from esa_flows.fleet.account import Account
from esa_flows.fleet.fallback import Fallback, fallback, fallback_of, way_back_in
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.report import Ended, RoutineEnd
from esa_flows.fleet.way_back import Return, WayBack, pace_in
from esa_flows.localcloud import Fault
from esa_flows.model import Cloud, RoutineId, RoutineName, Split, VersionId
from esa_flows.release.spec import Rollback

NAMES = ("aa", "bb", "cc")
ONE = VersionId("1772366400000000001")
TWO = VersionId("1772366400000000002")


async def _house() -> tuple[House, dict[str, str]]:
    house = House()
    olds = {name: house.live(name, OLD) for name in NAMES}
    async with house.client() as client:
        for name in NAMES:
            await client.release(name, NEW)

    return house, olds


def _back(house: House, olds: dict[str, str]) -> list[bool]:
    return [{old: 100} == house.serves(name) for name, old in olds.items()]


def test_what_is_done_is_what_was_planned() -> None:
    """To that version, from what was seen, in that account."""
    going = Return(
        routine=RoutineId("eu/shop"),
        serves=Split.whole(TWO),
        to=Split.whole(ONE),
        calls=4,
    )
    plan = WayBack(name="spring", returns=(going,), pace=Pace())

    found = fallback_of(plan, Cloud.DCDN)

    assert found == Fallback(
        name="spring",
        routines=(
            Rollback(
                routine=RoutineName("shop"),
                to=ONE,
                seen=Split.whole(TWO),
                cloud=Cloud.DCDN,
                account="eu",
            ),
        ),
    )
    assert () == fallback_of(evolve(plan, returns=()), Cloud.ESA).routines


def test_only_accounts_that_something_goes_back_in_are_needed() -> None:
    """A resume asks for no credential of another one; the plan can be read again."""
    going = Return(
        routine=RoutineId("eu/shop"),
        serves=Split.whole(TWO),
        to=Split.whole(ONE),
        calls=4,
        first=4,
    )
    accounts = {"eu": Account(calls_per_second=5), "us": Account()}
    pace = pace_in(accounts, Pace())
    plan = WayBack(name="spring", returns=(going,), pace=pace, accounts=accounts)

    found = fallback_of(plan, Cloud.ESA)
    again = way_back_in(found, Pace())

    assert {"eu": accounts["eu"]} == found.accounts
    assert (plan.returns, plan.minimum_time) == (again.returns, again.minimum_time)
    assert 5 == again.pace.at("eu").calls


@pytest.mark.parametrize("steps", [1, 3, 6, 9, 12])
async def test_cut_in_the_middle_it_is_gone_on_with(steps: int) -> None:
    """Wherever its process dies, every routine is back in the end."""
    house, olds = await _house()
    left = iter(range(steps))
    with house:
        async with house.client() as client:
            with anyio.CancelScope() as scope:

                def cut(_: Happening) -> None:
                    """Die with one of the first things that are told."""
                    if next(left, None) is None:
                        scope.cancel()

                await client.rollback_fleet(rollout_of(*NAMES), observer=cut)

        async with house.client() as client:
            (view,) = [v for v in await client.runs.list() if v.run.flow == "fallback"]
            report = await client.resume(view.run.id)

    assert Ended.ROLLED_BACK is report.ended
    assert [True] * 3 == _back(house, olds)


async def test_an_abort_stops_it_where_it_is() -> None:
    """There is no way back from the way back; what is back stays, and is told."""
    house, olds = await _house()
    asked = anyio.Event()

    def ask(happening: Happening) -> None:
        """Ask as soon as one of them has ended."""
        if happening.moment is Moment.RUN_ENDED and "." in happening.run:
            asked.set()

    house.cloud.inject(
        Fault(
            operation="CreateRoutineCodeDeployment",
            kind="slow",
            routine="cc",
            seconds=30.0,
            executed=True,
        )
    )
    with house:
        async with house.client() as client, anyio.create_task_group() as tasks:

            async def abort() -> None:
                """Ask the run that is under way to stop."""
                await asked.wait()
                rows = await client.runs.unfinished("")
                heads = [row.run.id for row in rows if row.run.flow == "fallback"]
                await client.runs.ask_to_abort(heads[0])

            tasks.start_soon(abort)
            report = await client.rollback_fleet(rollout_of(*NAMES), observer=ask)

    told = ends(report)
    assert report.was_aborted
    assert {RoutineEnd.TAKEN_BACK, RoutineEnd.NOT_BEGUN} >= set(told.values())
    assert [told[name] is RoutineEnd.TAKEN_BACK for name in NAMES] == _back(house, olds)


async def test_a_version_that_is_gone_is_told_by_its_routine_alone() -> None:
    """Deleted and never saved: the others go back."""
    house, olds = await _house()
    house.cloud.console.delete_version("bb", olds["bb"])
    with house:
        async with house.client() as client:
            report = await client.rollback_fleet(rollout_of(*NAMES))

    told = {str(each.routine): each for each in report.routines}["bb"]
    assert RoutineEnd.FAILED is told.end
    assert "is gone, and nothing of it was saved" in told.reason
    assert told.before == told.production
    assert [True, False, True] == _back(house, olds)


async def test_what_is_back_already_is_left_as_it_is() -> None:
    """And counts as back."""
    house, olds = await _house()
    new = house.serves("aa")
    with house:
        async with house.client() as client:
            plan = await client.plan_rollback(rollout_of(*NAMES))
            await client.rollback("aa")
            report = await client.rollback_fleet(plan)

    assert new != house.serves("aa")
    assert RoutineEnd.UNCHANGED is ends(report)["aa"]
    assert Ended.ROLLED_BACK is report.ended
    assert [True] * 3 == _back(house, olds)


async def test_one_that_was_not_begun_is_told() -> None:
    """It serves what it served."""
    house, _ = await _house()
    wanted = Fallback(
        routines=(Rollback(routine=RoutineName("aa"), to=ONE, seen=Split.whole(TWO)),),
    )
    async with house.client() as client:
        with anyio.CancelScope() as scope:
            await client.run(
                fallback, wanted, run_id="back", observer=lambda _: scope.cancel()
            )

        await client.runs.ask_to_abort("back")
        report = await client.resume("back")

    assert [(RoutineEnd.NOT_BEGUN, Split.whole(TWO))] == [
        (each.end, each.production) for each in report.routines
    ]
    assert "A person asked it to stop." == report.reason
