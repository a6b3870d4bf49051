"""Waiting for one's turn, and the proof that the cap holds."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from esa_flows.errors import InvalidInput, Misuse, NotSent, Throttled
from esa_flows.testing import virtual_backend
from esa_flows.wire.cap import Cap, CapStatistics, InMemory
from esa_flows.wire.lane import Lane, way_back
from esa_flows.wire.slots import Slots, SlotStore, Wish


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


@pytest.mark.parametrize("_", range(10))
async def test_turns_are_taken_in_order(_: int) -> None:
    """First come, first served, from the first call on; trio shuffles its tasks."""
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


async def test_a_slot_is_good_for_one_call() -> None:
    """Whoever enters it again, meanwhile or afterwards, is told; nothing is held."""
    cap = Cap(5)
    slot = cap.slot()
    async with slot:
        with pytest.raises(Misuse, match="good for one call"):
            await slot.__aenter__()

        slot.answered()

    with pytest.raises(Misuse, match="ask the cap for another"):
        await slot.__aenter__()

    assert cap.statistics().in_flight == 0


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
    """Who is cancelled already does not even ask, though a slot is free."""
    cap = Cap(2)
    await answered(cap)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await answered(cap)

    assert cap.statistics().settled == 1


async def test_statistics_and_repr_tell_the_state() -> None:
    """Numbers for tests and for a page, a line for a log."""
    cap = Cap(3)
    async with cap.slot() as slot:
        shown = repr(cap), repr(slot)

    assert shown == ("<Cap 3/s, 1 in flight, 0 waiting>", "<Slot lent>")
    assert repr(slot) == "<Slot returned>"
    assert (
        CapStatistics(
            calls=3,
            allowed=3,
            in_flight=0,
            waiting=0,
            settled=0,
            unknown=1,
            unspent=0,
            shared="this client alone",
        )
        == cap.statistics()
    )


def test_a_cap_that_lets_nothing_pass_is_refused() -> None:
    """Zero calls a second would wait for ever."""
    with pytest.raises(InvalidInput, match="A cap of 0 calls a second"):
        Cap(0)


# --- gates ----------------------------------------------------------------------------


async def of(cap: Cap, operation: str, count: int) -> float:
    """Call an operation some times, one after the other; give the seconds it took."""
    start = anyio.current_time()
    for _ in range(count):
        async with cap.slot(operation) as slot:
            slot.answered()

    return anyio.current_time() - start


async def test_operations_share_the_account() -> None:
    """Two operations together make no more calls than the account may."""
    cap = Cap(4)
    await of(cap, "esa.A", 4)

    assert await of(cap, "esa.B", 1) == pytest.approx(1.002, abs=0.001)


async def test_an_operation_may_have_fewer_than_the_account() -> None:
    """Its own gate stops it while others go on."""
    cap = Cap(4, per_operation=2)
    await of(cap, "esa.A", 2)

    assert await of(cap, "esa.B", 2) == 0.0
    assert await of(cap, "esa.A", 1) == pytest.approx(1.002, abs=0.001)


async def test_operations_counted_alone_do_not_share() -> None:
    """Who knows that only operations are counted can take the account's gate away."""
    cap = Cap(4, scope="operation")
    await of(cap, "esa.A", 4)
    took = await of(cap, "esa.B", 4)
    now = cap.statistics()

    assert took == 0.0
    assert (now.calls, now.settled, sorted(now.operations)) == (
        4,
        8,
        ["esa.A", "esa.B"],
    )


async def test_waiting_for_the_account_and_leaving_gives_both_slots_back() -> None:
    """Whoever is cancelled before the second gate loses nothing at the first."""
    cap = Cap(1)
    await of(cap, "esa.A", 1)
    with anyio.move_on_after(0.5):
        await of(cap, "esa.B", 1)

    now = cap.statistics()

    assert now.operations["esa.B"].unspent == 1
    assert now.operations["esa.B"].in_flight == 0
    assert now.waiting_for_operation == 0


async def throttled(cap: Cap, code: str, wait: float = 0.0) -> None:
    """Be refused once."""
    async with cap.slot("esa.A") as slot:
        error = Throttled("Too many.", code=code, retry_after=wait)
        slot.throttled(error)
        slot.throttled(error)


async def test_a_refused_account_slows_everybody_down() -> None:
    """`Throttling.User` lowers the account's gate and spares the operation's."""
    cap = Cap(20)
    await of(cap, "esa.A", 10)
    await throttled(cap, "Throttling.User")
    now = cap.statistics()

    assert (now.allowed, now.throttled) == (9, 1)
    assert now.operations["esa.A"].allowed == 20


async def test_a_refused_operation_spares_the_others() -> None:
    """`Throttling.Api` lowers its gate and pauses it alone."""
    cap = Cap(20)
    await of(cap, "esa.A", 10)
    await throttled(cap, "Throttling.Api", 2.0)
    now = cap.statistics()

    assert (now.allowed, now.operations["esa.A"].allowed) == (20, 9)
    assert await of(cap, "esa.B", 1) == 0.0
    assert await of(cap, "esa.A", 1) == pytest.approx(2.0, abs=0.001)


async def test_the_cap_can_be_kept_for_the_way_back() -> None:
    """Forward calls stop at once, rollbacks go on, and then all is as before."""
    cap, left = Cap(5), {}

    async def forward() -> None:
        """Wait until the others may go again."""
        left["forward"] = await of(cap, "esa.A", 1)

    async with anyio.create_task_group() as tasks:
        with cap.only(Lane.ROLLBACK):
            tasks.start_soon(forward)
            await anyio.sleep(1)
            with way_back():
                left["back"] = await of(cap, "esa.A", 3)

    assert left == {"back": 0.0, "forward": 1.0}


