"""What a rollout did, told again."""

from __future__ import annotations

import anyio
from tests.fleet.yard import RUN, Yard

from esa_flows.cli.rollouts.kinds import outline_of
from esa_flows.cli.rollouts.recall import Recall
from esa_flows.engine.observe import Moment


async def test_each_thing_is_told_once_and_runs_that_ended_are_read_no_more() -> None:
    """In the order of time, the rollout's own things after its routines'."""
    yard = Yard(canary="50:60s,100")
    yard.live("shop", "cart")
    recall = Recall()
    async with yard.house.client() as client, anyio.create_task_group() as group:
        order = await yard.order(client, ("shop",), ("cart",), bake="30s")
        group.start_soon(yard.run, client, order)
        await anyio.sleep(10)
        first = await recall.news(client, await client.runs.get(RUN))
        none = await recall.news(client, await client.runs.get(RUN))
        await anyio.sleep(200)
        view = await client.runs.get(RUN)
        then = await recall.news(client, view)

    assert ("run.started", RUN) == (first[0].moment.value, first[0].run)
    assert [] == none
    assert Moment.RUN_ENDED is then[-1].moment
    assert [told.at for told in first + then] == sorted(t.at for t in first + then)
    assert ("shop", "cart") == tuple(w.routines[0] for w in outline_of(view).waves)
    assert repr(recall).startswith("<Recall of ")
