"""Waiting for one's turn, and the proof that the cap holds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from esa_flows.errors import InvalidInput
from esa_flows.testing import virtual_backend
from esa_flows.wire.cap import Cap, CapStatistics, Slot


class Server:
    """Counts arrivals and nothing else."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []

    def count(self) -> None:
        """Note that a call arrives now."""
        self.arrivals.append(anyio.current_time())

    def most_in_a_second(self) -> int:
        """Give the highest number of calls in any sliding second."""
        times = sorted(self.arrivals)
        most = start = 0
        for end, time in enumerate(times):
            while time - times[start] >= 1.0:
                start += 1

            most = max(most, end - start + 1)

        return most


async def answered(cap: Cap) -> None:
    """Spend one slot at once."""
    async with cap.slot() as slot:
        slot.answered()


async def together(*calls: Callable[[], Coroutine[Any, Any, None]]) -> float:
    """Start calls one after the other at once; give the seconds they took."""
    start = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(call)
            await checkpoint()

    return anyio.current_time() - start


async def test_a_burst_up_to_the_cap_does_not_wait() -> None:
    """The first N calls go at once."""
    cap = Cap(5)

    assert await together(*[lambda: answered(cap)] * 5) == 0.0


async def test_one_more_waits_a_period() -> None:
    """Call N + 1 leaves one period after the first answer."""
    cap = Cap(5)
    took = await together(*[lambda: answered(cap)] * 6)

    assert took == pytest.approx(1.002, abs=0.001)


async def test_turns_are_taken_in_order() -> None:
    """First come, first served."""
    cap = Cap(2)
    order: list[int] = []

    async def call(number: int) -> None:
        """Spend one slot."""
        async with cap.slot() as slot:
            order.append(number)
            slot.answered()

    async with anyio.create_task_group() as tasks:
        for number in range(9):
            tasks.start_soon(call, number)
            await checkpoint()

    assert list(range(9)) == order


async def test_an_unspent_slot_goes_to_the_next_at_once() -> None:
    """A request that never left costs nobody a turn."""
    cap = Cap(1)

    async def never_sent() -> None:
        """Give the slot back after a while."""
        async with cap.slot() as slot:
            await anyio.sleep(0.25)
            slot.not_sent()

    took = await together(never_sent, lambda: answered(cap))

    assert took == pytest.approx(0.25, abs=0.001)


async def test_a_slot_left_without_a_word_counts_as_unknown() -> None:
    """A lost call keeps its slot for the grace and a period."""
    cap = Cap(1, grace=2.0)

    async def lost() -> None:
        """Leave without a word."""
        async with cap.slot():
            pass

    took = await together(lost, lambda: answered(cap))

    assert took == pytest.approx(3.002, abs=0.001)
    assert cap.statistics().unknown == 1


async def test_the_leader_wakes_for_an_earlier_slot() -> None:
    """A slot that comes back meanwhile is used, not slept through."""
    cap = Cap(2, grace=30.0)

    async def lost() -> None:
        """Leave without a word."""
        async with cap.slot():
            pass

    async def late() -> None:
        """Answer after a while."""
        async with cap.slot() as slot:
            await anyio.sleep(0.5)
            slot.answered()

    took = await together(lost, late, lambda: answered(cap))

    assert took == pytest.approx(1.502, abs=0.001)


async def test_only_the_first_word_about_a_slot_counts() -> None:
    """A slot cannot come back twice."""
    cap = Cap(1)
    async with cap.slot() as slot:
        slot.answered()
        slot.not_sent()

    assert (
        cap.statistics().in_flight,
        cap.statistics().settled,
        cap.statistics().unspent,
    ) == (0, 1, 0)


async def test_cancelling_a_waiter_loses_no_slot() -> None:
    """Whoever stops waiting leaves the line, the leader too."""
    cap = Cap(1)
    async with cap.slot() as slot:
        for _ in range(3):
            with anyio.move_on_after(0.1):
                await answered(cap)

        assert cap.statistics().waiting == 0
        slot.not_sent()

    assert await together(lambda: answered(cap)) == 0.0


async def test_cancelling_between_grant_and_use_loses_no_slot() -> None:
    """A slot granted to somebody who is gone comes back unspent, at once."""
    cap, victim = Cap(2), anyio.CancelScope()

    async def leads() -> None:
        """Hand over, and cancel the other before it runs."""
        async with cap.slot() as slot:
            victim.cancel()
            slot.answered()

    async def follows() -> None:
        """Be granted a slot and never use it."""
        with victim:
            await answered(cap)

    async with (
        anyio.create_task_group() as tasks,
        cap.slot() as first,
        cap.slot() as second,
    ):
        for waiter in (leads, follows):
            tasks.start_soon(waiter)
            await anyio.sleep(0.1)

        first.not_sent()
        second.not_sent()

    statistics = cap.statistics()

    assert (statistics.in_flight, statistics.waiting) == (0, 0)
    assert (statistics.settled, statistics.unspent, statistics.unknown) == (1, 3, 0)


