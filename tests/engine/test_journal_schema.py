"""Whose file it is, and of which release."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from esa_flows.engine.journal_schema import _GROWTH, SCHEMA, _log_ahead, connect
from esa_flows.errors import InvalidInput, JournalTooNew


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give an empty file, as the journal's file is made."""
    made = tmp_path / "a % journal?.sqlite"
    made.touch()
    return made


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a bare connection, as another program has one."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_an_empty_file_becomes_a_journal(path: Path, db: sqlite3.Connection) -> None:
    """The file says whose it is and which schema it has."""
    connect(path).close()

    assert db.execute("PRAGMA application_id").fetchone() == (0x45534146,)
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_who_opens_an_empty_file_at_once_finds_one_journal(tmp_path: Path) -> None:
    """Of those who come together one makes the tables, and nobody fails."""
    for n in range(5):
        path = tmp_path / f"{n}.sqlite"
        path.touch()
        with ThreadPoolExecutor(8) as threads:
            opened = list(threads.map(connect, [path] * 8))

        for db in opened:
            assert db.execute("SELECT count(*) FROM runs").fetchone() == (0,)
            db.close()


class Refusing(sqlite3.Connection):
    """A connection that refuses the write-ahead log so many times."""

    code = sqlite3.SQLITE_BUSY
    refusals = 0

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Refuse, or do it."""
        if "journal_mode" in statement and self.refusals:
            self.refusals -= 1
            error = sqlite3.OperationalError("refused")
            error.sqlite_errorcode = self.code
            raise error

        return super().execute(statement, *values)


@pytest.fixture
def refusing(path: Path) -> Iterator[Refusing]:
    """Give a connection to an empty file."""
    with closing(sqlite3.connect(path, factory=Refusing, isolation_level=None)) as made:
        yield made


@pytest.mark.parametrize(("refusals", "mode"), [(2, "wal"), (1000, "delete")])
def test_the_log_is_asked_for_until_it_is_there(
    refusing: Refusing, refusals: int, mode: str
) -> None:
    """Whoever is refused for being second tries again, but not for ever."""
    refusing.refusals = refusals
    _log_ahead(refusing)
    refusing.refusals = 0

    assert refusing.execute("PRAGMA journal_mode").fetchone() == (mode,)


def test_another_refusal_of_the_log_is_trouble(refusing: Refusing) -> None:
    """Only who is second tries again."""
    refusing.refusals, refusing.code = 1, sqlite3.SQLITE_READONLY

    with pytest.raises(sqlite3.OperationalError, match="refused"):
        _log_ahead(refusing)


def test_opening_again_changes_nothing(path: Path) -> None:
    """What is in the tables stays in them."""
    with closing(connect(path)) as first:
        first.execute(
            "INSERT INTO runs (id, flow, subject, content, started_at, owner)"
            " VALUES ('R', 'f', 's', 'c', 't', '')"
        )

    with closing(connect(path)) as second:
        assert second.execute("SELECT id FROM runs").fetchall() == [("R",)]


def test_a_newer_schema_is_refused(path: Path, db: sqlite3.Connection) -> None:
    """A journal of a later release is named with both numbers and the way out."""
    connect(path).close()
    db.execute(f"PRAGMA user_version = {SCHEMA + 1}")

    with pytest.raises(JournalTooNew) as caught:
        connect(path)

    assert str(caught.value) == (
        f"The journal {path} has schema 5; this release of esa_flows reads up to 4."
        " Update with: pip install --upgrade esa-flows"
    )


def released(path: Path, schema: int) -> list[str]:
    """Make the file of a release with that schema; give its tables and indices."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN")
        for statement in ";".join(_GROWTH[:schema]).split(";"):
            db.execute(statement)

        db.execute("PRAGMA application_id = 0x45534146")
        db.execute(f"PRAGMA user_version = {schema}")
        db.execute("COMMIT")
        return shape(db)


def shape(db: sqlite3.Connection) -> list[str]:
    """Give how the tables and indices of a file were made."""
    return [str(sql) for (sql,) in db.execute("SELECT sql FROM sqlite_master")]


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_an_older_schema_grows(
    path: Path, db: sqlite3.Connection, tmp_path: Path, schema: int
) -> None:
    """The file of every earlier release becomes like one made today; rows stay."""
    released(path, schema)
    db.execute(
        "INSERT INTO runs (id, flow, subject, content, started_at, owner)"
        " VALUES ('R', 'f', 's', 'c', 't', '')"
    )
    rows = [("R", seq, "t", "intent", "s#1", 1, 1, "{}", 10 * seq) for seq in (1, 2)]
    db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    fresh = tmp_path / "fresh.sqlite"
    fresh.touch()

    connect(path).close()

    with closing(connect(fresh)) as made:
        assert shape(made) == shape(db)

    assert db.execute("SELECT id, packed FROM runs").fetchall() == [("R", 0)]
    assert db.execute("SELECT * FROM records ORDER BY seq").fetchall() == rows
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)


def test_a_file_that_cannot_grow_stays_what_it_was(
    path: Path, db: sqlite3.Connection
) -> None:
    """Growing is done wholly or not at all."""
    before = released(path, 1)
    db.execute("CREATE TABLE packs (in_the_way)")

    with pytest.raises(sqlite3.OperationalError, match="packs already exists"):
        connect(path)

    assert [*before, "CREATE TABLE packs (in_the_way)"] == shape(db)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("WHERE ended = 0", "runs_open"),
        ("WHERE subject = 's'", "runs_by_subject (subject=?)"),
        ("WHERE subject = 's' AND ended = 0", "runs_unfinished (subject=?)"),
        ("WHERE ended = 1 AND packed = 0", "runs_to_pack"),
    ],
)
def test_every_list_has_its_index(path: Path, where: str, index: str) -> None:
    """With a hundred thousand runs in the file nobody waits for the finished ones."""
    with closing(connect(path)) as db:
        plan = db.execute(
            f"EXPLAIN QUERY PLAN SELECT id FROM runs {where} ORDER BY number LIMIT 1"
        ).fetchall()

    assert [row[3].partition("INDEX ")[2] for row in plan] == [index]


def test_rows_that_come_together_lie_together(path: Path) -> None:
    """What many runs record at once changes a few pages, not one for each of them."""
    with closing(connect(path)) as db:
        for run in range(100):
            db.execute(
                "INSERT INTO runs (id, flow, subject, content, started_at, owner)"
                f" VALUES ('{run:04}', 'f', 's', 'c', 't', '')"
            )

        for seq in range(40):
            rows = [(f"{run:04}", seq, "x" * 200) for run in range(100)]
            db.executemany(
                "INSERT INTO records VALUES (?, ?, 't', 'intent', 's', 1, 1, ?, 0)",
                rows,
            )

        places = db.execute("SELECT rowid FROM records WHERE seq = 39").fetchall()

    assert list(range(3901, 4001)) == sorted(place for (place,) in places)


def test_another_programs_file_is_refused_untouched(
    path: Path, db: sqlite3.Connection
) -> None:
    """Somebody else's tables are no journal, and keep their journal mode."""
    db.execute("CREATE TABLE theirs (a)")

    with pytest.raises(
        InvalidInput, match="is another program's SQLite file, not a journal"
    ):
        connect(path)

    assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
