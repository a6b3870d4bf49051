"""The page of a job of GitHub Actions."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.fleet_office import files, fleet_office
from tests.cli.office import Office, bundle
from tests.house import BROKEN

# Bundles and pages are files, which a test reads in the loop.
pytestmark = pytest.mark.may_block


def _job(page: Path) -> dict[str, str]:
    return {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}


async def test_what_a_release_did_is_on_the_page(tmp_path: Path) -> None:
    """After what is there already."""
    office, page = Office(), tmp_path / "summary.md"
    office.live()
    page.write_text("Built.\n")
    with office:
        desk = office.desk(_job(page))
        done = await office.run("release", "shop", bundle(tmp_path), desk=desk)

    first, title, *_ = filter(None, page.read_text().splitlines())
    assert 0 == done.code
    assert ("Built.", "## ✅ release shop") == (first, title)


async def test_a_rollout_that_failed_is_on_the_page(tmp_path: Path) -> None:
    """That is when somebody reads it."""
    office, page = fleet_office(), tmp_path / "summary.md"
    file = files(tmp_path, '"50%"', "0", code=BROKEN)
    with office:
        desk = office.desk({"USER": "ann", **_job(page)})
        done = await office.run("rollout", file, desk=desk)

    assert 10 == done.code
    assert page.read_text().startswith("## ")
    assert "rollout spring" in page.read_text()
    assert "error" not in page.read_text().splitlines()[0]


async def test_a_run_that_was_cut_is_on_the_page(tmp_path: Path) -> None:
    """Where it stands, and how it is gone on with."""
    office, page = Office(), tmp_path / "summary.md"
    office.live()
    canary = ("--canary", "10:1h,100")
    with office, anyio.move_on_after(600):
        desk = office.desk(_job(page))
        await office.run("release", "shop", bundle(tmp_path), *canary, desk=desk)

    assert "## ⏳ release shop" in page.read_text()


async def test_elsewhere_there_is_no_page(tmp_path: Path) -> None:
    """Nor where nothing was begun."""
    office, page = Office(), tmp_path / "summary.md"
    office.live()
    with office:
        other = office.desk({"GITHUB_STEP_SUMMARY": str(page)})
        done = await office.run("release", "shop", bundle(tmp_path), desk=other)
        none = office.desk(_job(page))
        refused = await office.run("release", "shop", "nowhere.js", desk=none)

    assert (0, 2) == (done.code, refused.code)
    assert not page.exists()


async def test_a_page_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """It is told, and the release is what counts."""
    office, page = Office(), tmp_path / "nowhere" / "summary.md"
    office.live()
    with office:
        desk = office.desk(_job(page))
        done = await office.run("release", "shop", bundle(tmp_path), desk=desk)

    assert 0 == done.code
    assert "The job's page could not be written:" in done.err