async def test_whoever_is_kept_back_keeps_nobody_from_going_back() -> None:
    """Who waits for the account has its operation's only slot, and gives it back."""
    cap, left = Cap(1), dict[str, float]()

    async def call(name: str) -> None:
        """Note when a call leaves."""
        async with cap.slot("esa.A") as slot:
            left[name] = anyio.current_time() - start
            slot.answered()

    start = anyio.current_time()
    await of(cap, "esa.B", 1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, "forward")
        await anyio.sleep(0.1)
        with cap.only(Lane.ROLLBACK), way_back(), anyio.move_on_after(60):
            await call("back")

    assert pytest.approx({"back": 1.002, "forward": 2.004}, abs=0.001) == left


class Hurdles(InMemory):
    """Makes slots that are looked after now and then, which takes a while."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    async def open(self, gate: str, key: str) -> Slots:
        """Give slots after a while."""
        await anyio.sleep(self._dice.random() * 0.1)
        return Neglected(self._dice)


class Neglected(Slots):
    """Slots that somebody looks after once a second, and that are busy at times."""

    is_here = False

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        self._late = dice.choice([0.0, 0.01, 0.5, 3.0])
        self._cared = -math.inf

    def needs_care(self, now: float, wish: Wish) -> bool:
        """Tell once a second."""
        return now - self._cared >= 1

    async def care(self, now: float, wish: Wish) -> None:
        """Take a while, like a thread that is not left alone."""
        self._cared = now
        with anyio.CancelScope(shield=True):
            await anyio.sleep(self._dice.random() * self._late)

    def take(self, now: float, calls: int, *, is_urgent: bool = False) -> float:
        """Be busy at times."""
        is_busy = self._dice.random() < 0.05
        return 0.0005 if is_busy else super().take(now, calls, is_urgent=is_urgent)


class Crowd:
    """Calls of all lanes that come, go and give up as dice fall.

    Attributes:
        waiting: Lanes of those that are not over, by number.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        calls = self.dice.choice([1, 2, 3, 10])
        self.cap = Cap(
            calls,
            burst=self.dice.choice([1, 50]),
            per_operation=self.dice.choice([1, calls, 1000]),
            stores=Hurdles(self.dice),
            learns=False,
        )
        self.waiting: dict[int, Lane] = {}
        self._numbers = itertools.count()

    async def come(self, count: int, lanes: Sequence[Lane], tasks: TaskGroup) -> None:
        """Have calls come within some seconds."""
        for _ in range(count):
            tasks.start_soon(self._call, self.dice.choice(lanes))
            await anyio.sleep(self.dice.choice([0.0, self.dice.random() * 0.3]))

    async def keep(self) -> None:
        """Keep the cap for some lanes now and then."""
        for _ in range(3):
            await anyio.sleep(self.dice.random() * 2)
            with self.cap.only(self.dice.choice([Lane.ROLLBACK, Lane.DEPLOY])):
                await anyio.sleep(self.dice.random() * 3)

    async def _call(self, lane: Lane) -> None:
        number = next(self._numbers)
        self.waiting[number] = lane
        with anyio.move_on_after(self.dice.choice([math.inf, self.dice.random() * 3])):
            await self._made(lane)

        del self.waiting[number]

    async def _made(self, lane: Lane) -> None:
        async with self.cap.slot(self.dice.choice("abc"), lane=lane) as slot:
            await anyio.sleep(self.dice.random() * self.dice.choice([0.05, 2]))
            self.dice.choice([slot.answered, slot.not_sent, slot.unknown])()


@pytest.mark.parametrize("seed", range(25))
async def test_whoever_may_go_goes_whatever_the_others_do(seed: int) -> None:
    """Nobody stands still while the cap is kept for its lane; later nobody at all."""
    crowd = Crowd(seed)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(crowd.keep)
        await crowd.come(25, list(Lane), tasks)
        with crowd.cap.only(Lane.ROLLBACK):
            await crowd.come(10, [Lane.ROLLBACK], tasks)
            await anyio.sleep(600)
            back = [lane for lane in crowd.waiting.values() if lane is Lane.ROLLBACK]

        await anyio.sleep(600)
        left = list(crowd.waiting.values())
        tasks.cancel_scope.cancel()

    now = crowd.cap.statistics()

    assert ([], []) == (back, left)
    assert (0, 0) == (now.waiting, now.waiting_for_operation)
    assert 0 == now.in_flight


async def test_a_store_that_cannot_be_opened_is_said_each_time() -> None:
    """Nothing passes a gate that is not there."""

    class Broken(InMemory):
        """Has no slots."""

        async def open(self, gate: str, key: str) -> Slots:
            """Refuse, and say for whom."""
            raise NotSent(f"No slots for {gate} of {key}.")

    cap = Cap(5, stores=Broken())
    for _ in range(2):
        with pytest.raises(
            NotSent, match="No slots for account of LTAI5tFakeKeyId0001"
        ):
            async with cap.slot(key="LTAI5tFakeKeyId0001"):
                pass


async def test_the_first_key_counts_from_then_on() -> None:
    """A session that is renewed does not begin with a fresh second."""
    asked = []

    class Noting(InMemory):
        """Notes whose slots are opened."""

        async def open(self, gate: str, key: str) -> SlotStore:
            """Open new slots."""
            asked.append((gate, key))
            return await super().open(gate, key)

    cap = Cap(5, scope="operation", stores=Noting())
    for operation, key in (("esa.A", "one"), ("esa.B", "two")):
        async with cap.slot(operation, key=key):
            pass

    assert asked == [("esa.A", "one"), ("esa.B", "one")]
