"""A wait survives a restart: the journal holds the time to wake up."""

from __future__ import annotations

import datetime as dt

import anyio
import pytest
from tests.engine.desk import Desk, cut

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.engine.journal import Kind, Record
from esa_flows.errors import JournalUnavailable


@flow
async def bakes(ctx: Context, name: str) -> float:
    """Wait ten minutes; tell how long it took."""
    began = anyio.current_time()
    await ctx.sleep("10m", key="bake")
    return round(anyio.current_time() - began)


async def _die_in_the_bake(desk: Desk, after: float) -> None:
    with anyio.move_on_after(after):
        await desk.start(bakes)

    desk.journal = cut(desk.journal, 2)


async def test_a_wait_is_as_long_as_it_says() -> None:
    """One row when it begins, with the time to wake up; one when it ends."""
    desk = Desk()

    assert await desk.start(bakes) == 600
    slept, outcome = (await desk.rows())[1:3]
    wake = dt.datetime.fromisoformat(slept.data["wake"])
    assert abs(wake - slept.record.at - dt.timedelta(minutes=10)).total_seconds() < 0.1
    assert outcome.data["seconds"] == 600


async def test_a_resumed_wait_takes_what_is_left() -> None:
    """The time to wake up stands; the time between the processes counts."""
    desk = Desk()
    await _die_in_the_bake(desk, after=120)
    await anyio.sleep(60)

    assert await desk.resume(bakes) == 420
    assert [k for k in await desk.lines() if k.startswith("slept")] == [
        "slept sleep[bake]#1"
    ]


async def test_a_wait_that_is_over_is_not_waited_again() -> None:
    """Resumed after its end, or after its outcome, a wait takes no time."""
    desk = Desk()
    await _die_in_the_bake(desk, after=120)
    await anyio.sleep(3600)

    assert await desk.resume(bakes) == 0
    desk.journal = cut(desk.journal, len(await desk.rows()) - 1)
    assert await desk.resume(bakes) == 0


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
async def test_a_jump_of_the_wall_clock_changes_no_wait_of_a_living_process(
    jump: float,
) -> None:
    """Set back or forth during the wait: it lasts as long as it was to last."""
    desk = Desk()

    async def set_clock() -> None:
        """Set the wall clock."""
        await anyio.sleep(300)
        desk.skew += jump

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(set_clock)
        assert await desk.start(bakes) == 600


async def test_a_clock_set_back_lengthens_a_resumed_wait() -> None:
    """Between two processes a backward jump only delays; never exposes early."""
    desk = Desk()
    await _die_in_the_bake(desk, after=120)
    desk.skew = -300.0

    assert await desk.resume(bakes) == 780


@flow
async def sleeps_stubbornly(ctx: Context, name: str) -> str:
    """Catch whatever a wait raises."""
    try:
        await ctx.sleep("10m", key="bake")
    except JournalUnavailable:
        return "went on"

    return "slept"


async def test_a_wait_that_cannot_be_recorded_stops_the_run() -> None:
    """The flow does not meet it: the run stops past its handlers."""
    desk = Desk()

    def refuse(record: Record) -> None:
        """Write no time to wake up."""
        if record.kind is Kind.SLEPT:
            raise JournalUnavailable("The disk is full.")

    desk.journal.fail = refuse
    with pytest.raises(JournalUnavailable, match="The disk is full"):
        await desk.start(sleeps_stubbornly)

    desk.journal.fail = lambda _: None
    assert await desk.resume(sleeps_stubbornly) == "slept"
