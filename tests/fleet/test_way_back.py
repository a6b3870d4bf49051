"""What goes back, known before anything is sent."""

from __future__ import annotations

import anyio
import pytest
from attrs import evolve
from tests.fleet.yard import RUN, Yard

from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.way_back import Return, WayBack
from esa_flows.model import Duration, RoutineId, Split, VersionId

OLD = Split.whole(VersionId("1772366400000000001"))
ONE = Return(routine=RoutineId("aa"), to=OLD, calls=6, first=3)


def _plan(*returns: Return) -> WayBack:
    return WayBack(name="spring", returns=returns, pace=Pace(calls=100, latency=0.08))


@pytest.mark.parametrize(
    ("size", "calls", "first", "every"),
    [
        (0, 0, 0.0, 0.0),
        (1, 6, 0.24, 0.48),
        (40, 240, 0.296, 1.592),
        (1000, 6000, 31.4, 63.8),
    ],
)
def test_production_of_all_goes_first(
    size: int, calls: int, first: float, every: float
) -> None:
    """Its time is told apart from that of staging, which comes after."""
    plan = _plan(*[ONE] * size)

    assert calls == plan.calls
    assert first == pytest.approx(plan.production_time.seconds, rel=0.01)
    assert every == pytest.approx(plan.minimum_time.seconds, rel=0.01)


def test_what_only_staging_serves_takes_no_time_of_production() -> None:
    """It was ready and never exposed."""
    plan = _plan(evolve(ONE, to=None, calls=3, first=0))

    assert Duration(0) == plan.production_time
    assert 3 == plan.calls


async def test_what_was_ready_goes_back_in_staging_alone() -> None:
    """No visitor ever saw it."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        with anyio.move_on_after(60):
            await yard.run(client, await yard.order(client, ["aa", "bb"]))

        await client.abort(RUN, keep=True)
        plan = await client.plan_undo(RUN)

    (staged,) = plan.returns
    assert (None, 3) == (staged.to, staged.calls)
    assert yard.olds[staged.routine] == str(staged.serves and staged.serves.majority)
    assert 1 == len(plan.unfinished)
