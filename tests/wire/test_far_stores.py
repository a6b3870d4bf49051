"""Clients of one store far away, with real servers: opened, shared, left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from attrs import evolve
from tests.process.proxy import Rule as Stall
from tests.process.proxy import proxied
from tests.wire.servers import Server
from tests.wire.sharer import CALLS

from esa_flows.errors import NotSent
from esa_flows.wire.cap import Cap
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.lending import Terms
from esa_flows.wire.rule import Rule
from esa_flows.wire.store_address import StoreAddress

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

KEY = "LTAI5tFakeKeyId0001"
TERMS = Terms(period=1.002, rest=0.05, birth=0.05)
MUCH = 20.0
"""Seconds that nobody waits for a store, however busy this machine is."""
Opening = Callable[..., FarStores]


@pytest.fixture
async def opening(tmp_path: Path) -> AsyncIterator[Opening]:
    """Open clients of a place of one's own, and part with them in the end."""
    made: list[FarStores] = []

    def make(url: str, **changes: Any) -> FarStores:
        """Open one."""
        stores = FarStores(
            StoreAddress.of(url),
            place=str(tmp_path),
            token=len(made) + 1,
            clock=time.monotonic,
            **{"terms": TERMS} | changes,
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


# --- trouble on the way ---------------------------------------------------------------


class Crowd:
    """Callers of several clients, and when the provider counted their calls."""

    def __init__(self, *stores: FarStores) -> None:
        self.caps = [Cap(20, stores=each, clock=time.monotonic) for each in stores]
        self.counted: list[tuple[float, int]] = []

    async def call(self, number: int) -> None:
        """Call on and on; wait a little where the store is lost."""
        while True:
            try:
                async with self.caps[number].slot(key=KEY) as slot:
                    self.counted.append((time.monotonic(), number))
                    await anyio.sleep(0.01)
                    slot.answered()
            except NotSent:
                await anyio.sleep(0.05)

    @asynccontextmanager
    async def calling(self, terms: Terms) -> AsyncIterator[None]:
        """Have everybody call while the block runs, from when the store lends."""
        async with anyio.create_task_group() as tasks:
            for number in range(len(self.caps)):
                for _ in range(8):
                    tasks.start_soon(self.call, number)

            await anyio.sleep(terms.birth + 0.1)
            yield
            tasks.cancel_scope.cancel()

    def since(self, moment: float) -> list[int]:
        """Give how many calls each client has made since a moment."""
        late = [number for at, number in self.counted if at >= moment]
        return [late.count(number) for number in range(len(self.caps))]

    def never_above(self) -> bool:
        """Tell whether no second saw more than it may."""
        times = sorted(moment for moment, _ in self.counted)
        return all(b - a >= 1.0 for a, b in zip(times, times[20:], strict=False))


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_store_that_goes_and_comes_back(
    own_server: Server, opening: Opening
) -> None:
    """Killed while everybody calls: nothing is sent; started empty: never above."""
    terms = Terms.of(Rule(grace=0.1))
    crowd = Crowd(*[opening(own_server.url, terms=terms) for _ in range(2)])
    async with crowd.calling(terms):
        await anyio.sleep(0.5)
        await anyio.to_thread.run_sync(own_server.stop)
        await anyio.sleep(0.3)
        gone = time.monotonic()
        await anyio.sleep(0.7)
        while_gone = crowd.since(gone)
        await anyio.to_thread.run_sync(own_server.start)
        back = time.monotonic()
        await anyio.sleep(4)

    # One that was lent before, at most.
    assert max(while_gone) <= 1
    assert min(crowd.since(back)) > 0
    assert crowd.never_above()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_client_that_is_cut_off_lives_on_its_share(
    store_url: str, opening: Opening
) -> None:
    """The others go on with the rest, and all together are never above."""
    terms = evolve(Terms.of(Rule()), birth=0.1)
    async with proxied(store_url) as proxy:
        far = store_url.replace(str(urlsplit(store_url).port), str(proxy.port))
        crowd = Crowd(
            opening(far, terms=terms, share=0.2),
            opening(store_url, terms=terms, share=0.2),
        )
        async with crowd.calling(terms):
            await anyio.sleep(1)
            await proxy.deafen()
            await anyio.sleep(1)
            cut = time.monotonic()
            await anyio.sleep(1.5)
            alone = crowd.since(cut)
            await proxy.listen()
            await anyio.sleep(1.5)

    assert 4 <= alone[0] <= 8
    assert alone[1] > 12
    assert crowd.never_above()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_store_that_answers_late_slows_and_breaks_nothing(
    store_url: str, opening: Opening
) -> None:
    """A fifth of a second for each trip; the cap holds and most of it is used."""
    async with proxied(store_url, latency=0.1) as proxy:
        far = store_url.replace(str(urlsplit(store_url).port), str(proxy.port))
        crowd = Crowd(opening(far), opening(store_url))
        async with crowd.calling(TERMS):
            # Connecting takes some trips more.
            await anyio.sleep(1.5)
            begun = time.monotonic()
            await anyio.sleep(1.5)

    late, near = crowd.since(begun)

    assert late > 0
    assert late + near >= 16
    assert crowd.never_above()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_store_that_hangs_is_given_up(store_url: str, opening: Opening) -> None:
    """Nobody waits longer than said; the next trip has a connection of its own."""
    stalled = Stall(about=b"esa_flows", kind="stall")
    async with proxied(store_url, stalled) as proxy:
        far = store_url.replace(str(urlsplit(store_url).port), str(proxy.port))
        cap = Cap(20, stores=opening(far, patience=0.5), clock=time.monotonic)
        begun = time.monotonic()
        with pytest.raises(NotSent, match="through which the cap is shared"):
            async with cap.slot(key=KEY):
                pass

        took = time.monotonic() - begun
        await anyio.sleep(1.1)
        async with cap.slot(key=KEY) as slot:
            slot.answered()

    assert took < MUCH
    assert proxy.connections == 2


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


# --- processes ------------------------------------------------------------------------


def test_four_processes_one_killed_while_it_holds_slots(
    store_url: str, tmp_path: Path
) -> None:
    """Never above the cap; a lease later the slots of the dead are everybody's."""
    logs = [tmp_path / f"{n}.log" for n in range(4)]
    program = [sys.executable, "-m", "tests.wire.sharer", store_url, "6"]
    processes = [
        subprocess.Popen([*program, str(log), *(["hold"] if log == logs[0] else [])])
        for log in logs
    ]
    deadline = time.monotonic() + 60
    while not (logs[0].exists() and logs[0].read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    processes[0].send_signal(signal.SIGKILL)
    codes = [process.wait(timeout=60) for process in processes]
    each = [[float(line) for line in log.read_text().split()] for log in logs]
    times = sorted(moment for log in each for moment in log)
    late = [moment for moment in times if moment > times[-1] - 2.5]

    assert codes == [-signal.SIGKILL, 0, 0, 0]
    assert all(b - a >= 1.0 for a, b in zip(times, times[CALLS:], strict=False))
    assert all(each)
    assert len(late) >= CALLS + CALLS // 3
