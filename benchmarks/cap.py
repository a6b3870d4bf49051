"""The rate under the cap, against its bound; what the server counted; and others."""

import json
import subprocess
import sys
import time
from functools import partial

import anyio
import httpx

from benchmarks.journal import PEER
from benchmarks.limiters import ARMS, OUT, SERVICE
from benchmarks.service import OBSERVE, caller
from benchmarks.table import Line
from esa_flows.localcloud.spawn import spawned
from esa_flows.wire.transport import open_client

CALLS = 1_000
WORKERS = 150
N, PERIOD = 100, 1.002


async def measure() -> list[Line]:
    """Measure the whole path, then the limiter alone beside others."""
    return [*await through_http(), *await beside_others()]


async def through_http() -> list[Line]:
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


async def beside_others() -> list[Line]:
    """Let each limiter call for ten seconds over ways of 0 to 50 ms, in turn."""
    bound = N / (PERIOD + OUT / 2 + SERVICE)
    lines: list[Line] = []
    for name in ARMS:
        found = await anyio.to_thread.run_sync(partial(turn, name))
        if found is None:
            print(f"cap: {name} is left out; `make peers` installs it.")
            continue

        lines += [
            Line(
                what=f"{name}: most calls in any second, ways of 0 to 50 ms",
                ours=found["fullest"],
                beside=N,
                unit="calls",
                target="≤ 1",
            ),
            Line(
                what=f"{name}: rate beside the bound of who is never above",
                ours=found["rate"],
                beside=bound,
                unit="calls/s",
                target="≥ 0.97" if name == "ours" else "",
            ),
        ]

    return lines


def turn(name: str) -> dict[str, float] | None:
    """Run one limiter in a fresh process; none where its environment is not there."""
    python = sys.executable if name == "ours" else str(PEER)
    try:
        done = subprocess.run(
            [python, "-m", "benchmarks.limiters", name],
            stdout=subprocess.PIPE,
            check=True,
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None

    found: dict[str, float] = json.loads(done.stdout)
    return found
