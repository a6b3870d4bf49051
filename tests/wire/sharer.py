"""One of several processes that share a cap: calls until it is told to stop, or dies.

Give it a folder or the address of a store, seconds to call for, and the file for the
moments of its calls; and `hold`, for one that never gives back what it holds.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import anyio

from esa_flows.wire.cap import Cap
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.lending import Terms
from esa_flows.wire.slot_file import FileStores
from esa_flows.wire.store_address import StoreAddress

CALLS = 40
WORKERS = 30
TERMS = Terms(period=1.002, rest=2.002, birth=0.1, lease=0.8)


def stores_at(where: str) -> FileStores | FarStores:
    """Open what is shared."""
    token = random.getrandbits(52) | 1
    if "://" not in where:
        return FileStores(Path(where), place="test", token=token)

    return FarStores(
        StoreAddress.of(where),
        place="sharers",
        token=token,
        clock=time.monotonic,
        terms=TERMS,
    )


async def main(where: str, seconds: float, log: Path, hold: float) -> None:
    """Make calls as fast as the cap lets this process; note when each is counted."""
    stores = stores_at(where)
    cap = Cap(CALLS, stores=stores, clock=time.monotonic)
    end = time.monotonic() + seconds
    # One write for each line: what a killed process has noted stays noted.
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def calling() -> None:
        """Call until the time is over."""
        while time.monotonic() < end:
            async with cap.slot("esa.GetRoutine", key="LTAI5tFakeKeyId0001") as slot:
                await anyio.sleep(random.random() * 0.03)
                os.write(out, f"{time.monotonic():.6f}\n".encode())
                await anyio.sleep(random.random() * 0.03 + hold)
                slot.answered()

    async with anyio.create_task_group() as tasks:
        for _ in range(WORKERS):
            tasks.start_soon(calling)

    os.close(out)
    await anyio.to_thread.run_sync(stores.close)


if __name__ == "__main__":
    holds = 600.0 if "hold" in sys.argv else 0.0
    anyio.run(main, sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), holds)
