"""Deleting a routine: looked at right before, looked for after a lost answer."""

from __future__ import annotations

from typing import Any

import pytest
from tests.house import OTHER, House
from tests.steps.bench import SHOP, perform

from esa_flows import Client
from esa_flows.errors import Conflict, InUse, RoutineNotFound
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Split, VersionId
from esa_flows.model.routine import Deployment, Routine
from esa_flows.steps.delete_routine import (
    Deleted,
    DeleteRoutine,
    delete_routine,
    serves_still,
)

GONE = Deleted(routine=SHOP)


def stored(house: House) -> DeleteRoutine:
    """Make a routine that serves nothing; give what may be lost of it."""
    version = house.cloud.console.add_version("shop", OTHER)
    return DeleteRoutine(routine=SHOP, known=(VersionId(version),))


async def delete(client: Client, wanted: DeleteRoutine) -> Any:
    """Do the step alone."""
    return await perform(client, delete_routine, wanted)


async def test_looked_at_and_deleted_in_this_order() -> None:
    """What serves is looked at right before the delete."""
    with House() as house:
        wanted = stored(house)
        async with house.client() as client:
            gone = await delete(client, wanted)
            with pytest.raises(RoutineNotFound):
                await client.versions("shop")

        assert GONE == gone
        assert ["list", "observe", "gone"] == house.transport.calls[:3]


async def test_what_serves_production_stays() -> None:
    """Somebody deployed it meanwhile."""
    with House() as house:
        wanted = DeleteRoutine(routine=SHOP, known=(VersionId(house.live()),))
        async with house.client() as client:
            with pytest.raises(Conflict, match=r"serves production.* Nothing was del"):
                await delete(client, wanted)

        assert "gone" not in house.transport.calls


async def test_what_serves_goes_where_that_was_said() -> None:
    """By whoever answers for it, if the provider does it."""
    with House(switches=Switches(delete_guard=False)) as house:
        known = (VersionId(house.live()),)
        wanted = DeleteRoutine(routine=SHOP, known=known, while_serving=True)
        async with house.client() as client:
            assert GONE == await delete(client, wanted)


async def test_the_provider_s_refusal_is_an_answer() -> None:
    """It is still there."""
    with House() as house:
        known = (VersionId(house.live()),)
        wanted = DeleteRoutine(routine=SHOP, known=known, while_serving=True)
        async with house.client() as client:
            with pytest.raises(InUse):
                await delete(client, wanted)

            assert known[0] in (await client.versions("shop")).ids


async def test_a_version_that_was_not_saved_stays() -> None:
    """Somebody made it meanwhile: nothing is deleted."""
    with House() as house:
        wanted = stored(house)
        newer = house.cloud.console.add_version("shop", OTHER)
        async with house.client() as client:
            with pytest.raises(Conflict, match=f"{newer} .* made after the others"):
                await delete(client, wanted)

        assert "gone" not in house.transport.calls


@pytest.mark.parametrize("before", ["list", "observe", "gone"])
async def test_what_is_gone_already_is_what_was_wanted(before: str) -> None:
    """Whenever somebody was quicker."""
    with House() as house:
        wanted = stored(house)
        state = house.cloud.world.state
        account = house.cloud.console.account
        house.transport.before(
            before, lambda: state.delete_routine(account, "shop", guard=False)
        )
        async with house.client() as client:
            assert GONE == await delete(client, wanted)


@pytest.mark.parametrize(("executed", "deletes"), [(True, 1), (False, 2)])
async def test_a_lost_answer_is_looked_up(*, executed: bool, deletes: int) -> None:
    """Absent: gone. Present: once more."""
    with House() as house:
        wanted = stored(house)
        house.cloud.inject(
            Fault(operation="DeleteRoutine", kind="lost", executed=executed)
        )
        async with house.client() as client:
            assert GONE == await delete(client, wanted)

        assert deletes == house.transport.calls.count("gone")


def test_what_serves_is_said() -> None:
    """Production alone: staging has no visitors."""
    one = Deployment(split=Split.whole(VersionId("17")))

    assert "" == serves_still(Routine(name=SHOP, staging=one))
    areas = {"presetCanaryJilin": VersionId("17"), "presetCanaryAnhui": None}
    assert "shop serves presetCanaryJilin." == serves_still(
        Routine(name=SHOP, areas=areas)
    )
    assert "shop serves production: 17 100 %." == serves_still(
        Routine(name=SHOP, production=one)
    )
