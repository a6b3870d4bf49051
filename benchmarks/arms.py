"""The arms of the journal's benchmarks: each runs alone, in a process of its own.

`python -m benchmarks.arms NAME FLOWS STEPS` prints one JSON line of figures.
"""

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from esa_flows import Context, flow, step
from esa_flows.engine.engine import Engine
from esa_flows.engine.journal import Journal
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.process import Deaths, this_process

Figures = dict[str, float]
Entry = tuple[str | int, ...]

TABLE = """
create table records (
  run text not null, seq integer not null, at text not null, kind text not null,
  step text not null, attempt integer not null, fence integer not null,
  body text not null, crc integer not null, primary key (run, seq)
) without rowid
"""
INSERT = "insert into records values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
BODY = "x" * 160
TICK = 0.005


@step.idempotent()
async def work(_: Context, value: int) -> int:
    """Do nothing: what is left is the engine and the journal."""
    return value


@flow
async def chain(ctx: Context, count: int) -> int:
    """Do so many steps, one after another."""
    for number in range(count):
        await ctx.do(work, number, key=str(number))

    return count


class Gate:
    """Where the runs of a first process stop, and those of a second go through."""

    shut = True
    room = 0
    full = anyio.Event()


@step.idempotent()
async def gate(_: Context, value: int) -> int:
    """Wait for ever, once: the process that waits here is cancelled."""
    if Gate.shut:
        Gate.room -= 1
        if not Gate.room:
            Gate.full.set()

        await anyio.sleep_forever()

    return value


