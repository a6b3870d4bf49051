"""Looking at a journal's file without touching it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.engine.journals import damage, made, two_runs

from esa_flows.engine.journal_reading import read_only, schema_of
from esa_flows.engine.journal_schema import SCHEMA
from esa_flows.errors import (
    InvalidInput,
    JournalCorrupt,
    JournalTooNew,
    JournalUnavailable,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a journal of two runs."""
    return made(tmp_path / "journal.sqlite", two_runs)


def test_everything_can_be_read(path: Path) -> None:
    """Lists and rows, in the file's own schema."""
    with read_only(path) as tables:
        assert SCHEMA == schema_of(tables)
        assert 2 == len(tables.list(subject="", unfinished=False, heads=False, most=9))
        assert 3 == len(tables.rows("AAAA00000001"))


def test_nothing_can_be_written(path: Path) -> None:
    """Not by mistake either."""
    with (
        pytest.raises(JournalUnavailable, match="readonly database"),
        read_only(path) as tables,
    ):
        tables.change("DELETE FROM records")


def test_an_older_schema_stays_what_it_is(path: Path) -> None:
    """A file of an earlier release is read as it is; not a byte changes."""
    damage(path, "DROP TABLE packs", "PRAGMA user_version = 1")
    before = path.read_bytes()

    with read_only(path) as tables:
        assert 1 == schema_of(tables)
        assert 3 == len(tables.rows("AAAA00000001"))

    assert before == path.read_bytes()


def test_there_must_be_a_file(tmp_path: Path) -> None:
    """Looking makes none."""
    path = tmp_path / "none.sqlite"
    with (
        pytest.raises(InvalidInput, match=r"There is no journal .*none\.sqlite\."),
        read_only(path),
    ):
        pass

    assert not path.exists()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("PRAGMA application_id = 7", InvalidInput),
        (f"PRAGMA user_version = {SCHEMA + 1}", JournalTooNew),
    ],
)
def test_others_are_refused(path: Path, statement: str, kind: type[Exception]) -> None:
    """Another program's file, and one of a newer release."""
    damage(path, statement)

    with pytest.raises(kind), read_only(path):
        pass


def test_no_database_at_all_is_corrupt(tmp_path: Path) -> None:
    """SQLite's words are told as ours."""
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database" * 1000)

    with pytest.raises(JournalCorrupt, match="file is not a database"), read_only(path):
        pass


def test_a_moment_is_seen_whole(path: Path) -> None:
    """What others write meanwhile is not mixed in."""
    with read_only(path) as tables:
        assert 2 == tables.count()
        with sqlite3.connect(path) as other:
            other.execute("DELETE FROM signals")
            other.execute("UPDATE runs SET subject = 'other'")

        other.close()

        assert 2 == len(
            tables.list(subject="shop", unfinished=False, heads=False, most=9)
        )
