"""A journal as JSON lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.journals import made, two_runs

from esa_flows.engine.journal_export import FORMAT, export
from esa_flows.engine.journal_schema import SCHEMA
from esa_flows.errors import InvalidInput


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a journal of two runs, one of them packed."""
    path = made(tmp_path / "journal.sqlite", two_runs)
    return made(path, lambda tables: tables.pack("AAAA00000001"))


def test_every_line_says_what_it_is(path: Path) -> None:
    """The journal once, then each run with its records and its signals."""
    types = [line["type"] for line in export(path)]

    assert [
        "journal",
        "run",
        *["record"] * 3,
        "run",
        *["record"] * 2,
        "signal",
    ] == types


def test_the_members_of_each_line(path: Path) -> None:
    """What the reference says, and nothing else."""
    journal, run, record, _, signal = export(path, run="BBBB")

    assert {"type": "journal", "format": FORMAT, "schema": SCHEMA} == journal
    assert run == {
        "type": "run",
        "run": "BBBB00000002",
        "flow": "f",
        "subject": "shop",
        "content": "c",
        "started_at": "2025-03-01T12:30:00+00:00",
        "ended": False,
    }
    assert record | {"crc": 0} == {
        "type": "record",
        "run": "BBBB00000002",
        "seq": 1,
        "at": "2025-03-01T12:30:00+00:00",
        "kind": "run.started",
        "step": "",
        "attempt": 0,
        "fence": 1,
        "body": {"flow": "f", "v": 1, "input": record["body"]["input"]},
        "crc": 0,
    }
    assert signal == {
        "type": "signal",
        "run": "BBBB00000002",
        "id": 1,
        "verb": "pause",
        "by": "Ana",
        "at": "2025-03-01T12:30:00+00:00",
    }


def test_one_run_alone(path: Path) -> None:
    """By the beginning of its id; none is none."""
    assert 4 == len(
        [line for line in export(path, run="AAAA") if line["type"] != "run"]
    )
    assert 1 == len(list(export(path, run="XXXX")))


def test_there_must_be_a_journal(tmp_path: Path) -> None:
    """Nothing is not an empty journal."""
    with pytest.raises(InvalidInput, match="There is no journal"):
        next(export(tmp_path / "none"))
