"""What the plan allows, and what is known where nobody may read it."""

from __future__ import annotations

import pytest
from tests.house import House, edited
from tests.steps.bench import SHOP, perform

from esa_flows.localcloud import Switches
from esa_flows.steps.read_quota import PlanQuota, read_quota


async def test_the_smallest_figure_of_any_plan_counts() -> None:
    """No operation says which plan a routine belongs to."""
    plans = [{"ErRoutineCodeVersionQuota": figure} for figure in ("20", "7", "-")]
    with House() as house:
        house.live()
        house.transport.edit("quota", edited(PlanInfo=plans))
        async with house.client() as client:
            found = await perform(client, read_quota, SHOP)

        assert PlanQuota(versions=7) == found


@pytest.mark.parametrize("figure", ["9" * 5000, "0", "-1", "nan", ""])
async def test_figures_that_are_none_say_nothing(figure: str) -> None:
    """An answer that tells no number is told as such, at once."""
    with House() as house:
        house.live()
        plan = {"ErRoutineCodeVersionQuota": figure}
        house.transport.edit("quota", edited(PlanInfo=[plan]))
        async with house.client() as client:
            found = await perform(client, read_quota, SHOP)

        assert found.versions is None
        assert found.why.endswith("no plan tells how many versions a routine may have")
        assert 1 == house.transport.calls.count("quota")


async def test_who_may_not_read_the_plan_gets_no_figure() -> None:
    """A missing right is told with the operation."""
    denied = frozenset({"esa:ListEdgeRoutinePlans"})
    with House(switches=Switches(denied=denied)) as house:
        house.live()
        async with house.client() as client:
            found = await perform(client, read_quota, SHOP)

        assert PlanQuota(why="not allowed to read it (ListEdgeRoutinePlans)") == found
