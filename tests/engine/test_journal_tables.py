"""Requests that share a transaction."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from esa_flows.engine.journal import Kind, Lease, NewRun, Owner, Record
from esa_flows.engine.journal_request import Request
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_tables import Tables
from esa_flows.errors import InvalidInput, LeaseLost, RunInProgress, UnknownRun

AT = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
HERE = Owner("boot", 7, "100", "a")
THERE = Owner("boot", 8, "200", "b")


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Give the tables of a new file."""
    path = tmp_path / "journal.sqlite"
    path.touch()
    with closing(Tables(connect(path), "j.sqlite")) as made:
        yield made


def new(run: str) -> NewRun:
    """Give a run to list."""
    return NewRun(id=run, flow="f", subject="s", content="c", started_at=AT)


def appending(lease: Lease, n: int) -> Request[object]:
    """Ask for a row."""
    return Request(lambda tables: tables.append(lease, [row(n)]), writes=True)


def creating(run: str, *, then: Exception | None = None) -> Request[object]:
    """Ask for a new run, and perhaps fail after it was written."""

    def work(tables: Tables) -> object:
        lease = tables.create(new(run), HERE)
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


def test_what_was_done_together_is_done_apart_once_more(tables: Tables) -> None:
    """A refusal in a batch makes each request's work run twice, and count once."""
    turns: list[str] = []

    def counted(tables: Tables) -> None:
        turns.append("turn")
        creating("B").serve(tables)

    tables.serve([Request(counted, writes=True), creating("A"), creating("A")])

    assert ["turn", "turn"] == turns
    assert known(tables) == ["B", "A"]


def test_a_refused_reader_disturbs_nobody(tables: Tables) -> None:
    """It wrote nothing, so there is nothing to undo and no work is repeated."""
    turns: list[str] = []

    def unknown(_: Tables) -> None:
        turns.append("turn")
        raise UnknownRun("No.")

    tables.serve([creating("A"), Request(unknown, writes=False), creating("B")])

    assert ["turn"] == turns
    assert known(tables) == ["A", "B"]


def row(n: int) -> Record:
    """Give a record to append."""
    return Record.of(Kind.OUTCOME, AT, {"value": n})


def values(tables: Tables, run: str) -> list[int]:
    """Give what a run's rows hold."""
    return [row.data["value"] for row in tables.rows(run)]


def test_appended_rows_are_there_for_who_asks_in_the_same_transaction(
    tables: Tables,
) -> None:
    """Rows wait for company, but nobody reads past them."""
    lease = tables.create(new("A"), HERE)
    append = Request(lambda t: t.append(lease, [row(1), row(2)]), writes=True)
    reading = Request(lambda t: t.rows("A"), writes=False)

    tables.serve([append, reading])

    assert append.result() == reading.result()


def test_appending_nothing_is_nothing(tables: Tables) -> None:
    """No row, no change; the next one is still the first."""
    lease = tables.create(new("A"), HERE)

    assert () == tables.append(lease, [])
    assert 1 == tables.append(lease, [row(1)])[0].seq


def test_the_end_of_a_chain_is_not_read_again(tables: Tables) -> None:
    """An append after an append asks the tables nothing: it writes."""
    lease = tables.create(new("A"), HERE)
    tables.serve([appending(lease, 1)])
    asked: list[str] = []
    tables._db.set_trace_callback(asked.append)

    tables.serve([appending(lease, 2)])

    tables._db.set_trace_callback(None)
    assert [] == [sql for sql in asked if sql.startswith("SELECT")]
    assert [1, 2] == values(tables, "A")


def test_what_another_connection_wrote_is_read(tables: Tables, tmp_path: Path) -> None:
    """A lease taken elsewhere is noticed by the next append, whatever is remembered."""
    lease = tables.create(new("A"), HERE)
    tables.serve([appending(lease, 1)])
    with closing(Tables(connect(tmp_path / "journal.sqlite"), "j.sqlite")) as other:
        taken = other.take("A", THERE, other.beat_of("A"))
        assert taken is not None
        other.serve([appending(taken, 2)])

    late = appending(lease, 3)
    tables.serve([late])

    with pytest.raises(LeaseLost):
        late.result()

    assert [1, 2] == values(tables, "A")


def test_a_lease_taken_elsewhere_is_noticed_before_it_is_used(
    tables: Tables, tmp_path: Path
) -> None:
    """Its new holder wrote nothing yet, so that no number is taken twice."""
    lease = tables.create(new("A"), HERE)
    tables.serve([appending(lease, 1)])
    with closing(Tables(connect(tmp_path / "journal.sqlite"), "j.sqlite")) as other:
        assert other.take("A", THERE, other.beat_of("A"))

    late = appending(lease, 2)
    tables.serve([late])

    with pytest.raises(LeaseLost):
        late.result()

    assert [1] == values(tables, "A")


def test_the_end_of_a_chain_is_forgotten_with_what_is_undone(tables: Tables) -> None:
    """After a transaction that failed, the next row stands where the last one did."""
    lease = tables.create(new("A"), HERE)
    tables.serve([appending(lease, 1)])
    with pytest.raises(sqlite3.OperationalError, match="disk full"):
        tables.serve(
            [
                appending(lease, 2),
                creating("B", then=sqlite3.OperationalError("disk full")),
            ]
        )

    tables.serve([appending(lease, 3)])

    assert [1, 3] == values(tables, "A")


def test_the_end_of_a_chain_is_forgotten_with_a_refused_request(
    tables: Tables,
) -> None:
    """Undone alone, among others: the chain goes on from its last kept row."""
    lease = tables.create(new("A"), HERE)

    def undone(tables: Tables) -> None:
        tables.append(lease, [row(1)])
        raise UnknownRun("No.")

    tables.serve([Request(undone, writes=True), appending(lease, 2)])

    assert [2] == values(tables, "A")


def test_a_lease_given_back_appends_no_more(tables: Tables) -> None:
    """What is remembered of a run ends with the lease."""
    lease = tables.create(new("A"), HERE)
    tables.serve([appending(lease, 1)])
    tables.release(lease)
    late = appending(lease, 2)

    tables.serve([late])

    with pytest.raises(LeaseLost):
        late.result()


def test_a_lease_taken_here_ends_the_earlier_one(tables: Tables) -> None:
    """Two clients of one process share a connection, not a lease."""
    lease = tables.create(new("A"), HERE)
    tables.serve([appending(lease, 1)])
    taken = tables.take("A", THERE, tables.beat_of("A"))
    late = appending(lease, 2)
    assert taken is not None

    tables.serve([late, appending(taken, 3)])

    with pytest.raises(LeaseLost):
        late.result()

    assert [1, 3] == values(tables, "A")


def test_a_taken_id_is_refused_among_others(tables: Tables) -> None:
    """Of two equal new runs in one batch the first is made."""
    requests = [creating("A"), creating("A")]
    tables.serve(requests)

    assert known(tables) == ["A"]
    with pytest.raises(RunInProgress):
        requests[1].result()
