"""Routines of a fleet taken back to what served before."""

from __future__ import annotations

import anyio
import pytest
from attrs import evolve

from esa_flows import Client, Member, Rollout
from esa_flows.engine.observe import Happening
from esa_flows.errors import Conflict, InvalidInput
from esa_flows.fleet.report import Ended, RoutineEnd
from esa_flows.fleet.way_back import WayBack
from tests.dcdn_house import DcdnHouse
from tests.fleet.yard import ends, rollout_of
from tests.house import NEW, OLD, OTHER, House

NAMES = ("aa", "bb", "cc")
FLEET = evolve(rollout_of(*NAMES), name="spring")
BACK = RoutineEnd.TAKEN_BACK


async def _house(*names: str) -> tuple[House, dict[str, str]]:
    """Give a house whose routines were released by us; and what they served before."""
    house = House()
    olds = {name: house.live(name, OLD) for name in names or NAMES}
    async with house.client() as client:
        for name in olds:
            await client.release(name, NEW)

    return house, olds


def _serves(house: House, olds: dict[str, str]) -> list[bool]:
    return [{old: 100} == house.serves(name) for name, old in olds.items()]


async def test_all_go_back_as_planned_whoever_released_them() -> None:
    """The calls are as planned; a person's single release is one like others."""
    house, olds = await _house()
    with house:
        async with house.client() as client:
            before = sum(house.cloud.report().calls.values())
            plan = await client.plan_rollback(FLEET)
            reads = sum(house.cloud.report().calls.values()) - before
            report = await client.rollback_fleet(plan)
            made = sum(house.cloud.report().calls.values()) - before - reads

    assert [True] * 3 == _serves(house, olds)
    assert ("spring", "", ()) == (plan.name, plan.run, plan.stays)
    assert list(olds.values()) == [str(e.to and e.to.majority) for e in plan.returns]
    assert all(each.serves != each.to for each in plan.returns)
    assert (6, plan.calls) == (reads, made)
    assert plan.production_time == plan.minimum_time
    assert Ended.ROLLED_BACK is report.ended
    assert dict.fromkeys(NAMES, BACK) == ends(report)
    assert all(each.before != each.production for each in report.routines)


async def test_only_those_of_a_label() -> None:
    """The others go on serving what is new."""
    house, olds = await _house("aa", "bb")
    members = [
        Member("aa", NEW, labels={"tier": "1"}),
        Member("bb", NEW, labels={"tier": "3"}),
    ]
    fleet = Rollout(members=members, only={"tier": "3"})
    with house:
        async with house.client() as client:
            report = await client.rollback_fleet(fleet)

    assert {"bb": BACK} == ends(report)
    assert [False, True] == _serves(house, olds)


async def test_a_pattern_means_the_whole_account() -> None:
    """As it does for a rollout."""
    house, olds = await _house()
    with house:
        async with house.client() as client:
            report = await client.rollback_fleet(Rollout(members=[Member("*", b"")]))

    assert dict.fromkeys(NAMES, BACK) == ends(report)
    assert [True] * 3 == _serves(house, olds)


async def test_what_cannot_go_back_stays_and_is_told_before() -> None:
    """One that is released just now, one whose past nobody knows, one there is not."""
    house, olds = await _house("aa", "bb")
    house.live("cc", OLD)
    fleet = rollout_of("aa", "bb", "cc", "no")
    with house:
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("bb", OTHER, canary="10:5m,100", run_id="later1")

            plan = await client.plan_rollback(fleet)
            report = await client.rollback_fleet(plan)

    told = {str(each.routine): each for each in plan.stays}
    assert ["aa"] == [each.routine for each in plan.returns]
    assert (RoutineEnd.CONFLICT, "Run later1 is at it, and has not ended.") == (
        told["bb"].end,
        told["bb"].reason,
    )
    assert "esa-flows abort later1" in told["bb"].next_move
    assert told["cc"].reason.startswith("Nothing says which version of cc served")
    assert RoutineEnd.REFUSED is told["cc"].end is told["no"].end
    assert Ended.PARTLY_ROLLED_BACK is report.ended
    assert "3 did not go back." == report.reason
    assert BACK is ends(report)["aa"]
    assert {olds["aa"]: 100} == house.serves("aa")


async def test_what_somebody_deployed_since_the_plan_stays() -> None:
    """A conflict of that routine alone."""
    house, olds = await _house("aa", "bb")
    with house:
        async with house.client() as client:
            plan = await client.plan_rollback(rollout_of("aa", "bb"))
            made = house.cloud.console.add_version("aa", OTHER, "theirs")
            house.cloud.console.deploy("aa", "production", {made: 100})
            report = await client.rollback_fleet(plan)

    assert {"aa": RoutineEnd.CONFLICT, "bb": BACK} == ends(report)
    assert {made: 100} == house.serves("aa")
    assert {olds["bb"]: 100} == house.serves("bb")
    assert "when its way back was planned it served" in report.routines[0].reason


