"""Rows, runs, leases and signals as columns, and back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from tests import strategies as some

from esa_flows.engine.journal import Owner, Record, Signal, SignalVerb, seal
from esa_flows.engine.journal_columns import (
    columns_of,
    read_owner,
    read_row,
    read_run,
    read_signal,
)
from esa_flows.errors import JournalCorrupt

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


@given(some.records)
def test_a_row_comes_back(record: Record) -> None:
    """Whatever a record holds, its columns give it back, checksum and all."""
    row = seal(record, run="R", seq=3, fence=2, previous=99)

    assert read_row(columns_of(row), source="j") == row


@pytest.mark.parametrize(("place", "wrong"), [(2, "yesterday"), (2, 7), (3, "no.kind")])
def test_a_damaged_row_is_named(place: int, wrong: Any) -> None:
    """A time or kind that cannot be read names the record."""
    columns: list[Any] = ["R", 3, NOW.isoformat(), "intent", "s", 1, 1, "{}", 5]
    columns[place] = wrong

    with pytest.raises(JournalCorrupt, match=r"j: record 3 of run R cannot be read \("):
        read_row(tuple(columns), source="j")


def test_a_damaged_run_is_named() -> None:
    """A time that cannot be read names the run."""
    with pytest.raises(JournalCorrupt, match=r"j: the entry of run R cannot be read"):
        read_run(("R", "f", "s", "c", "never", 0), source="j")


def test_a_lease_is_read() -> None:
    """Its owner comes back; nobody is None; damage is named."""
    owner = Owner("boot", 7, "100", "a")

    assert read_owner(str(owner), run="R", source="j") == owner
    assert read_owner("", run="R", source="j") is None
    with pytest.raises(JournalCorrupt, match=r"j: the lease of run R cannot be read"):
        read_owner("a:b:c:d", run="R", source="j")

    damaged: Any = 7
    with pytest.raises(JournalCorrupt, match="the lease of run R cannot be read"):
        read_owner(damaged, run="R", source="j")


def test_a_signal_is_read() -> None:
    """It comes back; a verb nobody knows is damage."""
    columns = (4, "abort", "Ana", NOW.isoformat())

    assert read_signal(columns, run="R", source="j") == Signal(
        id=4, verb=SignalVerb.ABORT, by="Ana", at=NOW
    )
    with pytest.raises(JournalCorrupt, match=r"j: signal 4 of run R cannot be read"):
        read_signal((4, "dance", "Ana", NOW.isoformat()), run="R", source="j")
