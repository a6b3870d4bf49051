"""One of several processes that share a cap: calls until it is told to stop, or dies.

Give it a folder, seconds to call for, and the file for the moments of its calls; and
`hold`, for one that never gives back what it holds.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import anyio

from esa_flows.wire.cap import Cap
from esa_flows.wire.slot_file import FileStores

CALLS = 40
WORKERS = 30


async def main(folder: Path, seconds: float, log: Path, hold: float) -> None:
    """Make calls as fast as the cap lets this process; note when each is counted."""
    stores = FileStores(folder, place="test", token=random.getrandbits(52) | 1)
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
    stores.close()


if __name__ == "__main__":
    holds = 600.0 if "hold" in sys.argv else 0.0
    anyio.run(main, Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), holds)
