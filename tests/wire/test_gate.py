"""Waiting at one gate: lanes, pace, what is learned, and bad numbers."""

from __future__ import annotations

import itertools
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from esa_flows.wire.gate import Gate, KeptBack
from esa_flows.wire.lane import Lane
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate, Slots, Wish


def gate(calls: int = 100, **changes: Any) -> Gate:
    """Make a gate of one's own; by default without a pace."""
    rule = Rule(calls=calls, **{"burst": 10_000} | changes)
    return Gate(rule, Slots())


async def once(at: Gate, lane: Lane = Lane.DEPLOY) -> float:
    """Make one call that is answered at once; give when it left."""
    lent = await at.take(lane)
    settle(at, Fate.ANSWERED, lent)
    return lent


def settle(at: Gate, fate: Fate, sent: float) -> None:
    """Give a slot back now."""
    at.settle(fate, sent, anyio.current_time())


async def test_the_way_back_takes_the_next_slot_whoever_came_before() -> None:
    """Lanes: rollback, deploy, upload, housekeeping; whatever the order they came."""
    one, order = gate(1), []
    await once(one)

    async def call(lane: Lane) -> None:
        """Wait in a lane."""
        await once(one, lane)
        order.append(lane)

    async with anyio.create_task_group() as tasks:
        for lane in reversed(Lane):
            tasks.start_soon(call, lane)
            await checkpoint()

    assert order == list(Lane)


async def test_nobody_overtakes_those_in_the_same_lane() -> None:
    """A slot that is ready is for who waited for it, though that one still sleeps."""
    now, order = 0.0, []
    one = Gate(Rule(calls=1), Slots(), clock=lambda: now)
    one.settle(Fate.ANSWERED, await one.take(Lane.DEPLOY), now)

    async def call(name: str) -> None:
        """Note who goes when."""
        lent = await one.take(Lane.DEPLOY)
        order.append(name)
        one.settle(Fate.UNSPENT, lent, now)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, "first")
        await anyio.sleep(0.1)
        now = 10.0
        tasks.start_soon(call, "second")

    assert ["first", "second"] == order


async def test_nobody_grabs_a_slot_that_somebody_waits_for() -> None:
    """A slot that is ready while its waiter still sleeps is nobody else's."""
    one = gate(1)
    sent = await one.take(Lane.DEPLOY)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(once, one)
        await anyio.sleep(0.1)
        settle(one, Fate.UNSPENT, sent)
        grabbed = one.grab(Lane.DEPLOY, anyio.current_time())

    assert not grabbed
    assert one.statistics().settled == 1


def test_nobody_grabs_a_slot_that_is_kept_for_others() -> None:
    """Whoever is in the lane that may go does, and nobody behind it."""
    one = Gate(Rule(calls=5), Slots(), last=Lane.ROLLBACK, clock=lambda: 0.0)
    grabbed = [one.grab(lane, 0.0) for lane in Lane]

    assert [True, False, False, False] == grabbed


def test_nobody_grabs_from_a_store_that_needs_care() -> None:
    """What others left there is looked at first, and that may take a while."""

    class Neglected(Slots):
        """Slots that somebody should look after."""

        is_here = False

        def needs_care(self, now: float, wish: Wish) -> bool:
            """Tell so."""
            return wish == Wish(calls=5) and now == 1.0

    one = Gate(Rule(calls=5), Neglected(), clock=lambda: 0.0)

    assert not one.grab(Lane.DEPLOY, 1.0)
    assert one.grab(Lane.DEPLOY, 2.0)


@pytest.mark.parametrize("_", range(5))
async def test_those_before_the_leader_go_before_it(_: int) -> None:
    """Three may go at one moment: as they stand, whoever hands over; trio shuffles."""
    one, order = gate(3), []
    lent = [await one.take(Lane.DEPLOY) for _ in range(3)]

    async def call(name: str, lane: Lane) -> None:
        """Note who goes when."""
        await once(one, lane)
        order.append(name)

    async with anyio.create_task_group() as tasks:
        for name, lane in (
            ("leads", Lane.DEPLOY),
            ("behind", Lane.DEPLOY),
            ("back", Lane.ROLLBACK),
        ):
            tasks.start_soon(call, name, lane)
            await anyio.sleep(0.1)

        for sent in lent:
            settle(one, Fate.UNSPENT, sent)

    assert order == ["back", "leads", "behind"]


