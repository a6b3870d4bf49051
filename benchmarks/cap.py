"""The rate under the cap, against its bound; what the server counted; and others."""

import json
import subprocess
import sys
import time
from functools import partial
from typing import Any

import anyio
import httpx

from benchmarks.limiters import ARMS, OUT, SERVICE
from benchmarks.service import OBSERVE, caller
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from benchmarks.turns import PEERS, Arm, Turns, middle, pairwise, take_turns
from esa_flows.localcloud.spawn import spawned
from esa_flows.wire.transport import open_client

CALLS = 1_000
WORKERS = 150
N, PERIOD = 100, 1.002


async def measure(effort: Effort) -> list[Line]:
    """Measure the whole path, then the limiter alone beside others."""
    calls = effort.pick(CALLS, CALLS // 2)
    return [
        *await through_http(calls),
        *await beside_others(effort),
        *await costs(effort),
    ]


async def through_http(calls: int) -> list[Line]:
    """Make calls as fast as the cap lets us, and ask the server what it saw."""
    async with spawned() as cloud, open_client() as http:
        ours, left = caller(http, cloud, calls_per_second=N), iter(range(calls))
        trips: list[float] = []
        ended: list[float] = []

        async def worker() -> None:
            for _ in left:
                answer = await ours.call(OBSERVE)
                trips.append(answer.elapsed)
                ended.append(time.perf_counter())

        begun = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(WORKERS):
                tasks.start_soon(worker)

        async with httpx.AsyncClient() as asking:
            seen = (await asking.get(f"{cloud.api}/__control__/report")).json()

    # What leaves at once in the beginning is not the rate.
    steady = [moment for moment in ended if moment > begun + 1.5]
    rate = (len(steady) - 1) / (max(steady) - min(steady))
    trip = sum(trips) / len(trips)
    bound = N / (PERIOD + trip)
    return [
        Line(
            goal="P2",
            what=f"{calls:,} calls under the cap, over HTTP",
            ours=rate,
            beside=floor("N / (period + round trip)", bound),
            unit="calls/s",
            promise=Promise.ratio(least=0.97),
        ),
        Line(
            goal="P2",
            what="  most of them in any second, as the server counted",
            ours=seen["peak_window"],
            unit="calls",
            promise=Promise.figure(most=N),
        ),
    ]


async def beside_others(effort: Effort) -> list[Line]:
    """Let each limiter call for ten seconds over ways of 0 to 50 ms, in turn."""
    bound = N / (PERIOD + OUT / 2 + SERVICE)
    lines: list[Line] = []
    for name in list(ARMS)[: effort.pick(len(ARMS), 2)]:
        found = await anyio.to_thread.run_sync(partial(turn, name))
        if found is None:
            print(f"{name} is left out: no {PEERS}.", file=sys.stderr)
            continue

        effort.draw("windows", name, found["seconds"])
        lines += [
            Line(
                goal="P2" if name == "ours" else "",
                what=f"{name}: most calls in any second, ways of 0 to 50 ms",
                ours=found["fullest"],
                unit="calls",
                promise=Promise.figure(most=N) if name == "ours" else None,
            ),
            Line(
                goal="P2" if name == "ours" else "",
                what=f"{name}: rate",
                ours=found["rate"],
                beside=floor("bound of who is never above", bound),
                unit="calls/s",
                promise=Promise.ratio(least=0.97) if name == "ours" else None,
            ),
        ]

    return lines


async def costs(effort: Effort) -> list[Line]:
    """Compare what a slot costs: free, behind ten thousand, and while those wait."""
    arms = [
        Arm("ours", ("-m", "benchmarks.costs", "ours")),
        Arm("aiolimiter", ("-m", "benchmarks.costs", "aiolimiter"), PEERS),
        Arm("check", ("-m", "benchmarks.costs", "check")),
    ]
    found = await take_turns(arms, effort.pick(5, 1))
    if "aiolimiter" not in found:
        return []

    return [
        *free_slots(found),
        beside_aiolimiter(found, "a slot after 10,000 others", "queued_us", most=1.2),
        Line(
            goal="P3",
            what="  of whom so many overtook another",
            unit="waiters",
            ours=middle(found, "ours", "overtaken"),
            beside=peer("aiolimiter", middle(found, "aiolimiter", "overtaken")),
            promise=Promise.figure(most=0),
        ),
        beside_aiolimiter(
            found, "10,000 who wait at 100 a second", "parked", unit="% CPU", most=1.2
        ),
    ]


def free_slots(found: Turns) -> list[Line]:
    """Make the lines on a slot that is free: what it does, and what it does besides."""
    # No limiter of one loop alone asks whether its caller was cancelled, as ours does.
    found["both"] = [
        {"free_us": one["free_us"] + other["free_us"]}
        for one, other in zip(found["aiolimiter"], found["check"], strict=True)
    ]
    return [
        Line(
            goal="P3",
            what="a slot that is free, for who is not cancelled",
            unit="µs CPU",
            ours=middle(found, "ours", "free_us"),
            beside=peer("aiolimiter, anyio's check", middle(found, "both", "free_us")),
            ratio_found=pairwise(found, "ours", "both", "free_us"),
            promise=Promise.ratio(most=1.5),
        ),
        beside_aiolimiter(found, "  beside one that does not ask", "free_us"),
        Line(
            goal="P3",
            what="  through the gates of operation and account",
            unit="µs CPU",
            ours=middle(found, "ours", "two_us"),
        ),
    ]


def beside_aiolimiter(
    found: Turns,
    what: str,
    figure: str,
    *,
    unit: str = "µs CPU",
    most: float | None = None,
) -> Line:
    """Make the line on one figure that both have."""
    return Line(
        goal="P3",
        what=what,
        unit=unit,
        ours=middle(found, "ours", figure),
        beside=peer("aiolimiter", middle(found, "aiolimiter", figure)),
        ratio_found=pairwise(found, "ours", "aiolimiter", figure),
        promise=None if most is None else Promise.ratio(most=most),
    )


def turn(name: str) -> dict[str, Any] | None:
    """Run one limiter in a fresh process; none where its environment is not there."""
    python = sys.executable if name == "ours" else str(PEERS)
    try:
        done = subprocess.run(
            [python, "-m", "benchmarks.limiters", name],
            stdout=subprocess.PIPE,
            check=True,
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None

    found: dict[str, Any] = json.loads(done.stdout)
    return found