async def _none(client: Client, *names: str) -> WayBack:
    return await client.plan_rollback(rollout_of(*names))


async def test_where_none_can_go_back_it_is_refused() -> None:
    """As a conflict where others are at them, else as what cannot be used."""
    house, _ = await _house("aa")
    house.live("cc", OLD)
    with house:
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("aa", OTHER, canary="10:5m,100", run_id="later1")

            house.transport.forget()
            with pytest.raises(Conflict, match=r"None of these 2 routines .* later1"):
                await client.rollback_fleet(await _none(client, "cc", "aa"))

            with pytest.raises(
                InvalidInput, match=r"It cannot go back\. cc: Nothing says"
            ):
                await client.rollback_fleet(await _none(client, "cc"))

        assert not [call for call in house.transport.calls if "deploy" in call]


async def _cut(house: House, fleet: Rollout, turns: int) -> None:
    """Begin a way back whose process dies after so many things were told."""
    left = iter(range(turns))
    async with house.client() as client:
        with anyio.CancelScope() as scope:

            def cut(_: Happening) -> None:
                """Die with the one that is too many."""
                if next(left, None) is None:
                    scope.cancel()

            await client.rollback_fleet(fleet, observer=cut)


async def _backs(client: Client) -> list[str]:
    views = await client.runs.list()
    return [view.run.id for view in views if view.run.flow == "fallback"]


@pytest.mark.parametrize("turns", [3, 9, 18, 24])
async def test_asked_again_it_is_joined(turns: int) -> None:
    """It is one run, and what is back already goes no further back."""
    house, olds = await _house()
    with house:
        await _cut(house, FLEET, turns)
        async with house.client() as client:
            plan = await client.plan_rollback(FLEET)
            report = await client.rollback_fleet(FLEET)
            (run,) = await _backs(client)

    assert (run, run) == (plan.joins, report.run)
    assert [*NAMES] == [each.routine for each in plan.returns]
    assert Ended.ROLLED_BACK is report.ended
    assert [True] * 3 == _serves(house, olds)


async def test_a_plan_from_before_it_began_joins_it_too() -> None:
    """Two people who were asked at once take it back once."""
    house, olds = await _house()
    with house:
        async with house.client() as client:
            plan = await client.plan_rollback(FLEET)
            await _cut(house, FLEET, 6)
            report = await client.rollback_fleet(plan)
            again = await client.plan_rollback(FLEET)
            runs = await _backs(client)

    assert ("", [report.run]) == (plan.joins, runs)
    assert "" == again.joins
    assert [True] * 3 == _serves(house, olds)


async def test_routines_of_another_way_back_are_held() -> None:
    """Those that are back would go further back; the others go."""
    house, olds = await _house()
    with house:
        await _cut(house, rollout_of("aa", "bb"), 12)
        async with house.client() as client:
            (run,) = await _backs(client)
            plan = await client.plan_rollback(FLEET)
            report = await client.rollback_fleet(plan)
            await client.resume(run)

    held = RoutineEnd.CONFLICT
    assert "" == plan.joins
    assert {"aa": held, "bb": held, "cc": BACK} == ends(report)
    assert {f"Run {run} is at it, and has not ended."} == {
        each.reason for each in plan.stays
    }
    assert [True] * 3 == _serves(house, olds)


async def test_routines_of_a_rollout_that_goes_back_are_held() -> None:
    """By the run that takes it back, though it means just the same routines."""
    house = House()
    for name in NAMES:
        house.live(name, OLD)

    with house:
        async with house.client() as client:
            report = await (await client.start(FLEET)).result()
            with anyio.CancelScope() as scope:
                await client.undo(report.run, observer=lambda _: scope.cancel())

            plan = await client.plan_rollback(FLEET)

    assert ((), "") == (plan.returns, plan.joins)
    assert all("esa-flows resume" in each.next_move for each in plan.stays)


async def test_a_way_back_of_the_other_cloud_holds_nothing() -> None:
    """Its routines are namesakes."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", OTHER, canary="production")
            with anyio.CancelScope() as scope:
                await client.rollback_fleet(
                    rollout_of("shop"), observer=lambda _: scope.cancel()
                )

            (run,) = await _backs(client)
            here = await client.plan_rollback(rollout_of("shop"))

        async with house.client(cloud="esa") as client:
            there = await client.plan_rollback(rollout_of("shop"))

    assert (run, "") == (here.joins, there.joins)
    assert RoutineEnd.REFUSED is there.stays[0].end


async def test_on_dcdn_every_area_goes_back() -> None:
    """As for a single routine."""
    with DcdnHouse() as house:
        old = house.live()
        async with house.client() as client:
            await client.release("shop", OTHER, canary="production")
            report = await client.rollback_fleet(rollout_of("shop"))

        assert Ended.ROLLED_BACK is report.ended
        assert {old: 100} == house.serves("shop")
