"""The rate under the cap, against its bound; and what the server counted."""

import time

import anyio
import httpx

from benchmarks.service import OBSERVE, caller
from benchmarks.table import Line
from esa_flows.localcloud.spawn import spawned
from esa_flows.wire.transport import open_client

CALLS = 1_000
WORKERS = 150
N, PERIOD = 100, 1.002


async def measure() -> list[Line]:
    """Make calls as fast as the cap lets us, and ask the server what it saw."""
    async with spawned() as cloud, open_client() as http:
        ours, left = caller(http, cloud, calls_per_second=N), iter(range(CALLS))
        trips: list[float] = []

        async def worker() -> None:
            for _ in left:
                answer = await ours.call(OBSERVE)
                trips.append(answer.elapsed)

        begun = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(WORKERS):
                tasks.start_soon(worker)

        spent = time.perf_counter() - begun
        async with httpx.AsyncClient() as asking:
            seen = (await asking.get(f"{cloud.api}/__control__/report")).json()

    # The first N calls go at once; the rest wait for the slots of those before them.
    trip = sum(trips) / len(trips)
    bound = N / (PERIOD + trip)
    return [
        Line(
            what=f"{CALLS} calls under the cap",
            ours=(CALLS - N) / (spent - trip),
            beside=bound,
            unit="calls/s",
            target="≥ 0.97 of N / (period + round trip)",
        ),
        Line(
            what="most calls in any second, as the server counted",
            ours=seen["peak_window"],
            beside=N,
            unit="calls",
            target="≤ 1",
        ),
    ]
