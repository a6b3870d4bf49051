"""Requests that share a transaction."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from esa_flows.engine.journal import NewRun, Owner
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_tables import Request, Tables
from esa_flows.errors import InvalidInput, JournalUnavailable, RunInProgress, UnknownRun

HERE = Owner("boot", 7, "100", "a")


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Give the tables of a new file."""
    path = tmp_path / "journal.sqlite"
    path.touch()
    with closing(Tables(connect(path), "j.sqlite")) as made:
        yield made


def creating(run: str, *, then: Exception | None = None) -> Request[object]:
    """Ask for a new run, and perhaps fail after it was written."""
    new = NewRun(
        id=run,
        flow="f",
        subject="s",
        content="c",
        started_at=dt.datetime(2025, 3, 1, tzinfo=dt.UTC),
    )

    def work(tables: Tables) -> object:
        lease = tables.create(new, HERE)
        if then is not None:
            raise then

        return lease

    return Request(work, writes=True)


def known(tables: Tables) -> list[str]:
    """Give the ids of all runs."""
    return [row.run.id for row in tables.find("")]


def test_a_refused_request_leaves_nothing_behind(tables: Tables) -> None:
    """What it wrote before it was refused is undone; the others stay."""
    requests = [creating("A"), creating("B", then=UnknownRun("No.")), creating("C")]

    assert tables.serve(requests) is True

    assert known(tables) == ["A", "C"]
    assert requests[0].result() is not None
    with pytest.raises(UnknownRun, match="No"):
        requests[1].result()


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.IntegrityError("NOT NULL"),
        sqlite3.ProgrammingError("type"),
        OverflowError("too large"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unfit_value_is_its_givers_own_fault(
    tables: Tables, error: Exception
) -> None:
    """A value that no table takes is told as such, to the one who gave it."""
    requests = [creating("A", then=error), creating("B")]

    tables.serve(requests)

    assert known(tables) == ["B"]
    with pytest.raises(
        InvalidInput, match=r"The journal j\.sqlite cannot hold what it was given: "
    ):
        requests[0].result()


def test_sqlites_trouble_undoes_the_whole_transaction(tables: Tables) -> None:
    """Nothing of a batch is kept when the file itself fails, and work goes on."""
    with pytest.raises(sqlite3.OperationalError, match="disk full"):
        tables.serve(
            [creating("A"), creating("B", then=sqlite3.OperationalError("disk full"))]
        )

    assert known(tables) == []
    tables.serve([creating("C")])
    assert known(tables) == ["C"]


def test_an_interruption_undoes_the_whole_transaction(tables: Tables) -> None:
    """Ctrl-C in the middle leaves no transaction open."""

    def interrupted(_: Tables) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tables.serve([creating("A"), Request(interrupted, writes=False)])

    tables.serve([creating("B")])
    assert known(tables) == ["B"]


def test_a_transaction_that_sqlite_ended_is_not_ended_again(tables: Tables) -> None:
    """After some failures SQLite has rolled back by itself."""

    def full(tables: Tables) -> object:
        tables._db.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        tables.serve([creating("A"), Request(full, writes=False)])

    assert known(tables) == []


def test_reading_alone_is_no_commit(tables: Tables) -> None:
    """Who only reads takes no write lock and costs no sync."""
    reading = Request(Tables.count, writes=False)

    assert tables.serve([reading]) is False
    assert reading.result() == 0


def test_what_all_met_replaces_an_answer(tables: Tables) -> None:
    """An answer given before the commit failed is none; errors are not shared."""
    error = JournalUnavailable("Full.", next_move="Free space.")
    first, second = creating("A"), creating("B")
    tables.serve([first, second])
    first.fail(error)
    second.fail(error)

    with pytest.raises(JournalUnavailable, match=r"Full\. Free space\.") as one:
        first.result()
    with pytest.raises(JournalUnavailable) as two:
        second.result()

    assert one.value is not two.value


def test_a_taken_id_is_refused_among_others(tables: Tables) -> None:
    """Of two equal new runs in one batch the first is made."""
    requests = [creating("A"), creating("A")]
    tables.serve(requests)

    assert known(tables) == ["A"]
    with pytest.raises(RunInProgress):
        requests[1].result()
