"""Making a routine that is not there yet."""

from __future__ import annotations

import pytest
from tests.house import House
from tests.steps.bench import SHOP, perform

from esa_flows.errors import QuotaExceeded
from esa_flows.localcloud import Fault, Switches
from esa_flows.steps.create_routine import Created, create_routine


async def test_a_routine_is_made() -> None:
    """One call."""
    with House() as house:
        async with house.client() as client:
            made = await perform(client, create_routine, SHOP)

        assert Created(routine=SHOP) == made
        assert ["create"] == house.transport.calls
        assert "shop" in house.cloud.report().versions


async def test_one_that_is_there_by_now_is_what_was_wanted() -> None:
    """Somebody was quicker, perhaps we ourselves."""
    with House() as house:
        house.live()
        async with house.client() as client:
            made = await perform(client, create_routine, SHOP)

        assert Created(routine=SHOP) == made


async def test_a_lost_answer_is_looked_up_by_name() -> None:
    """It is there: it is not made again."""
    with House() as house:
        house.cloud.inject(Fault(operation="CreateRoutine", kind="lost"))
        async with house.client() as client:
            await perform(client, create_routine, SHOP)

        assert ["create", "observe"] == house.transport.calls


async def test_a_lost_call_is_made_again_when_it_surely_did_not_happen() -> None:
    """Not there for as long as it may take to appear."""
    with House() as house:
        house.cloud.inject(
            Fault(operation="CreateRoutine", kind="lost", executed=False)
        )
        async with house.client(settle="1s") as client:
            await perform(client, create_routine, SHOP)

        assert "create" == house.transport.calls[-1]
        assert 2 == house.transport.calls.count("create")


async def test_an_account_with_too_many_routines_is_told() -> None:
    """The quota of routines is not one that pruning versions helps."""
    with House(switches=Switches(routine_quota=0)) as house:
        async with house.client() as client:
            with pytest.raises(QuotaExceeded, match="one routine more"):
                await perform(client, create_routine, SHOP)
