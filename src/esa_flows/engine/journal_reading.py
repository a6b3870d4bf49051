"""Reading a journal's file without changing a byte of it, whatever state it is in."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from esa_flows.engine.journal_schema import PATIENCE, lenient, refuse_other
from esa_flows.engine.journal_tables import Tables
from esa_flows.engine.journal_trouble import TROUBLE, told
from esa_flows.errors import InvalidInput

__all__ = ["read_only", "schema_of"]


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[Tables]:
    """Open a journal to look at it, as of one moment.

    Args:
        path: The file, absolute.

    Raises:
        InvalidInput: There is none, or it is another program's.
        JournalTooNew: A newer release wrote it.
        JournalCorrupt: It is no database.
        JournalUnavailable: It cannot be read.
    """
    if not path.exists():
        raise InvalidInput(
            f"There is no journal {path}.",
            next_move="Name another file with --journal.",
        )

    with _told(path), contextlib.closing(_connect(path)) as db:
        _ready(db, path)
        yield Tables(db, str(path))


def schema_of(tables: Tables) -> int:
    """Give the schema that the file has."""
    found: int = tables.ask("PRAGMA user_version")[0][0]
    return found


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except TROUBLE as error:
        raise told(error, source=str(path)) from error


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?mode=ro",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )


def _ready(db: sqlite3.Connection, path: Path) -> None:
    lenient(db)
    db.execute("PRAGMA temp_store = MEMORY")
    ours, schema = (
        db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    )
    refuse_other(path, ours, schema)
    if schema == 1:
        # What this schema does not have yet is empty.
        db.execute("CREATE TEMP TABLE packs (run, rows, crc, backups, content)")

    db.execute("BEGIN")
