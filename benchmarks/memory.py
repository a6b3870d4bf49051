"""P7: what a pending routine and a flow in flight cost in memory.

`python -m benchmarks.memory ARM COUNT` prints one line of figures: bytes for each of so
many, as Python counts them.
"""

import gc
import json
import sys
import tempfile
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from attrs import define

from benchmarks.arms import chain, engine_on
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor
from benchmarks.turns import Arm, Turns, middle, take_turns
from esa_flows import Context, flow, step
from esa_flows.engine.journal_sqlite import SQLiteJournal

ROUNDS = 3
PENDING, FLOWS = 100_000, 2_000
AT_ONCE = 16
KB = 1024.0


@define
class Room:
    """Counts those who wait in it, and measures when all are there."""

    missing: int = 0
    traced: int = 0
    leave: Callable[[], object] = bool

    def open(self, missing: int) -> None:
        """Count from here, until so many are there."""
        self.missing = missing
        gc.collect()
        tracemalloc.start()

    async def stay(self) -> None:
        """Wait; whoever comes last measures and lets all go."""
        self.missing -= 1
        if not self.missing:
            gc.collect()
            self.traced = tracemalloc.get_traced_memory()[0]
            self.leave()

        await anyio.sleep_forever()


ROOM = Room()


@step.read()
async def park(_: Context, value: int) -> int:
    """Stay for ever."""
    await ROOM.stay()
    return value


@flow
async def parked(ctx: Context, value: int) -> int:
    """Stay in a step."""
    return await ctx.do(park, value)


@flow
async def fleet(ctx: Context, count: int) -> int:
    """Have so many to do, a few at once."""
    values = dict(zip(map(str, range(count)), range(count), strict=True))
    ROOM.open(AT_ONCE)
    await ctx.each(park, values, limit=AT_ONCE)
    return count


async def pending(folder: Path, count: int) -> None:
    """Let one run have so many to do."""
    await engine_on(SQLiteJournal(folder / "fleet.sqlite")).start(fleet, count)


async def flight(folder: Path, count: int) -> None:
    """Have so many runs in a step."""
    engine = engine_on(SQLiteJournal(folder / "flight.sqlite"))
    await engine.start(chain, 1)  # what is made once is not theirs
    ROOM.open(count)
    async with anyio.create_task_group() as tasks:
        for number in range(count):
            tasks.start_soon(engine.start, parked, number)


async def pool(_: Path, count: int) -> None:
    """Have so many tasks that wait, and nothing else."""
    ROOM.open(count)
    async with anyio.create_task_group() as tasks:
        for _number in range(count):
            tasks.start_soon(ROOM.stay)


ARMS: dict[str, Callable[[Path, int], Awaitable[None]]] = {
    "pending": pending,
    "flight": flight,
    "pool": pool,
}


async def run(arm: str, count: int) -> None:
    """Run an arm until all are there; print its figures."""
    with tempfile.TemporaryDirectory() as folder, anyio.CancelScope() as host:
        ROOM.leave = host.cancel
        await ARMS[arm](Path(folder), count)

    print(json.dumps({"bytes": ROOM.traced / count}))


async def measure(effort: Effort) -> list[Line]:
    """Let arms take turns, each in a fresh process."""
    found: Turns = {}
    for arm, full in {"pending": PENDING, "flight": FLOWS, "pool": FLOWS}.items():
        count = str(effort.pick(full, full // 10))
        command = ("-m", "benchmarks.memory", arm, count)
        found |= await take_turns([Arm(arm, command)], effort.pick(ROUNDS, 1))

    idle = floor("a task that waits", middle(found, "pool", "bytes") / KB)
    return [
        Line(
            goal="P7",
            what="memory of a routine that waits for its turn",
            unit="KB",
            ours=middle(found, "pending", "bytes") / KB,
            promise=Promise.figure(most=0.5),
        ),
        Line(
            goal="P7",
            what="memory of a flow in flight, without its connection",
            unit="KB",
            ours=middle(found, "flight", "bytes") / KB,
            beside=idle,
            promise=Promise.figure(most=12),
        ),
    ]


if __name__ == "__main__":
    anyio.run(run, sys.argv[1], int(sys.argv[2]))
