"""A run shown while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.office import Office, bundle
from tests.house import OLD

from esa_flows.localcloud import Fault

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block

CLEAR_LINE = "\x1b[2K"
UP = "\x1b[1A"


async def test_a_terminal_is_redrawn(tmp_path: Path) -> None:
    """A bake counts down on the same lines; the last picture stays, whole."""
    office = Office()
    office.live()

    done = await office.run(
        "release",
        "shop",
        bundle(tmp_path),
        "--canary",
        "10:30s,100",
        desk=office.desk(is_terminal=True),
    )

    last = done.err.rpartition(CLEAR_LINE)[2]
    assert 0 == done.code
    assert UP in done.err
    assert "29.8 s left" in done.err
    assert " ✔ bake at 10 %" in last
    assert " ✔ look at the routine" in last
    assert "Ctrl-C" not in last
    # Four pictures a second for half a minute, not more.
    assert 100 < done.err.count("Ctrl-C pauses the run") <= 5 * 31


@pytest.mark.parametrize("environ", [{"GITHUB_ACTIONS": "true"}, {"TERM": "dumb"}, {}])
async def test_elsewhere_nothing_moves_the_cursor(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs, dumb terminals and GitHub get lines."""
    office = Office()
    office.live()
    monkeypatch.setenv("TERM", environ.get("TERM", "xterm"))
    desk = office.desk(environ, is_terminal=bool(environ))

    done = await office.run("release", "shop", bundle(tmp_path), desk=desk)

    assert 0 == done.code
    assert "\x1b" not in done.err
    assert "12:00:00  upload the bundle: stored" in done.err


async def test_github_gets_a_group_and_annotations(tmp_path: Path) -> None:
    """Steps are folded away, failures are not."""
    office = Office()
    office.live()
    office.cloud.inject(Fault(operation="edge", kind="error", times=99))

    done = await office.run(
        "release", "shop", bundle(tmp_path), environ={"GITHUB_ACTIONS": "true"}
    )

    lines = done.err.splitlines()
    assert "::group::release shop 100" == lines[0]
    assert "::endgroup::" in lines
    assert lines[-1].startswith("::error title=esa-flows::shop: failed.")
    assert not [line for line in lines if line.startswith("::warning")]


async def test_a_failed_step_is_a_warning_on_github(tmp_path: Path) -> None:
    """A step that failed is annotated; a version with other code is no failure."""
    office = Office()
    office.live(code=OLD)

    done = await office.run(
        "release", "gone", bundle(tmp_path), environ={"GITHUB_ACTIONS": "true"}
    )

    warnings = [line for line in done.err.splitlines() if line.startswith("::warning")]
    assert 1 == len(warnings)
    assert "look at the routine: failed: GetRoutine found no routine" in warnings[0]


async def test_a_screen_without_a_run_leaves_nothing(tmp_path: Path) -> None:
    """Where nothing began there is no picture to keep."""
    office = Office()

    done = await office.run(
        "release",
        "shop",
        str(tmp_path / "none.js"),
        desk=office.desk(is_terminal=True),
    )

    assert 2 == done.code
    assert "look at the routine" not in done.err
    assert "error There is no file" in done.err.rpartition(CLEAR_LINE)[2]
