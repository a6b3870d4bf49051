"""What every store of slots promises, wherever it keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from esa_flows.wire.cap import InMemory, SlotStores
from esa_flows.wire.learned import Learned
from esa_flows.wire.slot_file import FileStores
from esa_flows.wire.slots import Fate, SlotStore, Wish

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

T = 1_000.0


@pytest.fixture(params=["memory", "file"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SlotStores]:
    """Give one kind of stores after the other."""
    if request.param == "memory":
        yield InMemory()
        return

    made = FileStores(tmp_path, place="boot", token=1)
    yield made
    made.close()


async def opened(stores: SlotStores) -> SlotStore:
    """Open one gate."""
    return await stores.open("account", "LTAI5tFakeKeyId0001")


async def test_so_many_and_not_one_more(stores: SlotStores) -> None:
    """The next one is told to wait, and not for nothing."""
    store = await opened(stores)
    waits = [store.take(T, 3) for _ in range(4)]

    assert waits[:3] == [0.0] * 3
    assert waits[3] > 0
    assert store.in_flight == 3


async def test_a_slot_is_ready_when_it_was_said(stores: SlotStores) -> None:
    """Not a moment earlier, and at that moment."""
    store = await opened(stores)
    store.take(T, 1)
    store.settle(T + 1.0, Fate.ANSWERED)

    assert store.take(T + 0.25, 1) == pytest.approx(0.75)
    assert store.take(T + 0.999, 1) > 0
    assert store.take(T + 1.0, 1) == 0.0


async def test_an_unspent_slot_is_ready_at_once(stores: SlotStores) -> None:
    """Nobody counted its call."""
    store = await opened(stores)
    store.take(T, 1)
    store.settle(T, Fate.UNSPENT)

    assert store.in_flight == 0
    assert store.take(T, 1) == 0.0


async def test_a_lost_call_does_not_hold_back_answered_ones(stores: SlotStores) -> None:
    """The earliest slot goes first, whichever way it came back."""
    store = await opened(stores)
    store.take(T, 2)
    store.take(T, 2)
    store.settle(T + 2.0, Fate.UNKNOWN)
    store.settle(T + 1.0, Fate.ANSWERED)

    assert store.take(T + 1.0, 2) == 0.0
    assert store.take(T + 1.0, 2) > 0


async def test_a_limit_that_falls_counts_at_once(stores: SlotStores) -> None:
    """What was lent under the old one counts under the new one."""
    store = await opened(stores)
    for _ in range(4):
        store.take(T, 4)
        store.settle(T + 1.0, Fate.ANSWERED)

    assert store.take(T + 0.5, 2) > 0
    assert store.take(T + 1.0, 2) == 0.0


async def test_accepted_calls_of_the_last_period_are_told(stores: SlotStores) -> None:
    """Not those that were refused or never left."""
    store = await opened(stores)
    for fate in (Fate.ANSWERED, Fate.ANSWERED, Fate.REFUSED, Fate.UNSPENT):
        store.take(T, 9)
        store.settle(T if fate is Fate.UNSPENT else T + 1.0, fate)

    assert store.accepted(T + 0.5) == 2
    assert store.accepted(T + 1.0) == 0


async def test_what_is_learned_is_kept(stores: SlotStores) -> None:
    """Nothing is known at first."""
    store = await opened(stores)
    before = store.learned.allowed(100, T)
    known = Learned(calls=58.0, since=T, paused_until=T + 1)
    store.learned = known

    assert before == 100
    assert known == store.learned


async def test_care_can_always_be_asked_for(stores: SlotStores) -> None:
    """Slots that are ours are left as they are."""
    store = await opened(stores)
    store.take(T, 1)
    await store.care(T, Wish(calls=1))

    assert store.in_flight == 1
    assert not store.needs_care(T, Wish(calls=1))


async def test_stores_say_with_whom_they_share(stores: SlotStores) -> None:
    """A few words for people."""
    assert stores.shared
