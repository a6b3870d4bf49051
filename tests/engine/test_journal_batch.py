"""Who waits for a batch, and in which turns they go on."""

from __future__ import annotations

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


async def test_nobody_is_left_asleep() -> None:
    """Whoever wakes the others may be cancelled on the way."""
    batch = Batch([request()])
    overs = [batch.join(request()) for _ in range(2 * WOKEN)]
    with anyio.CancelScope() as scope:
        scope.cancel()
        await batch.tell()

    assert all(over.is_set() for over in overs)
