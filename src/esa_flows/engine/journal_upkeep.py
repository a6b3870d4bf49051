"""Keeping a journal small: which runs are packed, and which digests are still named."""

import datetime as dt
import re

from esa_flows.engine.journal_columns import read_run
from esa_flows.engine.journal_pack import backups_in
from esa_flows.engine.journal_tables import Tables
from esa_flows.errors import JournalCorrupt

__all__ = ["PACK_AFTER", "TARGETS", "named", "pack_old"]

PACK_AFTER = dt.timedelta(days=7)
"""Age from which runs that have ended are packed without being asked to."""

TARGETS = 3
"""Ended runs of one subject whose content stays: what one may want to go back to."""

_LIKE = re.compile("[0-9a-f]{64}")
_SPOILT = 2
"""In the column `packed`: its rows are damaged, so that they stay as they are."""


def pack_old(tables: Tables, *, before: dt.datetime, most: int) -> int:
    """Pack ended runs, oldest first.

    Args:
        tables: The journal's.
        before: Only runs that began before this.
        most: Look at so many at most.

    Returns:
        How many were looked at and are done with; 0 where there is no more to do.
    """
    found = tables.ask(
        "SELECT id, flow, subject, content, started_at, ended FROM runs"
        " WHERE ended = 1 AND packed = 0 ORDER BY number LIMIT ?",
        most,
    )
    old = [
        run.run.id
        for run in (read_run(columns, source=tables.source) for columns in found)
        if run.run.started_at < before
    ]
    for run in old:
        _pack(tables, run)

    return len(old)


def _pack(tables: Tables, run: str) -> None:
    try:
        tables.pack(run)
    except JournalCorrupt:
        tables.change("UPDATE runs SET packed = ? WHERE id = ?", _SPOILT, run)


def named(tables: Tables) -> frozenset[str]:
    """Give every digest that somebody may still need the bytes of.

    That is: whatever looks like one in the rows of unfinished runs, the content of the
    last ended runs of each subject, and all code that was saved before a delete.
    """
    return frozenset(
        [*_of_unfinished(tables), *_of_targets(tables), *_of_backups(tables)]
    )


def _of_unfinished(tables: Tables) -> set[str]:
    found = tables.ask(
        "SELECT content FROM runs WHERE ended = 0 UNION ALL"
        " SELECT body FROM records JOIN runs ON run = id WHERE ended = 0"
    )
    return {digest for (text,) in found for digest in _LIKE.findall(text)}


def _of_targets(tables: Tables) -> set[str]:
    found = tables.ask(
        "SELECT content FROM (SELECT content, row_number() OVER"
        " (PARTITION BY subject ORDER BY number DESC) AS place"
        " FROM runs WHERE ended = 1) WHERE place <= ?",
        TARGETS,
    )
    return {digest for (text,) in found for digest in _LIKE.findall(text)}


def _of_backups(tables: Tables) -> set[str]:
    packed = tables.ask("SELECT backups FROM packs WHERE backups != ''")
    loose = tables.ask('SELECT body FROM records WHERE body LIKE \'%"backup":"%\'')
    return {
        *(digest for (digests,) in packed for digest in digests.split()),
        *backups_in(body for (body,) in loose),
    }
