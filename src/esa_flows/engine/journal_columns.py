"""The journal's values as the columns of its tables, and back; pure.

What was written cannot fail to be read, unless the file was damaged or edited: then
the error names the place.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from esa_flows.engine.journal import (
    Kind,
    NewRun,
    Owner,
    Record,
    Row,
    RunRow,
    Signal,
    SignalVerb,
)
from esa_flows.errors import JournalCorrupt

__all__ = ["columns_of", "read_owner", "read_row", "read_run", "read_signal"]

Columns = tuple[Any, ...]

_UNREADABLE = (AttributeError, TypeError, ValueError)


def columns_of(row: Row) -> Columns:
    """Give a row's columns in the order of the table."""
    record = row.record
    return (
        row.run,
        row.seq,
        record.stamp,
        record.kind.value,
        record.step,
        record.attempt,
        row.fence,
        record.body,
        row.crc,
    )


def read_row(columns: Columns, *, source: str) -> Row:
    """Read what `columns_of` gave.

    Args:
        columns: All columns of the table.
        source: The journal's name, for the error.

    Raises:
        JournalCorrupt: They are no row.
    """
    run, seq, at, kind, step, attempt, fence, body, crc = columns
    try:
        record = Record(
            kind=Kind(kind),
            at=dt.datetime.fromisoformat(at),
            step=step,
            attempt=attempt,
            body=body,
        )
    except _UNREADABLE as error:
        raise _unreadable(source, f"record {seq} of run {run}", error) from error

    return Row(run=run, seq=seq, fence=fence, record=record, crc=crc)


def read_run(columns: Columns, *, source: str) -> RunRow:
    """Read id, flow, subject, content, time and whether it ended, of a run.

    Raises:
        JournalCorrupt: They are no run.
    """
    id_, flow, subject, content, started_at, ended = columns
    with _reading(source, f"the entry of run {id_}"):
        run = NewRun(
            id=id_,
            flow=flow,
            subject=subject,
            content=content,
            started_at=dt.datetime.fromisoformat(started_at),
        )

    return RunRow(run=run, ended=bool(ended))


def read_owner(text: str, *, run: str, source: str) -> Owner | None:
    """Read the owner of a run's lease; None where nobody holds it.

    Raises:
        JournalCorrupt: The text is no owner.
    """
    if not text:
        return None

    with _reading(source, f"the lease of run {run}"):
        return Owner.parse(text)


def read_signal(columns: Columns, *, run: str, source: str) -> Signal:
    """Read id, verb, person and time of a signal.

    Raises:
        JournalCorrupt: They are no signal.
    """
    id_, verb, by, at = columns
    with _reading(source, f"signal {id_} of run {run}"):
        return Signal(
            id=id_, verb=SignalVerb(verb), by=by, at=dt.datetime.fromisoformat(at)
        )


@contextlib.contextmanager
def _reading(source: str, what: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise _unreadable(source, what, error) from error


def _unreadable(source: str, what: str, error: Exception) -> JournalCorrupt:
    return JournalCorrupt(
        f"{source}: {what} cannot be read ({error}); the file was damaged or edited.",
        next_move="Restore it from a backup; nothing was changed.",
    )
