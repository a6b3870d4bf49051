"""A fleet released in virtual time, to a local cloud in this process.

`python -m benchmarks.fleets SIZE` prints one line of figures: seconds of the clients'
time, calls that the cloud counted against the cap, the fullest second, and CPU for each
routine, the local cloud's included.
"""

import json
import sys
import time

import anyio
from tests.house import NEW, House

from esa_flows.testing import virtual_backend

SIZE, WORKERS = int(sys.argv[1]), 32


async def main() -> None:
    """Release one bundle to every routine, a few at a time, as the cap lets them."""
    house = House()
    names = [f"routine-{number:05}" for number in range(SIZE)]
    for name in names:
        house.live(name)

    left = iter(names)
    begun, now = time.process_time(), anyio.current_time()
    async with house.client() as client:

        async def work() -> None:
            for name in left:
                await client.release(name, NEW)

        async with anyio.create_task_group() as tasks:
            for _ in range(WORKERS):
                tasks.start_soon(work)

    told, spent = house.cloud.report(), time.process_time() - begun
    capped = {name: n for name, n in told.calls.items() if name != "PostObject"}
    figures = {
        "seconds": anyio.current_time() - now,
        "calls": sum(capped.values()),
        "fullest": told.peak_window,
        "ms": spent / SIZE * 1e3,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    backend, options = virtual_backend("asyncio")
    anyio.run(main, backend=backend, backend_options=options)
