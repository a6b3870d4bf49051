"""Records, their places and the chain of their checksums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as some

from esa_flows.engine.journal import (
    Kind,
    Owner,
    Record,
    Row,
    check_chain,
    seal,
)
from esa_flows.errors import JournalCorrupt

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


def chain(*records: Record) -> list[Row]:
    """Give records their places in a run."""
    rows: list[Row] = []
    for seq, record in enumerate(records, start=1):
        previous = rows[-1].crc if rows else 0
        rows.append(seal(record, run="R", seq=seq, fence=1, previous=previous))

    return rows


def record(n: int) -> Record:
    """Give a record like no other."""
    return Record.of(Kind.OUTCOME, NOW, {"n": n}, step="s#1", attempt=1)


@given(st.lists(some.records, max_size=5))
def test_a_chain_as_written_is_sound(records: list[Record]) -> None:
    """What was sealed in order is accepted in that order."""
    rows = chain(*records)

    assert check_chain(rows, source="j") == tuple(rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: evolve(row, run="S"),
        lambda row: evolve(row, seq=7),
        lambda row: evolve(row, fence=2),
        lambda row: evolve(row, crc=row.crc ^ 1),
        lambda row: evolve(row, record=evolve(row.record, body='{"n":9}')),
        lambda row: evolve(row, record=evolve(row.record, kind=Kind.INTENT)),
        lambda row: evolve(row, record=evolve(row.record, step="t#1")),
        lambda row: evolve(row, record=evolve(row.record, attempt=2)),
        lambda row: evolve(
            row, record=evolve(row.record, at=NOW + dt.timedelta(microseconds=1))
        ),
    ],
    ids=["run", "seq", "fence", "crc", "body", "kind", "step", "attempt", "time"],
)
def test_a_changed_row_is_noticed(change: Callable[[Row], Row]) -> None:
    """Every part of a row is under its checksum."""
    first, second, third = chain(record(1), record(2), record(3))

    with pytest.raises(JournalCorrupt, match=r"j: record 2 of run \w does not match"):
        check_chain([first, change(second), third], source="j")


def test_a_missing_or_swapped_row_is_noticed() -> None:
    """Rows stand in their places, and each after the one it was written after."""
    first, second, third = chain(record(1), record(2), record(3))

    for rows, place in (
        ([second, third], 1),
        ([first, third], 2),
        ([first, third, second], 2),
        ([first, second, first], 3),
    ):
        with pytest.raises(JournalCorrupt, match=f"record {place} of run R"):
            check_chain(rows, source="j")


def test_a_row_of_another_past_is_noticed() -> None:
    """A row that fits by number, but was written after another row, is refused."""
    first, _ = chain(record(1), record(2))
    _, second = chain(record(9), record(2))

    with pytest.raises(JournalCorrupt, match="record 2 of run R"):
        check_chain([first, second], source="j")


def test_a_row_gives_its_body() -> None:
    """The parsed body is what the record was made of."""
    (row,) = chain(Record.of(Kind.INTENT, NOW, {"b": [1, None], "a": "é"}))

    assert row.data == {"a": "é", "b": [1, None]}
    assert row.record.body == '{"a":"é","b":[1,null]}'


def test_an_owner_is_read_as_it_is_written() -> None:
    """The journal's text of an owner is that owner again."""
    owner = Owner("b58203d9/4026531836", 7, "188842", "token")

    assert str(owner) == "b58203d9/4026531836:7:188842:token"
    assert Owner.parse(str(owner)) == owner
