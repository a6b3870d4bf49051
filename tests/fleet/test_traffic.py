"""Who of a wave may go now."""

from __future__ import annotations

import anyio
from tests.fleet.yard import RUN, Yard
from tests.house import wall

from esa_flows.errors import InvalidInput
from esa_flows.fleet.course import Course
from esa_flows.fleet.traffic import Traffic


async def test_one_goes_and_the_others_wait_for_it() -> None:
    """Where none may fail, they go one after the other, in the order they came."""
    yard = Yard()
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa", "bb"])
        course, (wave,) = Course(run=RUN, order=order), order.waves
        traffic = Traffic.of(course, wave, prepared={}, exposed={}, now=wall)
        first, second = wave.tasks

        assert await traffic.enter(first)
        assert "<Traffic of wave 1 [1 exposed]>" == repr(traffic)
        with anyio.move_on_after(60) as waiting:
            await traffic.enter(second)

        assert waiting.cancelled_caught
        traffic.leave(first)
        assert await traffic.enter(second)


async def test_what_another_process_exposed_takes_its_place() -> None:
    """It needs no leave, and nobody else gets one."""
    yard = Yard()
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa", "bb"])
        course, (wave,) = Course(run=RUN, order=order), order.waves
        traffic = Traffic.of(
            course, wave, prepared={}, exposed={"bb": f"{RUN}.1"}, now=wall
        )
        first, second = wave.tasks
        with anyio.move_on_after(60) as waiting:
            await traffic.enter(first)

        assert waiting.cancelled_caught
        assert await traffic.enter(second)


async def test_nothing_new_is_made_ready_once_it_is_over() -> None:
    """But what was begun is gone on with, so that nothing is left half-done."""
    yard = Yard()
    yard.live("aa", "bb", "cc")
    async with yard.house.client() as client:
        order = await yard.order(client, ["aa", "bb", "cc"])
        course, (wave,) = Course(run=RUN, order=order), order.waves
        traffic = Traffic.of(
            course, wave, prepared={"bb": f"{RUN}.1"}, exposed={}, now=wall
        )
        course.take(wave.tasks[0].name, InvalidInput("It cannot be."))
        aa, bb, cc = wave.tasks

        assert [False, True, False] == [traffic.may_prepare(t) for t in (aa, bb, cc)]
        assert not await traffic.enter(cc)
        traffic.ready(cc)
        assert None is await traffic.leg_of(cc)
