"""Lanes, and the way back that goes before them all."""

from __future__ import annotations

import anyio
import pytest

from esa_flows.wire.lane import Lane, lane_for, way_back


def test_a_call_takes_the_lane_of_its_verb() -> None:
    """Away from the way back nothing is changed."""
    assert [lane_for(lane) for lane in Lane] == list(Lane)


def test_on_the_way_back_every_call_is_in_the_first_lane() -> None:
    """A list that a rollback needs goes first too; afterwards all is as before."""
    with way_back():
        inside = {lane_for(lane) for lane in Lane}

    assert inside == {Lane.ROLLBACK}
    assert lane_for(Lane.UPLOAD) is Lane.UPLOAD


def test_a_way_back_that_fails_is_left_all_the_same() -> None:
    """An error on the way does not put later calls into the first lane."""
    with pytest.raises(KeyError), way_back():
        raise KeyError

    assert lane_for(Lane.DEPLOY) is Lane.DEPLOY


async def test_child_tasks_inherit_the_way_back_and_others_do_not() -> None:
    """It belongs to a task and what it starts, not to the process."""
    seen: dict[str, Lane] = {}

    async def look(name: str) -> None:
        """Note the lane that a call would take."""
        await anyio.sleep(0.1)
        seen[name] = lane_for(Lane.DEPLOY)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look, "other")
        with way_back():
            async with anyio.create_task_group() as inner:
                inner.start_soon(look, "child")

    assert seen == {"other": Lane.DEPLOY, "child": Lane.ROLLBACK}
