"""One of several processes that share the cap: calls as fast as it is let.

`python -m benchmarks.sharers WHERE START SECONDS WORKERS`, with a folder, the address
of a store or `alone` for where, and a moment of the machine's monotonic clock for the
start; prints one JSON line: the moments at which its calls were counted, and its trips.
"""

import json
import random
import sys
import time
from pathlib import Path

import anyio
from attrs import define, evolve

from benchmarks.limiters import OUT, SERVICE, N
from esa_flows.wire.cap import Cap, InMemory, SlotStores
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.lending import Ask, Given, Lender, Terms
from esa_flows.wire.rule import Rule
from esa_flows.wire.slot_file import FileStores
from esa_flows.wire.store_address import StoreAddress


@define
class Counting:
    """A lender whose trips are counted."""

    lender: Lender
    trips: int = 0

    def lend(self, ask: Ask) -> Given:
        """Make one trip."""
        self.trips += 1
        return self.lender.lend(ask)

    def interrupt(self) -> None:
        """Make a trip that hangs fail."""
        self.lender.interrupt()

    def close(self) -> None:
        """Let go of the connection."""
        self.lender.close()


def stores_at(where: str) -> SlotStores:
    """Open what is shared."""
    token = random.getrandbits(52) | 1
    if where == "alone":
        return InMemory()

    if "://" not in where:
        return FileStores(Path(where), place="bench", token=token)

    stores = FarStores(
        StoreAddress.of(where),
        place="bench",
        token=token,
        clock=time.monotonic,
        terms=evolve(Terms.of(Rule()), birth=0.0),
    )
    stores._lender = Counting(stores._lender)  # noqa: SLF001  to count trips
    return stores


async def main(where: str, start: float, seconds: float, workers: int) -> None:
    """Call until the time is over."""
    stores, counted, dice = stores_at(where), list[float](), random.Random(1)
    cap = Cap(N, stores=stores, clock=time.monotonic)

    async def worker() -> None:
        while time.monotonic() < start + seconds:
            async with cap.slot() as slot:
                await anyio.sleep(dice.random() * OUT)
                counted.append(time.monotonic())
                await anyio.sleep(SERVICE)
                slot.answered()

    await anyio.sleep(max(0.0, start - time.monotonic()))
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(worker)

    trips = stores._lender.trips if isinstance(stores, FarStores) else 0  # type: ignore[attr-defined]  # noqa: SLF001
    if isinstance(stores, FarStores | FileStores):
        await anyio.to_thread.run_sync(stores.close)

    print(json.dumps({"counted": counted, "trips": trips}))


if __name__ == "__main__":
    anyio.run(
        main, sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    )
