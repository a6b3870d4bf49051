"""A release in legs: made ready, exposed, taken back, each on its own."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.house import NEW, OTHER, House

from esa_flows import Client, Outcome
from esa_flows.engine.codec import decode, encode
from esa_flows.engine.flow import Flow
from esa_flows.files import digest_of
from esa_flows.intake import release_of
from esa_flows.model import Duration, Environment, Routine, RoutineName
from esa_flows.release.legs import (
    Exposing,
    Leg,
    Setting,
    TakingBack,
    expose,
    prepare,
    ship,
    take_back,
)
from esa_flows.release.spec import Release, Restart
from esa_flows.steps.find_backup import Missing

STAGING, PRODUCTION = Environment


async def _wanted(client: Client, **choices: Any) -> Release:
    return await release_of(client.connection, "shop", NEW, **choices)


def _exposing(wanted: Release, ready: Leg) -> Exposing:
    assert ready.report.version
    return Exposing(release=wanted, leg=ready, version=ready.report.version)


async def _do(client: Client, flow: Flow[Any, Leg], value: Any) -> Leg:
    return await client.run(flow, value, subject="shop")


async def test_made_ready_and_exposed_as_two_runs() -> None:
    """Nothing reaches visitors before the second; a look comes first there."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            wanted = await _wanted(client, canary="10:5m,100")
            ready = await _do(client, prepare, Setting(release=wanted))

            assert Outcome.PREPARED is ready.report.outcome
            assert {old: 100} == house.serves()
            assert [ready.report.version] == list(house.serves(env="staging"))

            house.transport.forget()
            done = await _do(client, expose, _exposing(wanted, ready))

        assert Outcome.RELEASED is done.report.outcome
        assert {done.report.version: 100} == house.serves()
        assert [
            "observe",
            "deploy production 10+90",
            "observe",
            "observe",
            "deploy production 100",
            "observe",
        ] == house.transport.calls
        assert 300 <= done.seconds < 310


async def test_a_leg_travels_through_the_journal() -> None:
    """As every value does, and is the same there."""
    with House() as house:
        house.live()
        async with house.client() as client:
            ready = await _do(client, prepare, Setting(release=await _wanted(client)))

    assert ready == decode(encode(ready), Leg)
    assert {STAGING} == set(ready.asked)


async def test_all_at_once_and_taken_back() -> None:
    """Production first, by itself; then staging. Nothing else is touched."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            done = await _do(client, ship, Setting(release=await _wanted(client)))
            new = done.report.version
            house.transport.forget()
            back = TakingBack(leg=done, environment=PRODUCTION, why="No good.")
            left = await _do(client, take_back, back)

            assert Outcome.ABORTED is left.report.outcome
            assert ({old: 100}, {new: 100}) == (
                house.serves(),
                house.serves(env="staging"),
            )
            assert ["observe", "deploy production 100", "observe"] == [
                *house.transport.calls
            ]

            await _do(client, take_back, evolve(back, environment=STAGING))

        assert {old: 100} == house.serves(env="staging")


async def test_what_others_deployed_is_not_taken_back() -> None:
    """It is a conflict, and stays."""
    with House() as house:
        house.live()
        async with house.client() as client:
            done = await _do(client, ship, Setting(release=await _wanted(client)))
            theirs = house.cloud.console.add_version("shop", OTHER, "theirs")
            house.deploy({theirs: 100})
            back = TakingBack(leg=done, environment=PRODUCTION, why="No good.")
            left = await _do(client, take_back, back)

        assert Outcome.CONFLICT is left.report.outcome
        assert {theirs: 100} == house.serves()


async def test_a_version_that_was_deleted_meanwhile_is_made_again() -> None:
    """The way back knows what it held, as that of a release does."""
    house = House()  # the judge minds that a version that is gone is asked for
    old = house.live()
    async with house.client() as client:
        first = await client.release("shop", OTHER)
        done = await _do(client, ship, Setting(release=await _wanted(client)))
        house.cloud.console.delete_version("shop", str(first.version))
        back = TakingBack(leg=done, environment=PRODUCTION, why="No good.")
        left = await _do(client, take_back, back)

    assert Outcome.ABORTED is left.report.outcome
    (serving,) = house.serves()
    assert digest_of(OTHER) == house.digest(serving)
    assert serving not in {old, first.version}


async def test_an_exposure_meets_what_others_deployed_in_between() -> None:
    """Ready is not served: nothing of theirs is changed."""
    with House() as house:
        house.live()
        async with house.client() as client:
            wanted = await _wanted(client)
            ready = await _do(client, prepare, Setting(release=wanted))
            theirs = house.cloud.console.add_version("shop", OTHER, "theirs")
            house.deploy({theirs: 100})
            done = await _do(client, expose, _exposing(wanted, ready))

        assert Outcome.CONFLICT is done.report.outcome
        assert {theirs: 100} == house.serves()


@pytest.mark.parametrize("flow", [prepare, ship], ids=["prepare", "ship"])
async def test_a_world_that_is_not_as_planned_is_a_conflict(
    flow: Flow[Setting, Leg],
) -> None:
    """Before anything is sent but a look."""
    with House() as house:
        old = house.live()
        before = Routine(name="shop")
        async with house.client() as client:
            wanted = await _wanted(client)
            house.transport.forget()
            planned = Setting(release=wanted, is_planned=True, before=before)
            left = await _do(client, flow, planned)

        assert Outcome.CONFLICT is left.report.outcome
        assert f"serves {old} 100 %; the plan began at nothing." in left.report.reason
        assert ["observe", "list"] == house.transport.calls


async def test_what_this_plan_did_already_is_no_conflict() -> None:
    """Carried out again it finds its own content, which is unchanged."""
    with House() as house:
        house.live()
        async with house.client() as client:
            wanted = await _wanted(client)
            before = await client.connection.cloud.observe(wanted.routine)
            planned = Setting(release=wanted, is_planned=True, before=before)
            await _do(client, ship, planned)
            again = await _do(client, prepare, planned)

        assert Outcome.UNCHANGED is again.report.outcome


async def test_a_restart_finds_its_place_by_itself() -> None:
    """What was planned is where it began, not what must serve now."""
    with House() as house:
        house.live()
        async with house.client() as client:
            wanted = await _wanted(client)
            before = await client.connection.cloud.observe(wanted.routine)
            planned = Setting(release=wanted, is_planned=True, before=before)
            await _do(client, ship, planned)
            restart = Restart(before=before, settle=Duration(1))
            again = evolve(planned, release=evolve(wanted, restart=restart))
            done = await _do(client, ship, again)

        assert done.report.is_good


async def test_what_a_leg_made_is_found_again() -> None:
    """Its run says under which digest the version is kept."""
    with House() as house:
        house.live()
        async with house.client() as client:
            done = await _do(client, ship, Setting(release=await _wanted(client)))
            version = done.report.version
            assert version
            missing = Missing(routine=RoutineName("shop"), version=version)
            found = await client.connection.archive.find(missing)

    assert found
    assert digest_of(NEW) == found.bundle.digest
