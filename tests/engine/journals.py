"""Journals of known content, and ways to damage them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from esa_flows.engine.journal import Kind, NewRun, Owner, Record, Row, SignalVerb
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_tables import Tables

AT = dt.datetime(2025, 3, 1, 12, 30, tzinfo=dt.UTC)
HERE = Owner("boot", 7, "100", "a")
BUNDLE = {"bundle": {"digest": "b" * 64, "size": 3}}
STARTED = Record.of(Kind.STARTED, AT, {"flow": "f", "v": 1, "input": BUNDLE})
DONE = Record.of(Kind.OUTCOME, AT, {"v": 1, "in": "", "value": [1]}, step="s#1")
ENDED = Record.of(Kind.ENDED, AT, {"event": "succeed", "value": 1})


def made(path: Path, act: Callable[[Tables], Any]) -> Path:
    """Make a journal, and let somebody write into it."""
    path.touch()
    with closing(Tables(connect(path), str(path))) as tables:
        act(tables)
        tables.flush()

    return path


def write(tables: Tables, run: str, *records: Record) -> tuple[Row, ...]:
    """Write a run with some records, and a signal in its inbox."""
    new = NewRun(id=run, flow="f", subject="shop", content="c", started_at=AT)
    rows = tables.append(tables.create(new, HERE), records)
    tables.signal(run, SignalVerb.PAUSE, "Ana", AT)
    return rows


def two_runs(tables: Tables) -> None:
    """Write a run that ended and one that did not."""
    write(tables, "AAAA00000001", STARTED, DONE, ENDED)
    write(tables, "BBBB00000002", STARTED, DONE)


def damage(path: Path, *statements: str) -> None:
    """Change a journal behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)
