"""A durable step against the floor: as many bare SQLite commits of as many rows."""

import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import anyio

from benchmarks.table import Line
from esa_flows import Context, flow, step
from esa_flows.engine.engine import Engine
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.engine.process import life_of, this_process

STEPS = 200
FLOWS = 50
ROUNDS = 3


@step.idempotent()
async def work(_: Context, value: int) -> int:
    """Do nothing: what is left is the journal."""
    return value


@flow
async def chain(ctx: Context, count: int) -> int:
    """Do so many steps, one after another."""
    for number in range(count):
        await ctx.do(work, number, key=str(number))

    return count


def floor(folder: Path, steps: int, together: int) -> float:
    """Commit two rows a step, `together` steps a commit; give microseconds a step."""
    base = sqlite3.connect(folder / f"floor{together}.db", isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=full")
    base.execute("create table if not exists row (run, seq, body)")
    begun = time.perf_counter()
    for number in range(steps // together):
        for half in range(2):
            base.execute("begin immediate")
            rows = [(n, 2 * number + half, "x" * 160) for n in range(together)]
            base.executemany("insert into row values (?, ?, ?)", rows)
            base.execute("commit")

    spent = time.perf_counter() - begun
    base.close()
    return spent / steps * 1e6


async def ours(folder: Path, steps: int, together: int) -> float:
    """Run flows of durable steps; give microseconds a step."""
    journal = SQLiteJournal(folder / f"ours{together}.db")
    engine = Engine(
        journal=journal,
        ports={},
        flows={"chain": chain},
        owner=this_process("bench"),
        now=lambda: datetime.now(UTC),
        random=random.Random(1),
        life=life_of,
    )
    begun = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(together):
            tasks.start_soon(engine.start, chain, steps // together)

    spent = time.perf_counter() - begun
    await journal.close()
    return spent / steps * 1e6


async def measure() -> list[Line]:
    """Interleave ours and the floor; take the best of each."""
    lines = []
    for together, steps in ((1, STEPS), (FLOWS, STEPS * 10)):
        mine, beside = [], []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as name:
                beside.append(floor(Path(name), steps, together))
                mine.append(await ours(Path(name), steps, together))

        lines.append(
            Line(
                what=f"durable step, {together} flows at once",
                ours=min(mine),
                beside=min(beside),
                unit="µs",
                target="≤ 2 × the floor at 50 flows",
            )
        )

    return lines
