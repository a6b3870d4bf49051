"""What every store of slots promises, wherever it keeps them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from esa_flows.wire.cap import InMemory, SlotStores
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.gate import Gate
from esa_flows.wire.lane import Lane
from esa_flows.wire.learned import Learned
from esa_flows.wire.lending import Terms
from esa_flows.wire.rule import Rule
from esa_flows.wire.slot_file import FileStores
from esa_flows.wire.slots import Fate, SlotStore, Wish
from esa_flows.wire.store_address import StoreAddress

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

KEY = "LTAI5tFakeKeyId0001"
TERMS = Terms(period=1.002, rest=0.05, birth=0.05, lease=60.0)


ROUNDED = 0.001
"""Seconds that stores may round up to, and that clocks may be off by."""


@pytest.fixture(params=["memory", "file", "postgres", "redis"])
async def stores(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[SlotStores]:
    """Give one kind of stores after the other."""
    if request.param == "memory":
        yield InMemory()
        return

    if request.param == "file":
        made: FileStores | FarStores = FileStores(tmp_path, place="boot", token=1)
    else:
        made = FarStores(
            StoreAddress.of(request.getfixturevalue(f"{request.param}_url")),
            place=str(tmp_path),
            token=1,
            clock=time.monotonic,
            terms=TERMS,
        )

    yield made
    await anyio.to_thread.run_sync(made.close)


async def opened(stores: SlotStores) -> SlotStore:
    """Open one gate, and let a store that is new be over with its first rest."""
    store = await stores.open("account", KEY)
    if await asked(store, 1) == 0:
        store.settle(0.0, Fate.UNSPENT)
        return store

    await anyio.sleep(0.06)
    assert await asked(store, 1) == 0
    store.settle(0.0, Fate.UNSPENT)
    return store


async def asked(store: SlotStore, calls: int, *, wanted: int = 1) -> float:
    """Ask for a slot as a gate does; give the seconds to wait."""
    wish = Wish(calls=calls, slots=wanted)
    if store.needs_care(time.monotonic(), wish):
        await store.care(time.monotonic(), wish)

    return store.take(time.monotonic(), calls)


async def taken(store: SlotStore, calls: int, count: int) -> list[bool]:
    """Ask for some slots one after the other; tell which were lent."""
    return [await asked(store, calls) == 0 for _ in range(count)]


async def test_so_many_and_not_one_more(stores: SlotStores) -> None:
    """The next one is told to wait, and not for nothing."""
    store = await opened(stores)

    assert await taken(store, 3, 4) == [True, True, True, False]
    assert store.in_flight == 3


async def test_a_slot_is_ready_when_it_was_said(stores: SlotStores) -> None:
    """Not a moment earlier, and at that moment."""
    store = await opened(stores)
    await asked(store, 1)
    ready = time.monotonic() + 1.0
    store.settle(ready, Fate.ANSWERED)
    early = await asked(store, 1)
    await anyio.sleep(early + ROUNDED)
    late = await asked(store, 1)

    assert 0 < early <= 1.0 + ROUNDED
    assert late == 0
    assert time.monotonic() >= ready


async def test_an_unspent_slot_is_ready_at_once(stores: SlotStores) -> None:
    """Nobody counted its call."""
    store = await opened(stores)
    await asked(store, 1)
    store.settle(time.monotonic(), Fate.UNSPENT)

    assert store.in_flight == 0
    assert await asked(store, 1) == 0.0


async def test_a_lost_call_does_not_hold_back_answered_ones(stores: SlotStores) -> None:
    """The earliest slot goes first, whichever way it came back."""
    store = await opened(stores)
    await taken(store, 2, 2)
    store.settle(time.monotonic() + 9.0, Fate.UNKNOWN)
    store.settle(time.monotonic() + 0.1, Fate.ANSWERED)
    await anyio.sleep(0.11)

    assert await taken(store, 2, 2) == [True, False]


async def test_a_limit_that_falls_counts_at_once(stores: SlotStores) -> None:
    """What was lent under the old one counts under the new one."""
    store = await opened(stores)
    lent = await taken(store, 4, 4)
    for rest in (0.1, 0.1, 0.1, 9.0):
        store.settle(time.monotonic() + rest, Fate.ANSWERED)

    early = await asked(store, 2)
    await anyio.sleep(0.11)

    assert lent == [True] * 4
    assert early > 0
    assert await taken(store, 2, 2) == [True, False]


async def test_accepted_calls_of_the_last_period_are_told(stores: SlotStores) -> None:
    """Not those that were refused or never left."""
    store = await opened(stores)
    await taken(store, 9, 4)
    now = time.monotonic()
    for fate in (Fate.ANSWERED, Fate.ANSWERED, Fate.REFUSED, Fate.UNSPENT):
        store.settle(now + 1.0, fate)

    assert store.accepted(now + 0.5) == 2
    assert store.accepted(now + 1.1) == 0


async def test_what_is_learned_is_kept(stores: SlotStores) -> None:
    """Nothing is known at first."""
    store = await opened(stores)
    now = time.monotonic()
    before = store.learned.allowed(100, now)
    known = Learned(calls=58.0, since=now, paused_until=now + 1)
    store.learned = known

    assert before == 100
    assert known == store.learned


async def test_care_can_always_be_asked_for(stores: SlotStores) -> None:
    """Slots that are ours are left as they are."""
    store = await opened(stores)
    await asked(store, 1)
    await store.care(time.monotonic(), Wish(calls=1))

    assert store.in_flight == 1
    assert not store.needs_care(time.monotonic(), Wish(calls=1))


async def test_slots_that_nobody_wants_any_more_are_let_go(stores: SlotStores) -> None:
    """What was fetched for somebody who left is there for the next."""
    store = await opened(stores)
    await store.care(time.monotonic(), Wish(calls=2, slots=2))
    store.spare()
    store.spare()

    assert await taken(store, 2, 3) == [True, True, False]


async def test_a_gate_keeps_to_the_cap_with_it(stores: SlotStores) -> None:
    """First come, first served; never more than so many; nothing left behind."""
    store = await opened(stores)
    gate, order = Gate(Rule(calls=3), store, clock=time.monotonic), []

    async def call(number: int) -> None:
        """Make a call."""
        lent = await gate.take(Lane.DEPLOY)
        order.append((number, lent))
        gate.settle(Fate.ANSWERED, lent, time.monotonic())

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(call, number)
            await anyio.sleep(0.001)

    moments = [moment for _, moment in order]

    assert [number for number, _ in order] == list(range(5))
    assert moments[3] - moments[0] >= 1.0
    assert store.in_flight == 0


async def test_stores_say_with_whom_they_share(stores: SlotStores) -> None:
    """A few words for people."""
    assert stores.shared
