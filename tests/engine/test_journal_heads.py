"""What is remembered of the ends of chains, and when it is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from esa_flows.engine.journal import Lease, Owner
from esa_flows.engine.journal_heads import Head, Heads

LEASE = Lease(run="A", owner=Owner("boot", 7, "100", "a"), fence=1)
LATER = Lease(run="A", owner=Owner("boot", 7, "100", "a"), fence=2)
HEAD = Head(LEASE, 3, 99)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a file."""
    with closing(sqlite3.connect(tmp_path / "f", isolation_level=None)) as made:
        made.execute("CREATE TABLE t (x)")
        yield made


@pytest.fixture
def heads(db: sqlite3.Connection) -> Heads:
    """Give heads that know one."""
    made = Heads(db)
    made.refresh()
    made.keep(HEAD)
    return made


def test_a_head_is_known_under_its_lease_alone(heads: Heads) -> None:
    """Another fence is another lease."""
    assert HEAD == heads.of(LEASE)
    assert heads.of(LATER) is None
    assert "<Heads [runs: 1]>" == repr(heads)


def test_own_commits_change_nothing(heads: Heads, db: sqlite3.Connection) -> None:
    """What we wrote ourselves we know."""
    db.execute("INSERT INTO t VALUES (1)")
    heads.refresh()

    assert HEAD == heads.of(LEASE)


def test_a_commit_of_somebody_else_ends_all_knowledge(
    heads: Heads, tmp_path: Path
) -> None:
    """It may have moved a lease or appended a row."""
    with closing(sqlite3.connect(tmp_path / "f", isolation_level=None)) as other:
        other.execute("INSERT INTO t VALUES (1)")

    heads.refresh()

    assert heads.of(LEASE) is None


def test_one_or_all_can_be_forgotten(heads: Heads) -> None:
    """Forgetting what is not known is nothing."""
    heads.forget("B")
    assert HEAD == heads.of(LEASE)

    heads.forget("A")
    assert heads.of(LEASE) is None

    heads.keep(HEAD)
    heads.clear()
    assert heads.of(LEASE) is None
