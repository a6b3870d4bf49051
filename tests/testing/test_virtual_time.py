"""The clock that jumps."""

from __future__ import annotations

import asyncio
import time

import anyio
import pytest

from esa_flows.testing import virtual_backend


@pytest.mark.parametrize("name", ["asyncio", "trio"])
def test_days_pass_in_no_time(name: str) -> None:
    """The clock jumps when everybody sleeps."""

    async def sleep() -> float:
        """Sleep."""
        start = anyio.current_time()
        await anyio.sleep(7 * 86_400)
        return anyio.current_time() - start

    backend, options = virtual_backend(name)
    began = time.perf_counter()
    slept = anyio.run(sleep, backend=backend, backend_options=options)

    assert slept == pytest.approx(7 * 86_400)
    assert time.perf_counter() - began < 3600


async def test_sleepers_wake_in_order() -> None:
    """Whoever sleeps less wakes first, at the right time."""
    woken: list[tuple[int, float]] = []
    start = anyio.current_time()

    async def sleep(seconds: int) -> None:
        """Sleep."""
        await anyio.sleep(seconds)
        woken.append((seconds, round(anyio.current_time() - start, 6)))

    async with anyio.create_task_group() as tasks:
        for seconds in (30, 10, 20):
            tasks.start_soon(sleep, seconds)

    assert woken == [(10, 10.0), (20, 20.0), (30, 30.0)]


def test_the_loops_own_threads_are_waited_for() -> None:
    """Closing the loop gives up on no thread, though virtual seconds pass at once."""
    ended: list[str] = []

    def work() -> None:
        """Take real time."""
        time.sleep(0.2)
        ended.append("work")

    async def leave_it_behind() -> None:
        """Begin work in a thread and do not wait for it."""
        asyncio.get_running_loop().run_in_executor(None, work)

    backend, options = virtual_backend("asyncio")
    anyio.run(leave_it_behind, backend=backend, backend_options=options)

    assert ended == ["work"]
