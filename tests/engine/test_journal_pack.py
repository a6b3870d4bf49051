"""Packing loses nothing, and a damaged pack is named."""

from __future__ import annotations

import datetime as dt
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.engine.journal import Kind, Record, Row, seal
from esa_flows.engine.journal_columns import read_row
from esa_flows.engine.journal_pack import backups_in, pack, unpack
from esa_flows.errors import JournalCorrupt

AT = dt.datetime(2025, 3, 1, 12, 30, tzinfo=dt.UTC)
DIGEST = "c0ffee01" * 8


def rows_of(*values: str) -> list[Row]:
    """Give a chain of rows."""
    rows: list[Row] = []
    for seq, value in enumerate(values, start=1):
        record = Record.of(Kind.OUTCOME, AT, {"value": value}, step="s#1", attempt=seq)
        crc = rows[-1].crc if rows else 0
        rows.append(seal(record, run="R", seq=seq, fence=2, previous=crc))

    return rows


@given(st.lists(st.text()))
def test_what_is_packed_comes_back(values: list[str]) -> None:
    """Every column of every row, whatever text is in it."""
    rows = rows_of(*values)

    found = unpack("R", pack(rows), source="j")

    assert rows == [read_row(columns, source="j") for columns in found]


def test_a_pack_is_small() -> None:
    """Rows of a run are much alike."""
    rows = rows_of(*["the same sentence, told again"] * 40)

    assert 10 * len(pack(rows)) < sum(len(repr(row)) for row in rows)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pack",
        pack(rows_of("x"))[:-3],
        zlib.compress(b"[[1]]"),
        zlib.compress(b"[7]"),
        zlib.compress(b"{"),
    ],
)
def test_a_damaged_pack_is_named(content: bytes) -> None:
    """The run is said, and that nothing was changed."""
    with pytest.raises(
        JournalCorrupt,
        match=r"j: the packed records of run R cannot be read \(.*nothing was changed",
    ):
        unpack("R", content, source="j")


def test_saved_code_is_found_by_its_digest() -> None:
    """Where a version was deleted, and where none of its code was saved."""
    bodies = [f'{{"value":{{"backup":"{DIGEST}"}}}}', '{"value":{"backup":null}}']

    assert {DIGEST} == backups_in(bodies)
