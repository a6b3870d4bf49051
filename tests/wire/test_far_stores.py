"""Clients of one store far away, with real servers: opened, shared, left."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest

from esa_flows.errors import NotSent
from esa_flows.wire.cap import Cap
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.lending import Terms
from esa_flows.wire.store_address import StoreAddress

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

KEY = "LTAI5tFakeKeyId0001"
TERMS = Terms(period=1.002, rest=0.05)
Opening = Callable[..., FarStores]


@pytest.fixture
async def opening(tmp_path: Path) -> AsyncIterator[Opening]:
    """Open clients of a place of one's own, and part with them in the end."""
    made: list[FarStores] = []

    def make(url: str, share: float = 0.0) -> FarStores:
        """Open one."""
        stores = FarStores(
            StoreAddress.of(url),
            place=str(tmp_path),
            token=len(made) + 1,
            clock=time.monotonic,
            terms=TERMS,
            share=share,
        )
        made.append(stores)
        return stores

    yield make
    for stores in made:
        await anyio.to_thread.run_sync(stores.close)


async def test_two_clients_together_keep_to_one_cap(
    store_url: str, opening: Opening
) -> None:
    """As the server counts; each gets its part; nothing is in flight in the end."""
    caps = [Cap(20, stores=opening(store_url), clock=time.monotonic) for _ in range(2)]
    moments: list[float] = []

    async def call(cap: Cap) -> None:
        """Make calls one after the other."""
        for _ in range(8):
            async with cap.slot(key=KEY) as slot:
                moments.append(time.monotonic())
                slot.answered()

    async with anyio.create_task_group() as tasks:
        for cap in caps * 3:
            tasks.start_soon(call, cap)

    times = sorted(moments)

    assert len(times) == 48
    assert all(b - a >= 1.0 for a, b in zip(times, times[20:], strict=False))


async def test_what_a_client_held_is_free_when_it_leaves(
    store_url: str, opening: Opening
) -> None:
    """Nobody waits for the lease of somebody who said goodbye."""
    one, two = opening(store_url), opening(store_url)
    cap = Cap(1, stores=one, clock=time.monotonic)
    async with cap.slot(key=KEY) as slot:
        slot.not_sent()

    await anyio.to_thread.run_sync(one.close)
    with anyio.fail_after(5):
        async with Cap(1, stores=two, clock=time.monotonic).slot(key=KEY) as slot:
            slot.not_sent()

    assert one.shared == two.shared
    assert str(StoreAddress.of(store_url)) in one.shared
    assert "FakePassword" not in one.shared + repr(one)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "postgresql://127.0.0.1:9/x"])
async def test_a_store_that_is_not_there(url: str, opening: Opening) -> None:
    """Nothing is sent, and the error says where nobody answered."""
    stores = opening(url)
    cap = Cap(5, stores=stores, clock=time.monotonic)
    for _ in range(2):
        with pytest.raises(
            NotSent, match="through which the cap is shared, cannot"
        ) as caught:
            async with cap.slot(key=KEY):
                pass

    assert "127.0.0.1:9/" in caught.value.message
    assert "go on by themselves" in caught.value.next_move
    assert stores.shared.endswith("which cannot be asked now")
