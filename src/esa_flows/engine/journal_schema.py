"""The tables of a journal's file, and how a connection to it is made.

Every commit is synced to the disk (`synchronous=FULL`) before it counts. What a crash
left half written at the end of the write-ahead log carries no valid commit, and SQLite
drops it by itself when the file is next opened.
"""

import sqlite3
from pathlib import Path

from esa_flows.errors import InvalidInput, JournalTooNew

__all__ = ["PATIENCE", "SCHEMA", "connect", "lenient", "refuse_other"]

PATIENCE = 5.0
_TURNS = 20

# "ESAF": tells our files from other programs' SQLite files.
_OURS = 0x45534146

_TABLES = """
CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  flow TEXT NOT NULL,
  subject TEXT NOT NULL,
  content TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0,
  owner TEXT NOT NULL,
  fence INTEGER NOT NULL DEFAULT 1,
  beat INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_subject ON runs (subject, number);
CREATE INDEX runs_unfinished ON runs (subject, number) WHERE ended = 0;
CREATE TABLE records (
  run TEXT NOT NULL REFERENCES runs (id),
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  step TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  body TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE signals (
  run TEXT NOT NULL REFERENCES runs (id),
  id INTEGER NOT NULL,
  verb TEXT NOT NULL,
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (run, id)
) WITHOUT ROWID;
"""

_PACKS = """
ALTER TABLE runs ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_open ON runs (number) WHERE ended = 0;
CREATE INDEX runs_to_pack ON runs (number) WHERE ended = 1 AND packed = 0;
CREATE TABLE packs (
  run TEXT PRIMARY KEY NOT NULL REFERENCES runs (id),
  rows INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  backups TEXT NOT NULL,
  content BLOB NOT NULL
);
"""

_QUESTIONS = "-- The tables stay: this one's rows may be of the kind `asked`."
"""A release that does not know the kind says that the file is too new, not damaged."""

_IN_ORDER = """
CREATE TABLE records_in_order (
  run TEXT NOT NULL REFERENCES runs (id),
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  step TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  body TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (run, seq)
);
INSERT INTO records_in_order SELECT * FROM records;
DROP TABLE records;
ALTER TABLE records_in_order RENAME TO records;
"""
"""Rows lie as they come: those that many runs write at once share a few pages.

Ordered by run, as they were before, each would change a page of its own, and a commit
writes whole pages. An index still finds the rows of a run.
"""

_GROWTH = (_TABLES, _PACKS, _QUESTIONS, _IN_ORDER)
"""What each schema adds to the one before: what is released is never changed."""

SCHEMA = len(_GROWTH)


def connect(path: Path) -> sqlite3.Connection:
    """Open the journal's file, and make its tables where it is empty.

    Args:
        path: An existing file, absolute.

    Returns:
        A connection that any thread may use, one at a time.

    Raises:
        InvalidInput: It is the file of another program.
        JournalTooNew: A newer release wrote it.
        sqlite3.Error: SQLite cannot work with it.
    """
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _check(db, path)
        _log_ahead(db)
        _settle(db)
    except BaseException:
        db.close()
        raise

    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    ours, schema = _number(db, "application_id"), _number(db, "user_version")
    is_new = not ours and not schema and not _number(db, "schema_version")
    if is_new or (ours == _OURS and schema < SCHEMA):
        _grow(db, schema)
        return

    db.execute("ROLLBACK")
    refuse_other(path, ours, schema)


def refuse_other(path: Path, ours: int, schema: int) -> None:
    """Refuse a file that this release cannot read.

    Args:
        path: The file.
        ours: Its application id.
        schema: Its schema.

    Raises:
        InvalidInput: It is the file of another program.
        JournalTooNew: A newer release wrote it.
    """
    if ours != _OURS:
        raise InvalidInput(
            f"{path} is another program's SQLite file, not a journal.",
            next_move="Choose another file with --journal.",
        )

    if schema > SCHEMA:
        raise JournalTooNew(
            f"The journal {path} has schema {schema}; this release of esa_flows reads"
            f" up to {SCHEMA}.",
            next_move="Update with: pip install --upgrade esa-flows",
        )


def _grow(db: sqlite3.Connection, schema: int) -> None:
    """Make the tables, or what is missing of them, wholly or not at all."""
    for statement in ";".join(_GROWTH[schema:]).split(";"):
        db.execute(statement)

    db.execute(f"PRAGMA application_id = {_OURS}")
    db.execute(f"PRAGMA user_version = {SCHEMA}")
    db.execute("COMMIT")


def _log_ahead(db: sqlite3.Connection) -> None:
    """Give the file its write-ahead log, which then stays with it.

    Where that never succeeds, every rule holds without it, only slower.
    """
    for _ in range(_TURNS):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise

            # Of two who do this at once SQLite refuses one without waiting, since
            # each could wait for the other. A transaction waits for its turn.
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        else:
            return


def _settle(db: sqlite3.Connection) -> None:
    """Choose how the connection works."""
    for setting in (
        "synchronous = FULL",
        # On macOS an ordinary sync leaves the bytes in the drive's own memory.
        "fullfsync = ON",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
    ):
        db.execute(f"PRAGMA {setting}")

    lenient(db)


def lenient(db: sqlite3.Connection) -> None:
    """Read any text: a damaged byte must reach the checksum, which names its record."""
    db.text_factory = lambda raw: raw.decode(errors="replace")


def _number(db: sqlite3.Connection, name: str) -> int:
    found: int = db.execute(f"PRAGMA {name}").fetchone()[0]
    return found
