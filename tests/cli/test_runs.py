"""The list of runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.office import Office, bundle
from tests.house import OLD

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_runs_newest_first(tmp_path: Path) -> None:
    """Every run with its state, its start and how it ended."""
    office = Office()
    office.live(code=OLD)
    await office.run("release", "shop", bundle(tmp_path, OLD), "--run-id", "aaaa1111")
    await office.run("release", "gone", bundle(tmp_path), "--run-id", "bbbb2222")

    done = await office.run("runs")

    lines = [line.split(maxsplit=6) for line in done.out.splitlines()[1:]]
    assert ["bbbb2222", "release", "gone", "failed"] == lines[0][:4]
    assert lines[0][6].startswith("GetRoutine found no routine of this name")
    assert ["aaaa1111", "release", "shop", "succeeded"] == lines[1][:4]
    assert ["2026-03-01", "12:00", "unchanged"] == [*lines[1][4:6], lines[1][6].strip()]


async def test_runs_of_one_routine(tmp_path: Path) -> None:
    """A name narrows the list."""
    office = Office()
    await office.run("release", "gone", bundle(tmp_path), "--run-id", "bbbb2222")

    done = await office.run("runs", "--routine", "gone", "--json")
    none = await office.run("runs", "--routine", "shop")

    assert ["bbbb2222"] == [row["run"] for row in done.json["runs"]]
    assert "The journal memory holds no runs about shop.\n" == none.out


async def test_an_empty_journal() -> None:
    """Nothing is a sentence too."""
    done = await Office().run("runs")

    assert (0, "The journal memory holds no runs.\n") == (done.code, done.out)
