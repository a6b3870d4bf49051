"""Who waits for a batch, and in which turns they go on."""

from __future__ import annotations

import asyncio

import anyio
import anyio.lowlevel

from esa_flows.engine.journal_batch import WOKEN, Batch
from esa_flows.engine.journal_request import Request


def request() -> Request[None]:
    """Ask for nothing."""
    return Request(lambda _: None, writes=True)


def test_a_few_wait_together() -> None:
    """The first of a batch leads it and waits for nobody."""
    batch = Batch([request()])
    overs = [batch.join(request()) for _ in range(2 * WOKEN + 1)]

    assert 2 * WOKEN + 2 == len(batch.requests)
    assert [WOKEN, WOKEN, 1] == [overs.count(over) for over in batch.overs]


async def test_they_go_on_in_turns() -> None:
    """Between two groups everybody else has a turn; at last all are awake."""
    batch = Batch([request()])
    overs = [batch.join(request()) for _ in range(4 * WOKEN)]
    seen: list[int] = []

    async def watch() -> None:
        """Note how many have woken, turn by turn."""
        while not overs[-1].is_set():
            seen.append(sum(over.is_set() for over in overs))
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        await anyio.lowlevel.checkpoint()
        await batch.tell()

    assert any(0 < awake < 4 * WOKEN for awake in seen)


def test_nobody_is_left_asleep() -> None:
    """Whoever was to wake the others in turns may have been cancelled on the way."""
    batch = Batch([request()])
    overs = [batch.join(request()) for _ in range(2 * WOKEN)]
    batch.wake()

    assert all(over.is_set() for over in overs)


async def test_a_cancelled_task_waits_to_the_end() -> None:
    """It learns what became of its request, and is cancelled where it next waits."""
    batch, learned = Batch([request()], departed=True), list[bool]()

    async def ask() -> None:
        """Wait for the end of the batch."""
        await batch.over(request())
        learned.append(batch.served)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await anyio.sleep(1)
            batch.served = True
            batch.wake()

    assert [True] == learned
    assert tasks.cancel_scope.cancel_called


async def test_who_is_cancelled_in_time_takes_the_request_back() -> None:
    """What nobody has begun to serve is not served: none of it, not a part."""
    batch, kept = Batch([request()]), request()
    with anyio.move_on_after(1) as scope:
        await batch.over(kept)

    assert scope.cancelled_caught
    assert kept not in batch.requests
    assert 1 == len(batch.requests)


def test_a_hosts_own_cancellation_passes() -> None:
    """What is no scope's passes through shields, and is not held up here either."""

    async def main() -> None:
        """Cancel a task by the loop's own means."""
        batch = Batch([request()])
        task = asyncio.create_task(batch.over(request()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

        assert task.cancelled()

    asyncio.run(main())