async def test_the_way_back_does_not_keep_to_the_pace() -> None:
    """A slot that is ready is taken at once by a rollback, though others are paced."""
    one = gate(10, burst=1)
    await once(one)
    waited = []

    async def paced() -> None:
        """Wait for the pace."""
        waited.append(await once(one) - start)

    start = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(paced)
        await checkpoint()
        urgent = await once(one, Lane.ROLLBACK) - start

    assert urgent == 0.0
    assert waited == [pytest.approx(0.2, abs=0.01)]


async def test_calls_above_the_burst_are_spread() -> None:
    """Two go at once, then one after the other, a little faster than the cap."""
    one = gate(10, burst=2)
    start = anyio.current_time()
    left = [round(await once(one) - start, 2) for _ in range(5)]

    assert left == [0.0, 0.0, 0.1, 0.2, 0.3]


async def test_keeping_the_cap_for_a_lane_stops_the_others_at_once() -> None:
    """Nobody behind the lane goes until the context is left, whatever is free."""
    one = Gate(Rule(calls=5), Slots(), last=Lane.ROLLBACK)
    left: dict[Lane, float] = {}

    async def call(lane: Lane) -> None:
        """Note when a call leaves."""
        left[lane] = await once(one, lane) - start

    start = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, Lane.DEPLOY)
        await anyio.sleep(1)
        tasks.start_soon(call, Lane.ROLLBACK)
        await anyio.sleep(1)
        one.keep_for(Lane.HOUSEKEEPING)

    assert left == {Lane.ROLLBACK: 1.0, Lane.DEPLOY: 2.0}


async def test_whoever_may_go_wakes_a_leader_who_may_not() -> None:
    """A leader that is kept back sleeps without end; a rollback that joins wakes it."""
    one = Gate(Rule(calls=1), Slots(), last=Lane.ROLLBACK)
    await once(one, Lane.ROLLBACK)
    start = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.take, Lane.DEPLOY)
        await anyio.sleep(0.5)
        with anyio.fail_after(5):
            left = await once(one, Lane.ROLLBACK) - start

        tasks.cancel_scope.cancel()

    assert left == pytest.approx(1.002, abs=0.001)


async def test_whoever_holds_something_is_kept_back_with_empty_hands() -> None:
    """It leaves, whether it comes then, leads or stands behind; others stay in line."""
    kept = Gate(Rule(calls=1), Slots(), last=Lane.ROLLBACK)
    with anyio.fail_after(60), pytest.raises(KeptBack):
        await kept.take(Lane.DEPLOY, holds=True)

    one, left = gate(1), list[str]()
    await one.take(Lane.DEPLOY)

    async def call(name: str, *, holds: bool) -> None:
        """Note who leaves."""
        with suppress(KeptBack):
            await one.take(Lane.DEPLOY, holds=holds)

        left.append(name)

    async with anyio.create_task_group() as tasks:
        for name, holds in (("leads", True), ("stays", False), ("behind", True)):
            tasks.start_soon(partial(call, name, holds=holds))
            await anyio.sleep(0.1)

        one.keep_for(Lane.ROLLBACK)
        await anyio.sleep(0.1)
        waiting = one.statistics().waiting
        tasks.cancel_scope.cancel()

    assert {"leads", "behind"} == set(left)
    assert (0, 1) == (kept.statistics().waiting, waiting)


async def test_a_leader_is_kept_back_while_it_looks_after_the_store() -> None:
    """It does not go to sleep when that is done."""
    looks, done = anyio.Event(), anyio.Event()

    class Neglected(Slots):
        """Slots that are looked after by whoever leads."""

        is_here = False

        def needs_care(self, now: float, wish: Wish) -> bool:
            """Tell when somebody stands in line."""
            return wish.slots > 0

        async def care(self, now: float, wish: Wish) -> None:
            """Take as long as is wanted."""
            looks.set()
            await done.wait()

    one = Gate(Rule(calls=1), Neglected())
    await one.take(Lane.DEPLOY)

    async def keep() -> None:
        """Keep the gate while the other one looks."""
        await looks.wait()
        one.keep_for(Lane.ROLLBACK)
        done.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep)
        with anyio.move_on_after(60) as patience, pytest.raises(KeptBack):
            await one.take(Lane.DEPLOY, holds=True)

    assert not patience.cancelled_caught


