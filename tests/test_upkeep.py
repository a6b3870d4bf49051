"""Making a journal smaller, and writing one anew."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from esa_flows.engine.journal import Kind, NewRun, Record
from esa_flows.engine.journal_check import check_file
from esa_flows.engine.journal_sqlite import SQLiteJournal, Writer
from esa_flows.engine.journal_tables import Tables
from esa_flows.errors import InvalidInput, JournalCorrupt
from esa_flows.release.rebuild import Rebuilt
from esa_flows.upkeep import YOUNG, compact, existing, rebuild
from tests.engine.journals import AT, DONE, ENDED, STARTED, made, write

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

WEEK = dt.timedelta(days=7)
LATER = AT + dt.timedelta(days=30)
NEEDED, SAVED, GARBAGE = "b" * 64, "c" * 64, "d" * 64


def runs(tables: Tables) -> None:
    """Write an unfinished run with a bundle, and ended ones, one with a backup."""
    saved = Record.of(
        Kind.OUTCOME, AT, {"v": 1, "in": "", "value": {"backup": SAVED}}, step="p#1"
    )
    write(tables, "AAAA00000001", STARTED, DONE, saved, ENDED)
    write(tables, "BBBB00000002", STARTED, DONE)
    for n in range(50):
        write(tables, f"CCCC{n:08}", STARTED, *[DONE] * 20, ENDED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a journal with bytes beside it, all of them old."""
    path = made(tmp_path / "journal.sqlite", runs)
    folder = Path(f"{path}.blobs")
    folder.mkdir()
    for name in (NEEDED, SAVED, GARBAGE, "README"):
        (folder / name).write_bytes(b"xyz")
        os.utime(folder / name, (AT.timestamp(), AT.timestamp()))

    return path


def names(path: Path) -> set[str]:
    """Give what lies beside a journal."""
    return {file.name for file in Path(f"{path}.blobs").iterdir()}


def content_of(path: Path) -> bytes:
    """Give what a file holds."""
    return path.read_bytes()


def spoil(path: Path) -> None:
    """Damage all pages of a journal but the first."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("mode", ["thread", "inline"])
async def test_compacting_keeps_what_is_needed(path: Path, mode: Writer) -> None:
    """Bundles of unfinished runs, saved code and strangers' files stay."""
    done = await compact(path, now=LATER, older_than=WEEK, mode=mode)

    assert (51, 1) == (done.packed, done.removed)
    assert done.before > 2 * done.after
    assert {NEEDED, SAVED, "README"} == names(path)


async def test_young_bytes_stay(path: Path) -> None:
    """A release stores its bundle before its run is listed."""
    young = LATER - YOUNG / 2
    os.utime(Path(f"{path}.blobs") / GARBAGE, (young.timestamp(), young.timestamp()))

    done = await compact(path, now=LATER, older_than=WEEK)

    assert 0 == done.removed
    assert GARBAGE in names(path)


async def test_an_empty_place_has_nothing_to_compact(tmp_path: Path) -> None:
    """No journal is made by making it smaller; one without bytes is fine."""
    with pytest.raises(InvalidInput, match="There is no journal"):
        await compact(tmp_path / "none", now=LATER, older_than=WEEK)

    path = made(tmp_path / "journal.sqlite", lambda _: None)
    assert path == await existing(path)
    assert 0 == (await compact(path, now=LATER, older_than=WEEK)).packed


async def test_a_damaged_journal_loses_no_bytes(path: Path) -> None:
    """Where it cannot be known what is needed, nothing is deleted."""
    spoil(path)

    with pytest.raises(JournalCorrupt):
        await compact(path, now=LATER, older_than=WEEK)

    assert {NEEDED, SAVED, GARBAGE, "README"} == names(path)


def found(run: str) -> Rebuilt:
    """Give a run that was rebuilt."""
    new = NewRun(id=run, flow="release", subject="shop", content="c", started_at=AT)
    return Rebuilt(run=new, records=(STARTED, ENDED), told="Told.")


async def test_a_rebuilt_journal_is_a_journal(tmp_path: Path) -> None:
    """Sound, with every run, and held by nobody."""
    path = tmp_path / "new.sqlite"
    await rebuild(path, [found("AAAA"), found("BBBB")])

    journal = SQLiteJournal(path)
    assert ["BBBB", "AAAA"] == [row.run.id for row in await journal.list()]
    assert (await journal.beat_of("AAAA")).owner is None
    await journal.close()
    assert check_file(path).is_sound


async def test_nothing_is_written_over(path: Path) -> None:
    """Not even over a journal that is beyond reading."""
    before = content_of(path)

    with pytest.raises(InvalidInput, match="a journal is only rebuilt beside it"):
        await rebuild(path, [found("AAAA")])

    assert before == content_of(path)