@flow
async def halting(ctx: Context, count: int) -> int:
    """Do half of the steps, pass the gate, do the other half."""
    for number in range(count):
        await ctx.do(gate if number == count // 2 else work, number, key=str(number))

    return count


def base_at(folder: Path) -> sqlite3.Connection:
    """Open a bare file with a table like the journal's, as safe as the journal."""
    base = sqlite3.connect(
        folder / "floor.db", isolation_level=None, check_same_thread=False
    )
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=full")
    base.execute(TABLE)
    return base


def row(run: int, seq: int) -> Entry:
    """Give a row as large as one of ours."""
    at = "2026-01-01T00:00:00.000000+00:00"
    return (f"run{run:09}", seq, at, "intent", f"work[{seq}]#1", 1, 1, BODY, seq)


def commit(base: sqlite3.Connection, rows: list[Entry]) -> None:
    """Write rows in one synced transaction."""
    base.execute("begin immediate")
    base.executemany(INSERT, rows)
    base.execute("commit")


async def bare(folder: Path, flows: int, steps: int) -> Figures:
    """Commit two rows a step from a plain loop: no tasks, no thread, no waiting."""
    base = base_at(folder)
    begun = time.perf_counter()
    for seq in range(2 * steps // flows):
        commit(base, [row(run, seq) for run in range(flows)])

    return {"us": (time.perf_counter() - begun) / steps * 1e6}


async def floor(folder: Path, flows: int, steps: int) -> Figures:
    """Commit as many rows, for as many tasks that wait for them, from one thread."""
    base, waiting = base_at(folder), list[tuple[Entry, asyncio.Future[None]]]()
    loop, wake = asyncio.get_running_loop(), asyncio.Event()

    async def write() -> None:
        nonlocal waiting
        while await wake.wait():
            wake.clear()
            while waiting:
                batch, waiting = waiting, []
                rows = [entry for entry, _ in batch]
                await loop.run_in_executor(None, commit, base, rows)
                for _, done in batch:
                    done.set_result(None)

    async def run(number: int) -> None:
        for seq in range(2 * steps // flows):
            done = loop.create_future()
            waiting.append((row(number, seq), done))
            wake.set()
            await done

    late = list[float]()
    beside = [asyncio.create_task(write()), asyncio.create_task(lags(late))]
    begun = time.perf_counter()
    await asyncio.gather(*map(run, range(flows)))
    spent = time.perf_counter() - begun
    for task in beside:
        task.cancel()

    return {"us": spent / steps * 1e6, "lag_ms": p99(late) * 1e3}


async def apart(folder: Path, flows: int, steps: int) -> Figures:
    """Commit as many rows for as many tasks, each row by itself, off the loop."""
    base, turn = base_at(folder), anyio.Lock()

    async def run(number: int) -> None:
        for seq in range(2 * steps // flows):
            async with turn:
                await anyio.to_thread.run_sync(commit, base, [row(number, seq)])

    begun = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for number in range(flows):
            tasks.start_soon(run, number)

    return {"us": (time.perf_counter() - begun) / steps * 1e6}


def engine_on(journal: Journal) -> Engine:
    """Give an engine with the flows of this module."""
    return Engine(
        journal=journal,
        ports={},
        flows={"chain": chain, "halting": halting},
        owner=this_process("bench"),
        now=lambda: datetime.now(UTC),
        random=random.Random(1),
        life=Deaths(),
    )


async def lags(into: list[float]) -> None:
    """Note how late the loop comes back to a timer."""
    while True:
        before = time.perf_counter()
        await anyio.sleep(TICK)
        into.append(time.perf_counter() - before - TICK)


def p99(late: list[float]) -> float:
    """Give what one in a hundred exceeds."""
    ordered = sorted(late) or [0.0]
    return ordered[int(len(ordered) * 0.99)]


async def durable(journal: Journal, flows: int, steps: int) -> Figures:
    """Run flows of durable steps; watch the loop beside them."""
    engine, late = engine_on(journal), list[float]()
    async with anyio.create_task_group() as watch:
        watch.start_soon(lags, late)
        begun = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(flows):
                tasks.start_soon(engine.start, chain, steps // flows)

        spent = time.perf_counter() - begun
        watch.cancel_scope.cancel()

    await journal.close()
    return {"us": spent / steps * 1e6, "lag_ms": p99(late) * 1e3}


async def ours(folder: Path, flows: int, steps: int) -> Figures:
    """Run on the journal in a file."""
    return await durable(SQLiteJournal(folder / "ours.sqlite"), flows, steps)


async def memory(_: Path, flows: int, steps: int) -> Figures:
    """Run on the journal in memory: the engine alone."""
    return await durable(MemoryJournal(), flows, steps)


async def resume(folder: Path, flows: int, steps: int) -> Figures:
    """Resume half-done runs; time until each has recorded a step of its own again."""
    path = folder / "half.sqlite"
    runs = await half_done(path, flows, steps // flows)
    journal = SQLiteJournal(path)
    engine, moving, spent = engine_on(journal), set[str](), 0.0
    begun = time.perf_counter()

    def note(told: Happening) -> None:
        nonlocal spent
        if told.moment is Moment.STEP_DONE and told.run not in moving:
            moving.add(told.run)
            spent = time.perf_counter() - begun

    async with anyio.create_task_group() as tasks:
        for run in runs:
            tasks.start_soon(partial(engine.resume, run, observer=note))

    await journal.close()
    return {"seconds": spent}


async def half_done(path: Path, flows: int, count: int) -> list[str]:
    """Leave runs that were stopped in the middle; give their ids."""
    journal, runs = SQLiteJournal(path), [f"{number:012}" for number in range(flows)]
    engine, Gate.room = engine_on(journal), flows
    async with anyio.create_task_group() as tasks:
        for run in runs:
            tasks.start_soon(partial(engine.start, halting, count, run_id=run))

        await Gate.full.wait()
        tasks.cancel_scope.cancel()

    await journal.close()
    Gate.shut = False
    return runs


async def raw_resume(folder: Path, flows: int, steps: int) -> Figures:
    """Read as many rows of as many runs and write one for each: the file alone."""
    base = base_at(folder)
    for run in range(flows):
        commit(base, [row(run, seq) for seq in range(steps // flows)])

    begun = time.perf_counter()
    for run in range(flows):
        name = f"run{run:09}"
        base.execute("select * from records where run = ?", [name]).fetchall()

    commit(base, [row(run, 1_000_000) for run in range(flows)])
    return {"seconds": time.perf_counter() - begun}


ARMS: dict[str, Callable[[Path, int, int], Awaitable[Figures]]] = {
    "bare": bare,
    "floor": floor,
    "apart": apart,
    "ours": ours,
    "memory": memory,
    "resume": resume,
    "raw_resume": raw_resume,
}


def main() -> None:
    """Run the arm that the command line names."""
    name, flows, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(anyio.run(ARMS[name], Path(folder), flows, steps)))


if __name__ == "__main__":
    main()