def test_a_task_cancelled_by_its_host_loses_no_slot() -> None:
    """Asyncio's own cancellation strikes even after the grant."""

    async def main() -> CapStatistics:
        """Cancel a task that was granted a slot."""
        cap = Cap(2)
        tasks: list[asyncio.Task[None]] = []

        async def leads() -> None:
            """Hand over, and cancel the other before it runs."""
            async with cap.slot() as slot:
                tasks[1].cancel()
                slot.answered()

        async with cap.slot() as first, cap.slot() as second:
            for waiter in (leads(), answered(cap)):
                tasks.append(asyncio.ensure_future(waiter))
                await anyio.sleep(0.1)

            first.not_sent()
            second.not_sent()

        await asyncio.wait(tasks)
        return cap.statistics()

    backend, options = virtual_backend("asyncio")
    statistics = anyio.run(main, backend=backend, backend_options=options)

    assert (statistics.settled, statistics.unspent, statistics.in_flight) == (1, 3, 0)


async def test_a_cancelled_caller_takes_no_slot() -> None:
    """Who is cancelled already does not even ask."""
    cap = Cap(1)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await answered(cap)

    assert cap.statistics().settled == 0


async def test_statistics_and_repr_tell_the_state() -> None:
    """Numbers for tests and for a page, a line for a log."""
    cap = Cap(3)
    async with cap.slot() as slot:
        shown = repr(cap), repr(slot)

    assert shown == ("<Cap 3/s, 1 in flight, 0 waiting>", "<Slot lent>")
    assert repr(slot) == "<Slot returned>"
    assert (
        CapStatistics(calls=3, in_flight=0, waiting=0, settled=0, unknown=1, unspent=0)
        == cap.statistics()
    )


def test_a_cap_that_lets_nothing_pass_is_refused() -> None:
    """Zero calls a second would wait for ever."""
    with pytest.raises(InvalidInput, match="A cap of 0 calls a second"):
        Cap(0)


# --- the proof: as the server counts -------------------------------------------------


async def _send(server: Server, slot: Slot, dice: random.Random) -> None:
    """One call with any fate: quick, slow, stalled, lost or never sent."""
    fate = dice.random()
    if fate < 0.02:
        slot.not_sent()
        return

    await anyio.sleep(dice.random() * (0.9 if fate < 0.05 else 0.05))
    server.count()
    if fate < 0.08:
        return

    await anyio.sleep(dice.random() * 0.05)
    slot.answered()


async def _work(cap: Cap, server: Server, dice: random.Random, calls: int) -> None:
    for _ in range(calls):
        patience = dice.random() * 3 if dice.random() < 0.1 else float("inf")
        with anyio.move_on_after(patience):
            async with cap.slot() as slot:
                await _send(server, slot, dice)


async def test_never_over_the_cap_as_the_server_counts() -> None:
    """Delays, stalls, losses and cancellations: no second ever sees more than N."""
    cap, server = Cap(100), Server()
    async with anyio.create_task_group() as tasks:
        for worker in range(250):
            dice = random.Random(worker)
            tasks.start_soon(_work, cap, server, dice, 40)

    statistics = cap.statistics()

    assert server.most_in_a_second() <= 100
    assert statistics.in_flight == 0
    assert statistics.waiting == 0
    assert len(server.arrivals) > 8000


async def test_no_slot_is_lost_after_the_storm() -> None:
    """After thousands of cancelled waits all slots are there: a full burst goes."""
    cap, server = Cap(50), Server()
    async with anyio.create_task_group() as tasks:
        for worker in range(150):
            tasks.start_soon(_work, cap, server, random.Random(worker), 20)

    await anyio.sleep(10)

    assert await together(*[lambda: answered(cap)] * 50) == 0.0


async def test_the_rate_is_the_best_that_is_safe() -> None:
    """With a round trip of 50 ms the rate is N / (period + round trip), within 1 %."""
    cap, server = Cap(100), Server()

    async def work() -> None:
        """Make calls one after the other."""
        for _ in range(20):
            async with cap.slot() as slot:
                await anyio.sleep(0.025)
                server.count()
                await anyio.sleep(0.025)
                slot.answered()

    took = await together(*[work] * 200)
    rate = (4000 - 100) / took

    assert server.most_in_a_second() <= 100
    assert rate >= 0.99 * 100 / (1.002 + 0.05)
