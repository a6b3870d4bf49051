"""What a run did, written to files and to standard output."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.office import Office, bundle
from tests.cli.pages.stories import Page

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def _released(office: Office, tmp_path: Path) -> None:
    office.live()
    await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")


async def test_without_a_file_it_is_markdown_on_standard_output(tmp_path: Path) -> None:
    """Ready for the summary of a job."""
    office = Office()
    await _released(office, tmp_path)

    done = await office.run("report", "mine")

    assert 0 == done.code
    assert done.out.startswith("## ✅ release shop\n\n**Released. Production serves ")


@pytest.mark.real_time
async def test_files_are_written_whole(tmp_path: Path) -> None:
    """A page and JUnit; standard output stays empty unless it is asked for."""
    office = Office()
    await _released(office, tmp_path)
    html, junit = tmp_path / "out.html", tmp_path / "out.xml"

    done = await office.run(
        "report", "mine", "--html", str(html), "--junit", str(junit)
    )
    both = await office.run("report", "mine", "--html", str(html), "--markdown")

    assert ("", 0) == (done.out, done.code)
    assert f"The report is in {html}\nThe report is in {junit}\n" == done.err
    assert "Safe to roll back: yes" in Page.of(html.read_text()).text
    assert '<testcase name="shop"' in junit.read_text()
    assert both.out.startswith("## ✅")


async def test_as_json(tmp_path: Path) -> None:
    """The same facts, for programs."""
    office = Office()
    await _released(office, tmp_path)

    told = (await office.run("report", "mine", "--json")).json

    assert ("good", "mine0001", 0) == (
        told["verdict"],
        told["run"],
        told["exit_code"],
    )
    assert "released" == told["routines"][0]["outcome"]
    assert "pass" == told["gates"][0]["verdict"]
    assert {"observe", "deploy"} <= set(told["calls"])


@pytest.mark.real_time
async def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Is told, and nothing is left behind."""
    office = Office()
    await _released(office, tmp_path)

    done = await office.run("report", "mine", "--html", str(tmp_path / "no" / "x"))

    assert 2 == done.code
    assert "cannot be written" in done.err
