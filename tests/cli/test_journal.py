"""The journal's file on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.office import Office, bundle
from tests.engine.journals import damage, made, two_runs
from tests.house import NEW

from esa_flows.cli.journal import _LINES
from esa_flows.engine.journal_sqlite import SQLiteJournal

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a journal of two runs, with the bundle of one missing."""
    return made(tmp_path / "journal.sqlite", two_runs)


async def test_a_check_that_finds_something(path: Path) -> None:
    """Said on standard output, complained about, and told to scripts."""
    damage(path, "UPDATE records SET body = '{}' WHERE run LIKE 'A%' AND seq = 3")
    done = await Office().run("journal", "check", "--journal", str(path))
    told = await Office().run("journal", "check", "--journal", str(path), "--json")

    assert 2 == done.code == told.code
    head, first, second = done.out.splitlines()
    assert (
        f"{path}: schema 4, 2 runs, 2 sound records, 0 sound files beside it." == head
    )
    assert f"  {path}: record 3 of run AAAA00000001 does not match its" in first
    assert "  Run BBBB00000002 cannot go on: its bundle" in second
    assert f"error 2 findings in {path}." in done.err
    assert "esa-flows journal rebuild" in done.err
    assert ["AAAA00000001", "BBBB00000002"] == [
        finding["run"] for finding in told.json["findings"]
    ]
    assert (2, str(path)) == (told.json["exit_code"], told.json["path"])


async def test_a_check_that_finds_nothing(path: Path) -> None:
    """One line, and 0."""
    damage(path, "DELETE FROM records WHERE run LIKE 'B%'")
    done = await Office().run("journal", "check", "--journal", str(path))

    assert (0, 1) == (done.code, len(done.out.splitlines()))


async def test_there_must_be_a_journal(tmp_path: Path) -> None:
    """None of these makes one."""
    path = tmp_path / "none.db"
    for command in ("check", "export", "compact"):
        done = await Office().run("journal", command, "--journal", str(path))

        assert 2 == done.code
        assert f"There is no journal {path}." in done.err

    assert not path.exists()


async def test_an_export_is_lines_of_json(path: Path) -> None:
    """All of it, or one run."""
    all_of_it = await Office().run("journal", "export", "--journal", str(path))
    one = await Office().run("journal", "export", "AAAA", "--journal", str(path))

    lines = [json.loads(line) for line in all_of_it.out.splitlines()]
    assert "journal" == lines[0]["type"]
    assert 10 == len(lines)
    assert 6 == len(one.out.splitlines())


async def test_a_long_export_comes_whole(tmp_path: Path) -> None:
    """It is read in pieces."""
    path = tmp_path / "journal.sqlite"
    made(path, two_runs)
    damage(
        path,
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i <= {_LINES}) INSERT INTO signals"
        " SELECT 'AAAA00000001', i, 'pause', 'Ana', '2026-01-01' FROM n",
    )
    done = await Office().run("journal", "export", "--journal", str(path))

    assert _LINES + 10 == len(done.out.splitlines())


async def test_a_compaction_is_told(path: Path) -> None:
    """What was packed, what was deleted, how large it was and is."""
    done = await Office().run("journal", "compact", "--journal", str(path))
    again = await Office().run(
        "journal", "compact", "--older-than", "1s", "--journal", str(path), "--json"
    )

    assert done.out.startswith("Packed 1 run, deleted 0 files that nothing names; ")
    assert (0, 0) == (again.json["packed"], again.json["removed"])


async def test_a_lost_journal_is_made_anew(tmp_path: Path) -> None:
    """From the provider alone; what is not known is said."""
    office = Office()
    office.live()
    await office.run("release", "shop", bundle(tmp_path, NEW), "--run-id", "aaaa1111")
    path = tmp_path / "lost.db"

    done = await office.run("journal", "rebuild", "--journal", str(path))

    assert 0 == done.code
    assert "aaaa1111  shop: Version" in done.out
    assert "serves all of production." in done.out
    assert "Not known is:" in done.out
    journal = await SQLiteJournal.open(path)
    assert ["aaaa1111"] == [row.run.id for row in await journal.list()]
    await journal.close()


async def test_a_damaged_journal_is_rebuilt_beside(tmp_path: Path) -> None:
    """The file that cannot be read stays; a name may be chosen."""
    office = Office()
    office.live()
    path = tmp_path / "damaged.db"
    path.write_bytes(b"no database" * 1000)

    done = await office.run("journal", "rebuild", "shop", "--journal", str(path))
    again = await office.run("journal", "rebuild", "shop", "--journal", str(path))
    into = str(tmp_path / "mine.db")
    named = await office.run(
        "journal", "rebuild", "--into", into, "--journal", str(path), "--json"
    )

    assert f"Wrote 0 runs into {path}.rebuilt." in done.out
    assert 2 == again.code
    assert "a journal is only rebuilt beside it" in again.err
    assert (0, into, []) == (named.code, named.json["journal"], named.json["runs"])
    assert b"no database" * 1000 == path.read_bytes()
