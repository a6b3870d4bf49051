"""SQLite's errors, told as ours."""

from __future__ import annotations

import sqlite3

import pytest

from esa_flows.engine.journal_trouble import told
from esa_flows.errors import JournalCorrupt, JournalUnavailable


def sqlite_error(words: str, code: int) -> sqlite3.Error:
    """Give an error as SQLite raises it."""
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "move"),
    [
        (sqlite3.SQLITE_FULL, "Free space on its disk, then resume the run."),
        (sqlite3.SQLITE_IOERR_WRITE, "Check its disk and the free space there"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "Let this user write to it"),
        (sqlite3.SQLITE_PERM, "Let this user write to it"),
        (sqlite3.SQLITE_CANTOPEN, "choose another file with --journal."),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "Another process holds it"),
        (sqlite3.SQLITE_LOCKED, "let that one finish, then try again."),
        (sqlite3.SQLITE_NOMEM, "Check the file, then resume the run."),
    ],
)
def test_a_passing_trouble_makes_it_unavailable(code: int, move: str) -> None:
    """The sentence has the file, SQLite's words and the move that helps."""
    error = told(sqlite_error("the words", code), source="j.sqlite")

    assert isinstance(error, JournalUnavailable)
    assert error.message == (
        "The journal j.sqlite does not work now: the words; nothing was recorded."
    )
    assert move in error.next_move


@pytest.mark.parametrize(
    "code",
    [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CORRUPT_INDEX, sqlite3.SQLITE_NOTADB],
)
def test_damage_is_told_apart(code: int) -> None:
    """A damaged file needs a backup, not patience."""
    error = told(sqlite_error("malformed", code), source="j.sqlite")

    assert isinstance(error, JournalCorrupt)
    assert error.message == "The journal j.sqlite cannot be read: malformed."
    assert "Restore it from a backup" in error.next_move


def test_an_error_of_the_module_itself_is_told() -> None:
    """Errors without a code of SQLite's are told as they are."""
    error = told(sqlite3.ProgrammingError("closed"), source="j.sqlite")

    assert isinstance(error, JournalUnavailable)
    assert error.next_move == "Check the file, then resume the run."


def test_a_message_that_quotes_damage_is_damage() -> None:
    """A damaged name in SQLite's own message is no text."""
    error = UnicodeDecodeError("utf-8", b"\xd4", 0, 1, "invalid continuation byte")

    assert isinstance(told(error, source="j"), JournalCorrupt)
