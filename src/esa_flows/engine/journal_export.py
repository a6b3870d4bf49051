"""A journal as JSON lines: for other programs, and for people with a text tool.

One object a line. Its `type` says what it is: `journal` once, first; then for each run
`run`, its `record`s and its `signal`s, in the order in which they were recorded.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from esa_flows.engine.journal import Row, RunRow, Signal
from esa_flows.engine.journal_columns import read_run
from esa_flows.engine.journal_reading import read_only, schema_of
from esa_flows.engine.journal_tables import Tables

__all__ = ["FORMAT", "export"]

FORMAT = 1
"""Number of this form of lines: it rises when a member changes its meaning or goes."""

Line = dict[str, Any]


def export(path: Path, *, run: str = "") -> Iterator[Line]:
    """Give a journal's lines; reads its file synchronously.

    Args:
        path: The journal's file, absolute.
        run: Only the run whose id begins so; empty for all.

    Raises:
        InvalidInput: There is no such journal.
        JournalCorrupt: A run does not match its checksums.
        JournalUnavailable: It cannot be read.
    """
    with read_only(path) as tables:
        yield {"type": "journal", "format": FORMAT, "schema": schema_of(tables)}
        for listed in _listed(tables, run):
            yield _run(listed)
            yield from map(_record, tables.rows(listed.run.id))
            for signal in tables.signals(listed.run.id, 0):
                yield _signal(listed.run.id, signal)


def _listed(tables: Tables, prefix: str) -> Iterator[RunRow]:
    if prefix:
        yield from tables.find(prefix)
        return

    found = tables.ask(
        "SELECT id, flow, subject, content, started_at, ended FROM runs ORDER BY number"
    )
    for columns in found:
        yield read_run(columns, source=tables.source)


def _run(listed: RunRow) -> Line:
    run = listed.run
    return {
        "type": "run",
        "run": run.id,
        "flow": run.flow,
        "subject": run.subject,
        "content": run.content,
        "started_at": run.started_at.isoformat(),
        "ended": listed.ended,
    }


def _record(row: Row) -> Line:
    record = row.record
    return {
        "type": "record",
        "run": row.run,
        "seq": row.seq,
        "at": record.at.isoformat(),
        "kind": record.kind.value,
        "step": record.step,
        "attempt": record.attempt,
        "fence": row.fence,
        "body": row.data,
        "crc": row.crc,
    }


def _signal(run: str, signal: Signal) -> Line:
    return {
        "type": "signal",
        "run": run,
        "id": signal.id,
        "verb": signal.verb.value,
        "by": signal.by,
        "at": signal.at.isoformat(),
    }
