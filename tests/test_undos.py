"""What a journal knows of a rollout, for its way back."""

from __future__ import annotations

import anyio
import pytest

from esa_flows.errors import InvalidInput
from esa_flows.undos import undo_from
from tests.dcdn_house import DcdnHouse
from tests.fleet.yard import RUN, Yard, rollout_of
from tests.house import OTHER


async def test_a_rollout_that_has_not_ended_is_aborted_instead() -> None:
    """The sentence says how."""
    yard = Yard(canary="10:5m,100")
    yard.live("aa")
    async with yard.house.client() as client:
        with anyio.move_on_after(60):
            await yard.run(client, await yard.order(client, ["aa"]))

        with pytest.raises(InvalidInput, match="has not ended") as caught:
            await undo_from(client.runs, RUN)

    assert f"Take all of it back with: esa-flows abort {RUN}" == caught.value.next_move


async def test_it_gives_the_routines_that_were_released_in_their_waves() -> None:
    """With how far each came, which its own run has recorded."""
    yard = Yard(bad=("bb",))
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        await yard.run(client, await yard.order(client, ["aa"], ["bb"], fleet=1))
        wanted = await undo_from(client.runs, RUN)

    assert [["aa"]] == [[t.name for t in wave.tasks] for wave in wanted.order.waves]
    assert ["aa"] == [leg.report.routine for leg in wanted.legs]


async def test_a_rollout_of_the_other_cloud_is_refused() -> None:
    """Its routines may have namesakes here."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            started = await client.start(rollout_of("shop", canary="production"))
            await started.result()

        async with house.client(cloud="esa") as other:
            with pytest.raises(InvalidInput, match="was begun on dcdn; this is esa"):
                await undo_from(other.runs, started.id)


async def test_what_stays_on_dcdn_is_told_with_its_cloud() -> None:
    """The command that takes it back needs it."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            started = await client.start(rollout_of("shop", canary="production"))
            await started.result()
            await client.release("shop", OTHER, canary="production")
            wanted = await undo_from(client.runs, started.id)

    assert () == wanted.legs
    assert wanted.order.others[0].next_move.endswith("rollback shop --cloud dcdn")
