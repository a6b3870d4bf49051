"""Looking at a routine."""

from __future__ import annotations

import pytest
from tests.dcdn_house import DcdnHouse
from tests.house import NEW, House
from tests.steps.bench import SHOP, perform

from esa_flows.errors import RoutineNotFound
from esa_flows.steps.observe import look, observe, recall


async def test_a_world_is_what_serves_and_what_there_is() -> None:
    """Two calls give both, with the versions newest first."""
    with House() as house:
        live = house.live(versions=3)
        async with house.client() as client:
            world = await perform(client, observe, SHOP)

        assert {live} == world.routine.live
        assert house.versions() == tuple(v.id for v in reversed(world.versions))
        assert set(house.versions()) == world.ids
        assert ["observe", "list"] == house.transport.calls


async def test_what_is_known_is_not_listed() -> None:
    """What the release before wrote down is enough where it left things so."""
    with House() as house:
        house.live(versions=3)
        async with house.client() as client:
            await client.release("shop", NEW)
            house.transport.forget()
            # A run about no routine: the release stays the last one about this.
            world = await perform(client, recall, SHOP)
            listed = await perform(client, observe, SHOP)

        assert 1 == world.age
        assert 0 == listed.age
        assert world.ids == listed.ids
        assert world.routine == listed.routine
        assert ["observe", "observe", "list"] == house.transport.calls


async def test_without_ids_of_deployments_nothing_is_known() -> None:
    """On DCDN nobody can tell whether somebody published meanwhile."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)
            world = await perform(client, recall, SHOP)

        assert 0 == world.age


async def test_a_look_is_one_call() -> None:
    """Around a change only what serves counts."""
    with House() as house:
        live = house.live()
        async with house.client() as client:
            routine = await perform(client, look, SHOP)

        assert {live} == routine.live
        assert ["observe"] == house.transport.calls


async def test_a_routine_that_is_not_there_is_an_answer() -> None:
    """It is not tried again."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(RoutineNotFound):
                await perform(client, observe, SHOP)

        assert ["observe"] == house.transport.calls
