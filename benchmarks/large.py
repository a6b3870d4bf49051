"""A journal of a hundred thousand runs, beside one that is almost empty."""

import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from attrs import evolve

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor
from esa_flows.engine.journal import Kind, NewRun, Owner, Record
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.engine.journal_tables import Tables

MANY, FEW, OPEN = 100_000, 10, 20
LOOKS = 30
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OWNER = Owner("", 0, "", "bench")
RUN = NewRun(id="", flow="release", subject="", content="c0ffee", started_at=AT)

Ask = Callable[[SQLiteJournal, int], Awaitable[object]]


def fill(path: Path, runs: int) -> None:
    """Write so many short runs of 500 routines; the last few have not ended."""
    path.touch()
    tables = Tables(connect(path), str(path))
    end = Record.of(Kind.ENDED, AT, {"event": "succeed", "value": None})
    begin = Record.of(Kind.STARTED, AT, {"flow": "release", "v": 1, "input": "x" * 200})
    tables.ask("BEGIN")
    for number in range(runs):
        subject = f"routine-{number % 500}"
        run = evolve(RUN, id=f"{number * 7919 % 10**9:012}", subject=subject)
        lease = tables.create(run, OWNER)
        tables.append(lease, [begin, end] if number < runs - OPEN else [begin])

    tables.ask("COMMIT")
    tables.close()


ASKED: dict[str, Ask] = {
    "list the newest 100": lambda journal, _: journal.list(),
    "list a routine's": lambda journal, n: journal.list(subject=f"routine-{n}"),
    "unfinished runs of a routine": lambda journal, n: journal.list(
        subject=f"routine-{n}", unfinished=True
    ),
    "all unfinished runs": lambda journal, _: journal.list(unfinished=True),
    "find a run by its prefix": lambda journal, n: journal.find(f"{n * 7919:012}"),
    "read a run": lambda journal, n: journal.rows(f"{n * 7919:012}"),
    "begin a run": lambda journal, n: journal.create(
        evolve(RUN, id=f"new{n:09}", subject="new"), OWNER
    ),
}


async def look(path: Path, ask: Ask, most: int) -> float:
    """Ask several times; give the median in milliseconds."""
    journal = await SQLiteJournal.open(path)
    taken = []
    for number in range(LOOKS):
        begun = time.perf_counter()
        await ask(journal, number % most)
        taken.append(time.perf_counter() - begun)

    await journal.close()
    return statistics.median(taken) * 1e3


async def opened(path: Path) -> float:
    """Open and close a journal; give milliseconds."""
    begun = time.perf_counter()
    await (await SQLiteJournal.open(path)).close()
    return (time.perf_counter() - begun) * 1e3


async def measure(effort: Effort) -> list[Line]:
    """Ask a large journal and a small one the same things."""
    runs = effort.pick(MANY, MANY // 10)
    with tempfile.TemporaryDirectory() as name:
        large, small = Path(name) / "large.sqlite", Path(name) / "small.sqlite"
        fill(large, runs)
        fill(small, FEW + OPEN)
        lines = [line(runs, "open", await opened(large), await opened(small))]
        for what, ask in ASKED.items():
            many = LOOKS if what == "begin a run" else FEW
            taken = [await look(path, ask, many) for path in (large, small)]
            lines.append(line(runs, what, *taken))

    return lines


def line(runs: int, what: str, large: float, small: float) -> Line:
    """Make a line of the table."""
    return Line(
        what=f"journal of {runs:,} runs: {what}",
        ours=large,
        beside=floor(f"with {FEW + OPEN} runs", small),
        unit="ms",
        promise=Promise.figure(most=100),
    )
