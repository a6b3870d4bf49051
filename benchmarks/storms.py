"""The cap in virtual time, under every weather that its proof knows.

`python -m benchmarks.storms CALLS` makes so many calls in each weather and prints
figures: calls made, calls in the fullest second, slots that never came back, and the
rate of a calm day beside its bound.
"""

import json
import sys

import anyio
from tests.wire.test_cap_proof import WEATHERS, Server, storm

from esa_flows.testing import virtual_backend
from esa_flows.wire.cap import Cap
from esa_flows.wire.rule import Rule

N, PERIOD, TRIP, WORKERS = 100, 1.002, 0.02, 250


async def rate(calls: int) -> float:
    """Give the rate on a calm day, over what the rule allows."""
    cap, left, begun = Cap(N), iter(range(calls)), anyio.current_time()

    async def work() -> None:
        for _ in left:
            async with cap.slot("esa.GetRoutine") as slot:
                await anyio.sleep(TRIP)
                slot.answered()

    async with anyio.create_task_group() as tasks:
        for _ in range(WORKERS):
            tasks.start_soon(work)

    # What leaves at once in the beginning is not the rate.
    steady = calls - Rule().burst
    spent = anyio.current_time() - begun - TRIP
    return steady / spent / (N / (PERIOD + TRIP))


async def main(calls: int) -> None:
    """Go through all weathers."""
    fullest, left = 0, 0
    for weather in WEATHERS.values():
        cap = Cap(N)
        server: Server = await storm(cap, weather, calls)
        now = cap.statistics()
        fullest, left = max(fullest, server.most_in()), left + now.in_flight

    figures = {
        "calls": calls * len(WEATHERS),
        "fullest": fullest,
        "left": left,
        "rate": await rate(calls),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    backend, options = virtual_backend("trio")
    anyio.run(main, int(sys.argv[1]), backend=backend, backend_options=options)
