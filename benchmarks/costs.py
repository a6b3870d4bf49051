"""What limiters cost: a slot that is free, and a queue of ten thousand.

`python -m benchmarks.costs ours|aiolimiter` prints one line of figures; aiolimiter runs
in the environment of `peers.txt`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from itertools import pairwise
from typing import Any

FREE, MANY, RATE = 20_000, 10_000, 5_000
Slot = Callable[[], AbstractAsyncContextManager[Any]]


def ours(rate: int) -> Slot:
    """Count by answers."""
    slot: Slot = import_module("esa_flows.wire.cap").Cap(rate).slot
    return slot


def aiolimiter(rate: int) -> Slot:
    """Fill a bucket."""
    limiter = import_module("aiolimiter").AsyncLimiter(rate, 1)
    return lambda: limiter


async def pass_through(slot: Slot) -> None:
    """Make a call that takes no time."""
    async with slot() as held:
        if hasattr(held, "answered"):
            held.answered()


async def free(slot: Slot) -> float:
    """Give the CPU of a slot that nobody waits for, in microseconds."""
    begun = time.process_time()
    for _ in range(FREE):
        await pass_through(slot)

    return (time.process_time() - begun) / FREE * 1e6


async def queue(slot: Slot) -> dict[str, float]:
    """Let ten thousand queue at once; give the CPU of each, and how many overtook."""
    order = list[int]()

    async def wait(number: int) -> None:
        await pass_through(slot)
        order.append(number)

    begun = time.process_time()
    await asyncio.gather(*map(wait, range(MANY)))
    spent = time.process_time() - begun
    overtaken = sum(one > other for one, other in pairwise(order))
    return {"queued_us": spent / MANY * 1e6, "overtaken": overtaken}


async def main() -> None:
    """Measure the limiter that the command line names."""
    make = {"ours": ours, "aiolimiter": aiolimiter}[sys.argv[1]]
    found = {"free_us": await free(make(100 * FREE))} | await queue(make(RATE))
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main())
