"""Events on their way out, which never hold up a run."""

from __future__ import annotations

import anyio
import pytest
from tests.cli.reports import happening
from tests.events.places import Slow

from esa_flows.engine.observe import Moment
from esa_flows.events import EventLog

TOLD = happening(Moment.STEP_STARTED, "observe#1")


async def test_lines_are_written_in_order_and_in_batches() -> None:
    """What waits goes together; the end waits for all of it."""
    place = Slow(seconds=1.0)
    log = EventLog(place)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.write)
        log(TOLD)
        await anyio.sleep(0.5)
        for _ in range(9):
            log(TOLD)

        await log.finish()

    assert [*range(1, 11)] == place.numbers
    assert 2 == len(place.written)
    assert (0, None, True) == (log.lost, log.trouble, place.is_closed)


async def test_a_slow_place_costs_lines_and_no_time() -> None:
    """A full queue drops what comes; the numbers show the gap."""
    place = Slow(seconds=2.0)
    log = EventLog(place, most=3)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.write)
        began = anyio.current_time()
        for _ in range(10):
            log(TOLD)

        assert began == anyio.current_time()
        await anyio.sleep(3)
        log(TOLD)
        await log.finish()

    assert [1, 2, 3, 11] == place.numbers
    assert 7 == log.lost


async def test_a_place_that_stands_still_is_not_waited_for() -> None:
    """The end comes after five seconds; what waits is counted as lost."""
    place = Slow(seconds=1e6)
    log = EventLog(place)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.write)
        for _ in range(4):
            log(TOLD)

        await anyio.sleep(1)
        log(TOLD)
        began = anyio.current_time()
        await log.finish()

        assert 5.0 == pytest.approx(anyio.current_time() - began)
        assert "<EventLog <Teller, 5 told>, 1 waiting, 1 lost>" == repr(log)
        tasks.cancel_scope.cancel()

    assert not place.is_closed


async def test_a_place_that_breaks_is_left_alone() -> None:
    """A reader that leaves ends nothing: later lines are counted, no more."""
    place = Slow(trouble=BrokenPipeError(32, "Broken pipe"))
    log = EventLog(place)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.write)
        log(TOLD)
        await anyio.sleep(1)
        log(TOLD)
        await log.finish()

    assert (2, place.trouble) == (log.lost, log.trouble)
    assert place.is_closed