async def test_whoever_was_sent_back_and_may_go_again_goes() -> None:
    """The cap was kept for no time: the slot came before the word did."""
    one = gate(1)
    sent = await one.take(Lane.DEPLOY)
    left: list[str] = []

    async def call(name: str) -> None:
        """Note who goes, and who is sent back."""
        try:
            await one.take(Lane.DEPLOY, holds=True)
        except KeptBack:
            left.append(f"{name} is sent back")
        else:
            left.append(f"{name} goes")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, "leader")
        await anyio.sleep(0.1)
        tasks.start_soon(call, "next")
        await anyio.sleep(0.1)
        one.keep_for(Lane.ROLLBACK)
        one.keep_for(Lane.HOUSEKEEPING)
        settle(one, Fate.UNSPENT, sent)

    assert ["leader is sent back", "next is sent back"] == sorted(left)
    assert 0 == one.statistics().waiting
    assert one.grab(Lane.DEPLOY, anyio.current_time())


async def test_a_leader_that_is_told_to_look_and_leaves_is_followed() -> None:
    """Whoever is first then looks in its place, and does not sleep for ever."""
    one, leader = gate(1), anyio.CancelScope()
    sent = await one.take(Lane.DEPLOY)
    left = anyio.Event()

    async def leads() -> None:
        """Stand first in line, and give up."""
        with leader:
            await one.take(Lane.DEPLOY)

    async def follows() -> None:
        """Stand behind."""
        await once(one)
        left.set()

    async with anyio.create_task_group() as tasks:
        for waiter in (leads, follows):
            tasks.start_soon(waiter)
            await anyio.sleep(0.1)

        leader.cancel()
        one.keep_for(Lane.HOUSEKEEPING)
        await anyio.sleep(0.1)
        settle(one, Fate.UNSPENT, sent)
        with anyio.move_on_after(5):
            await left.wait()

        tasks.cancel_scope.cancel()

    assert left.is_set()


async def test_ten_thousand_waiters_cancelled_at_once_lose_no_slot() -> None:
    """Everybody leaves the line; the next call goes as if nobody had been there."""
    one = gate(3)
    lent = [await one.take(Lane.DEPLOY) for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for _ in range(10_000):
            tasks.start_soon(one.take, Lane.DEPLOY)

        await anyio.sleep(0.1)
        waiting = one.statistics().waiting
        tasks.cancel_scope.cancel()

    for moment in lent:
        settle(one, Fate.ANSWERED, moment)

    now = one.statistics()
    await anyio.sleep(2)
    start = anyio.current_time()
    left = [await once(one) - start for _ in range(3)]

    assert (waiting, now.waiting, now.in_flight) == (10_000, 0, 0)
    assert left == [0.0, 0.0, 0.0]


async def test_a_refusal_lowers_the_rate_and_pauses_everybody() -> None:
    """What was learned counts for every caller and is told."""
    one = gate(20)
    for _ in range(10):
        await once(one)

    settle(one, Fate.REFUSED, await one.take(Lane.DEPLOY))
    one.throttled(3.0)
    now = one.statistics()
    left = await once(one, Lane.ROLLBACK)

    assert (now.calls, now.allowed, now.throttled, now.paused) == (20, 9, 1, 3.0)
    assert left == pytest.approx(3.0, abs=0.001)


async def test_who_measures_the_cap_learns_nothing_from_refusals() -> None:
    """The rate stays as it is set: finding the cap means being refused."""
    one = gate(20, learns=False)
    settle(one, Fate.REFUSED, await one.take(Lane.DEPLOY))
    one.throttled(3.0)
    now = one.statistics()

    assert (now.allowed, now.throttled, now.paused) == (20, 1, 0.0)


async def test_credit_counts_after_two_hundred_answers_only() -> None:
    """Part of the round trip is taken off the rest, once enough of them were seen."""
    one = gate(1, credit=0.8)
    gaps = []
    for _ in range(204):
        sent = await one.take(Lane.DEPLOY)
        await anyio.sleep(0.5)
        settle(one, Fate.ANSWERED, sent)
        gaps.append(sent)

    between = [round(after - before, 3) for before, after in itertools.pairwise(gaps)]

    assert set(between[:200]) == {1.502}
    assert set(between[201:]) == {1.102}


def test_a_gate_shows_its_state() -> None:
    """A line for a log."""
    assert repr(Gate(Rule(calls=7), Slots(), clock=lambda: 0.0)) == (
        "<Gate 7/s, 0 in flight, 0 waiting>"
    )
