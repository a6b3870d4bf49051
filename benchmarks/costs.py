"""What limiters cost: a slot that is free, a queue of ten thousand, and its wait.

`python -m benchmarks.costs ours|aiolimiter|check` prints one line of figures;
aiolimiter runs in the environment of `peers.txt`. Both read the same clock, as our
clients do that share their slots, and let as many leave at once. What ours does
besides, for each slot: it asks whether its caller was cancelled, which the arm `check`
does alone; in `two_us` it passes an operation's gate and the account's, as each call
does; and it is told of the answer.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

FREE, MANY, RATE, BURST, SLOW = 20_000, 10_000, 5_000, 50, 100
SETTLING, WATCHING = 1.0, 3.0
Slot = Callable[[], AbstractAsyncContextManager[Any]]


def ours(rate: int, burst: int) -> Slot:
    """Count by answers."""
    made = import_module("esa_flows.wire.cap").Cap
    slot: Slot = made(rate, burst=burst, clock=time.monotonic).slot
    return slot


def aiolimiter(rate: int, burst: int) -> Slot:
    """Fill a bucket."""
    limiter = import_module("aiolimiter").AsyncLimiter(burst, burst / rate)
    return lambda: limiter


async def pass_through(slot: Slot) -> None:
    """Make a call that takes no time."""
    async with slot() as held:
        if hasattr(held, "answered"):
            held.answered()


async def free(slot: Slot) -> float:
    """Give the CPU of a slot that nobody waits for, in microseconds."""
    await pass_through(slot)  # the first one imports, and opens what is needed
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


async def parked(slot: Slot) -> float:
    """Give the part of a core, in per cent, that goes while ten thousand wait."""
    waiting = [asyncio.create_task(pass_through(slot)) for _ in range(MANY)]
    await asyncio.sleep(SETTLING)
    begun, spent = time.monotonic(), time.process_time()
    await asyncio.sleep(WATCHING)
    share = (time.process_time() - spent) / (time.monotonic() - begun)
    for task in waiting:
        task.cancel()

    await asyncio.gather(*waiting, return_exceptions=True)
    return 100 * share


async def check() -> dict[str, float]:
    """Give what it costs to ask whether one was cancelled."""
    ask = import_module("anyio.lowlevel").checkpoint_if_cancelled
    await ask()
    begun = time.process_time()
    for _ in range(FREE):
        await ask()

    return {"free_us": (time.process_time() - begun) / FREE * 1e6}


async def costs(make: Callable[[int, int], Slot]) -> dict[str, float]:
    """Measure a limiter."""
    found = {"free_us": await free(make(100 * FREE, 100 * FREE))}
    if make is ours:
        cap: Any = ours(100 * FREE, 100 * FREE)
        found["two_us"] = await free(partial(cap, "esa.GetRoutine"))

    found |= await queue(make(RATE, BURST))
    return found | {"parked": await parked(make(SLOW, BURST))}


def main() -> None:
    """Measure the limiter that the command line names."""
    arms = {"ours": partial(costs, ours), "aiolimiter": partial(costs, aiolimiter)}
    print(json.dumps(asyncio.run((arms | {"check": check})[sys.argv[1]]())))


if __name__ == "__main__":
    main()
