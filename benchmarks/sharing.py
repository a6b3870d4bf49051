"""One cap for four processes, beside one process that has it for itself."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial

import anyio.to_thread
from attrs import frozen

from benchmarks.limiters import N, fullest
from benchmarks.servers import postgres_server, redis_server
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor

__all__ = ["measure"]

PROCESSES, WORKERS = 4, 60
# Until everybody has imported what it needs; the first second is the start's burst.
READY, BURST = 5.0, 1.5


@frozen(kw_only=True)
class Shared:
    """What processes that share a cap have made of it.

    Attributes:
        rate: Calls a second, of all, once the first burst is over.
        fullest: Calls in the fullest second, wherever it begins.
        shares: Calls of each process.
        trips: Trips to the store for each call.
    """

    rate: float
    fullest: int
    shares: tuple[int, ...]
    trips: float


async def measure(effort: Effort) -> list[Line]:
    """Let four processes share through each store that is installed."""
    seconds = effort.pick(10.0, 4.0)
    alone = await _in_thread("alone", seconds, [PROCESSES * WORKERS])
    lines: list[Line] = []
    for name in ("file", "postgres", "redis")[: effort.pick(3, 1)]:
        try:
            with _place(name) as where:
                found = await _in_thread(where, seconds, [WORKERS] * PROCESSES)
        except FileNotFoundError as missing:
            print(f"sharing: {name} is left out: {missing}", file=sys.stderr)
            continue

        lines += _lines(name, found, alone)

    return lines


def _lines(name: str, found: Shared, alone: Shared) -> list[Line]:
    what = f"{PROCESSES} processes share the cap, {name}"
    lines = [
        Line(
            goal="P11",
            what=f"{what}: most calls in any second",
            ours=found.fullest,
            unit="calls",
            promise=Promise.figure(most=N),
        ),
        Line(
            goal="P11",
            what="  rate",
            ours=found.rate,
            beside=floor("one process that has it alone", alone.rate),
            unit="calls/s",
            promise=Promise.ratio(least=0.97),
        ),
        Line(
            goal="P11",
            what="  the smallest share beside the largest",
            ours=min(found.shares),
            beside=floor("the largest", max(found.shares)),
            unit="calls",
            promise=Promise.ratio(least=0.6),
        ),
    ]
    if not found.trips:
        return lines

    trips = Line(
        goal="P11",
        what="  trips to the store for each call",
        ours=found.trips,
        unit="trips",
        promise=Promise.figure(most=3),
    )
    return [*lines, trips]


async def _in_thread(where: str, seconds: float, workers: Sequence[int]) -> Shared:
    return await anyio.to_thread.run_sync(partial(_shared, where, seconds, workers))


def _shared(where: str, seconds: float, workers: Sequence[int]) -> Shared:
    """Run processes that begin at the same moment."""
    start = time.monotonic() + READY
    program = [sys.executable, "-m", "benchmarks.sharers", where, str(start)]
    running = [
        subprocess.Popen([*program, str(seconds), str(each)], stdout=subprocess.PIPE)
        for each in workers
    ]
    found = [json.loads(process.communicate()[0]) for process in running]
    counted = [moment for one in found for moment in one["counted"]]
    return Shared(
        rate=_rate(
            sorted(at for at in counted if start + BURST < at < start + seconds)
        ),
        fullest=fullest(counted),
        shares=tuple(len(one["counted"]) for one in found),
        trips=sum(one["trips"] for one in found) / len(counted),
    )


def _rate(moments: Sequence[float]) -> float:
    """Give calls a second over whole caps, so that bursts at the ends do not count."""
    whole = (len(moments) - 1) // N * N
    return whole / (moments[whole] - moments[0])


@contextlib.contextmanager
def _place(name: str) -> Iterator[str]:
    """Give a place to share through, for one use."""
    if name == "file":
        with tempfile.TemporaryDirectory() as folder:
            yield folder
            return

    make = {"postgres": postgres_server, "redis": redis_server}[name]
    with make() as server:
        yield server.url
