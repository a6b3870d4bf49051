"""Limiters, ours and others: each runs alone, in a process of its own.

`python -m benchmarks.limiters NAME` calls for ten seconds as fast as the limiter lets
it, over ways of 0 to 50 ms, and prints one JSON line: how many calls were counted, and
how many in the fullest second, wherever it begins. Others run in the environment of
`peers.txt`, where this library is not.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import Any

N, WORKERS, SECONDS = 100, 200, 10.0
OUT, SERVICE = 0.05, 0.02

Slot = Callable[[], AbstractAsyncContextManager[Any]]


def ours() -> Slot:
    """Count by answers."""
    slot: Slot = import_module("esa_flows.wire.cap").Cap(N).slot
    return slot


def aiolimiter() -> Slot:
    """Fill a bucket: 100 at once and 100 a second."""
    limiter = import_module("aiolimiter").AsyncLimiter(N, 1)
    return lambda: limiter


def aiolimiter_spaced() -> Slot:
    """Fill a bucket of one: a call each hundredth of a second."""
    limiter = import_module("aiolimiter").AsyncLimiter(1, 1 / N)
    return lambda: limiter


def pyrate() -> Slot:
    """Keep a log of sends."""
    module = import_module("pyrate_limiter")
    rate = module.Rate(N, module.Duration.SECOND)
    bucket = module.BucketAsyncWrapper(module.InMemoryBucket([rate]))
    limiter = module.Limiter(bucket)

    @asynccontextmanager
    async def slot() -> Any:
        await limiter.try_acquire_async("call")
        yield

    return slot


def throttled() -> Slot:
    """Keep a theoretical arrival time."""
    module = import_module("throttled.asyncio")
    limiter = module.Throttled(
        key="call",
        using=module.RateLimiterType.GCRA.value,
        quota=module.per_sec(N, burst=N),
        timeout=3_600,
    )

    @asynccontextmanager
    async def slot() -> Any:
        await limiter.limit()
        yield

    return slot


ARMS: dict[str, Callable[[], Slot]] = {
    "ours": ours,
    "aiolimiter(100, 1)": aiolimiter,
    "aiolimiter(1, 0.01)": aiolimiter_spaced,
    "pyrate-limiter": pyrate,
    "throttled-py GCRA": throttled,
}


def fullest(moments: list[float]) -> int:
    """Give how many calls the fullest second held."""
    moments.sort()
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1.0:
            first += 1

        most = max(most, last - first + 1)

    return most


def trailing(moments: list[float]) -> list[tuple[float, int]]:
    """Give how many calls the second before each twentieth of a second held."""
    first = min(moments)
    looks = [step / 20 for step in range(1, int(SECONDS * 20))]
    return [
        (look, sum(look - 1 <= moment - first < look for moment in moments))
        for look in looks
    ]


async def run(slot: Slot) -> dict[str, Any]:
    """Call until the time is over."""
    counted, dice = list[float](), random.Random(1)
    end = time.monotonic() + SECONDS

    async def worker() -> None:
        while time.monotonic() < end:
            async with slot() as held:
                await asyncio.sleep(dice.random() * OUT)
                counted.append(time.monotonic())
                await asyncio.sleep(SERVICE)
                if hasattr(held, "answered"):
                    held.answered()

    await asyncio.gather(*(worker() for _ in range(WORKERS)))
    # The first of them left in one burst, which is the start's and not the rate's.
    steady = [moment for moment in counted if moment > end - SECONDS + 1.5]
    rate = (len(steady) - 1) / (max(steady) - min(steady))
    return {"rate": rate, "fullest": fullest(counted), "seconds": trailing(counted)}


def main() -> None:
    """Run the limiter that the command line names."""

    async def measured() -> dict[str, float]:
        return await run(ARMS[sys.argv[1]]())

    print(json.dumps(asyncio.run(measured())))


if __name__ == "__main__":
    main()
