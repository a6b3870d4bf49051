"""Which runs are packed, what stays readable of them, and which bytes are needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from esa_flows.engine.journal import Kind, NewRun, Owner, Record, Row, SignalVerb
from esa_flows.engine.journal_schema import connect
from esa_flows.engine.journal_tables import Tables
from esa_flows.engine.journal_upkeep import TARGETS, named, pack_old
from esa_flows.errors import JournalCorrupt

AT = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HERE = Owner("boot", 7, "100", "a")


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Give the tables of a new file."""
    path = tmp_path / "journal.sqlite"
    path.touch()
    with closing(Tables(connect(path), "j.sqlite")) as made:
        yield made


def digest(n: int) -> str:
    """Give a digest."""
    return f"{n:064x}"


def filled(
    tables: Tables,
    run: str,
    *,
    ended: bool = True,
    content: str = "",
    value: object = 1,
    age: int = 0,
) -> tuple[Row, ...]:
    """Write a run of three rows, or of two where it has not ended."""
    new = NewRun(
        id=run, flow="f", subject="shop", content=content, started_at=AT - age * DAY
    )
    lease = tables.create(new, HERE)
    records = [
        Record.of(Kind.STARTED, AT, {"flow": "f", "v": 1, "input": "x"}),
        Record.of(Kind.OUTCOME, AT, {"v": 1, "in": "", "value": value}, step="s#1"),
        Record.of(Kind.ENDED, AT, {"event": "succeed", "value": 1}),
    ]
    tables.append(lease, records if ended else records[:2])
    tables.flush()
    return tables.rows(run)


def loose(tables: Tables) -> list[str]:
    """Give the runs whose rows are not packed."""
    return [run for (run,) in tables.ask("SELECT DISTINCT run FROM records")]


def test_a_packed_run_reads_the_same(tables: Tables) -> None:
    """Rows, list and lease are what they were; only the room is less."""
    rows = filled(tables, "A")
    listed, beat = tables.find("A"), tables.beat_of("A")
    tables.signal("A", SignalVerb.PAUSE, "Ana", AT)

    assert 1 == pack_old(tables, before=AT + DAY, most=10)

    assert [] == loose(tables)
    assert rows == tables.rows("A")
    assert (listed, beat) == (tables.find("A"), tables.beat_of("A"))
    assert () == tables.signals("A", 0)


def test_a_packed_chain_goes_on_from_its_last_checksum(tables: Tables) -> None:
    """Should anybody ever append to it, the row stands where it must."""
    filled(tables, "A")
    pack_old(tables, before=AT + DAY, most=10)
    lease = tables.take("A", HERE, tables.beat_of("A"))
    assert lease is not None

    tables.append(lease, [Record.of(Kind.SIGNALLED, AT, {"event": "abort"})])

    assert [1, 2, 3, 4] == [row.seq for row in tables.rows("A")]


def test_only_old_runs_that_ended_are_packed(tables: Tables) -> None:
    """A run that may go on, or ended lately, stays as it is."""
    filled(tables, "OLD", age=9)
    filled(tables, "OPEN", age=9, ended=False)
    filled(tables, "NEW", age=1)

    assert 1 == pack_old(tables, before=AT - 7 * DAY, most=10)
    assert 0 == pack_old(tables, before=AT - 7 * DAY, most=10)
    assert ["NEW", "OPEN"] == loose(tables)


def test_a_few_at_a_time(tables: Tables) -> None:
    """Oldest first, no more than are asked for."""
    for run in "ABC":
        filled(tables, run)

    assert 2 == pack_old(tables, before=AT + DAY, most=2)
    assert ["C"] == loose(tables)


def test_a_damaged_run_stays_as_it_is(tables: Tables) -> None:
    """It is passed over, once, and still refused by name."""
    filled(tables, "A")
    filled(tables, "B")
    tables.change("UPDATE records SET body = '{}' WHERE run = 'A' AND seq = 2")

    assert 2 == pack_old(tables, before=AT + DAY, most=10)
    assert 0 == pack_old(tables, before=AT + DAY, most=10)

    assert ["A"] == loose(tables)
    with pytest.raises(JournalCorrupt, match="record 2 of run A does not match"):
        tables.rows("A")


def test_a_damaged_pack_is_refused_by_its_chain(tables: Tables) -> None:
    """What is packed is held to its checksums when it is read."""
    filled(tables, "A", value="right")
    filled(tables, "B", value="wrong")
    pack_old(tables, before=AT + DAY, most=10)
    tables.change(
        "UPDATE packs SET content = (SELECT content FROM packs WHERE run = 'B')"
        " WHERE run = 'A'"
    )

    with pytest.raises(JournalCorrupt, match="record 1 of run A does not match"):
        tables.rows("A")


def test_a_run_without_rows_is_packed_as_one(tables: Tables) -> None:
    """Nothing is nothing."""
    filled(tables, "A")
    tables.change("DELETE FROM records")
    pack_old(tables, before=AT + DAY, most=10)

    assert () == tables.rows("A")


@pytest.mark.parametrize("packs", [True, False], ids=["packed", "not packed"])
def test_what_may_still_be_needed_is_named(tables: Tables, packs: bool) -> None:  # noqa: FBT001  parametrized
    """Unfinished runs, the last of each subject, and saved code, however old."""
    filled(tables, "SAVED", content=digest(0), value={"backup": digest(77)})
    for n in range(1, TARGETS + 2):
        filled(tables, f"R{n}", content=f"{digest(n)}:production")

    filled(tables, "OPEN", ended=False, content=digest(50), value={"x": digest(51)})
    if packs:
        pack_old(tables, before=AT + DAY, most=10)

    kept = {digest(n) for n in range(2, TARGETS + 2)}
    assert kept | {digest(50), digest(51), digest(77)} == named(tables)
