"""Saying what a release would do, and carrying a plan out."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, bundle

from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.files import MemoryBlobs

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


def _remove(file: str) -> None:
    """Let a file be gone."""
    Path(file).unlink()


async def test_a_plan_is_shown_and_nothing_is_changed(tmp_path: Path) -> None:
    """Shares, the version that goes, calls and the least time."""
    office = Office()
    live = office.live(versions=10)
    oldest = office.versions()[0]

    done = await office.run(
        "plan", "shop", bundle(tmp_path), "--canary", "10:5m,100", "--no-probe"
    )

    assert 0 == done.code
    assert "): a new version" in done.out
    assert f"  production  {live} 100 %" in done.out
    assert "  shares      10:5m, 100" in done.out
    assert f"  deletes     version {oldest}, its code saved first" in done.out
    assert "  takes       at least 5m" in done.out
    assert "  back        production in 0.0 s" in done.out
    assert " and 1 upload (" in done.out
    assert {} == office.changes


async def test_the_gates_are_shown_or_that_there_is_none(tmp_path: Path) -> None:
    """Without one a bake is a timer; with one it takes its time."""
    office = Office()
    office.live()
    asked = ("plan", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    without = await office.run(*asked)
    watched = await office.run(*asked, "--gate", "http:/health count=21 status<500")

    assert "  note        Timer only: nothing will be observed" in without.out
    assert "Timer only" not in watched.out
    assert "  gate        count=21 http:/health\n" in watched.out
    assert "  takes       at least 30m\n" in watched.out


async def test_where_no_way_leads_back_no_time_is_told(tmp_path: Path) -> None:
    """Nothing served before, or production is not touched."""
    office = Office()
    first = await office.run("plan", "shop", bundle(tmp_path), "--create")
    office.live()
    staged = await office.run("plan", "shop", bundle(tmp_path), "--to", "staging")

    assert "  takes " in first.out
    assert "  takes " in staged.out
    assert "  back " not in first.out + staged.out


async def test_what_serves_already_is_said(tmp_path: Path) -> None:
    """One line, and the calls it takes to see it."""
    office = Office()
    office.live()
    await office.run("release", "shop", bundle(tmp_path))

    done = await office.run("plan", "shop", bundle(tmp_path))

    assert "serves this already." in done.out


async def test_an_adopted_version_and_a_note(tmp_path: Path) -> None:
    """To staging alone; the routine is new to production."""
    office = Office()
    office.cloud.console.add_version("shop", b"//x", "x")

    done = await office.run("plan", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    assert "  production  nothing" in done.out
    assert "  note        shop serves nothing in production yet" in done.out


async def test_a_version_that_is_there_is_taken(tmp_path: Path) -> None:
    """Nothing is uploaded, and staging is the end."""
    office = Office()
    office.live()
    await office.run("release", "shop", bundle(tmp_path))
    made = office.versions()[-1]
    await office.run("release", "shop", bundle(tmp_path, b"//else", "b.js"))

    done = await office.run("plan", "shop", bundle(tmp_path), "--to", "staging")

    assert f"): version {made}, which holds it" in done.out
    assert "  shares      none: staging alone" in done.out
    assert " and 0 uploads (" in done.out


async def test_as_json(tmp_path: Path) -> None:
    """The same object as in the file."""
    office = Office()
    office.live()
    out = tmp_path / "plan.json"

    done = await office.run("plan", "shop", bundle(tmp_path), "-o", str(out), "--json")

    assert json.loads(out.read_text(encoding="utf-8")) == done.json["plan"]
    assert ("esa-flows plan", 1) == (
        done.json["plan"]["kind"],
        done.json["plan"]["schema"],
    )
    assert "esa-flows resume --plan " in done.err
    assert 0o600 == out.stat().st_mode & 0o777


async def test_a_release_with_a_plan_goes_on_without_its_journal(
    tmp_path: Path,
) -> None:
    """Everything but the plan is lost: journal, store, bundle."""
    office = Office()
    office.live()
    file, out = bundle(tmp_path), str(tmp_path / "plan.json")
    canary = ("--canary", "10:5m,100")
    planned = await office.run("plan", "shop", file, *canary, "-o", out, "--json")
    run = planned.json["plan"]["releases"][0]["run"]
    with anyio.move_on_after(60):
        await office.run("release", "shop", file, *canary, "--run-id", run)

    assert [10, 90] == sorted(office.serves().values())
    _remove(file)
    desk = office.desk(journal=MemoryJournal(), blobs=MemoryBlobs())

    done = await office.run("resume", "--plan", out, desk=desk)

    new = office.versions()[-1]
    assert 0 == done.code
    assert f"shop: released, version {new}" in done.out
    assert {new: 100} == office.serves()
    assert 1 == office.changes["CommitRoutineStagingCode"]


async def test_a_release_writes_its_plan_first(tmp_path: Path) -> None:
    """Shown and written before the first change; the run has the plan's id."""
    office = Office()
    office.live()
    out = tmp_path / "plan.json"

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--plan-out", str(out), "--json"
    )

    told = json.loads(out.read_text(encoding="utf-8"))
    assert 0 == done.code
    assert told["releases"][0]["run"] == done.json["run"]
    assert done.err.index("  shares      100") < done.err.index("commit the version")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "A run or a plan is needed, and not both."),
        (("7k2f", "--plan", "plan.json"), "A run or a plan is needed, and not both."),
        (("--plan", "{folder}/gone.json"), "gone.json cannot be read as a plan"),
        (("--plan", "{folder}/worker.js"), "This plan is no JSON"),
    ],
)
async def test_what_cannot_be_resumed(
    argv: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    """Refused before anything is asked."""
    bundle(tmp_path)
    given = [word.format(folder=tmp_path) for word in argv]

    done = await Office().run("resume", *given)

    assert 2 == done.code
    assert sentence in done.err


async def test_a_plan_that_cannot_be_written_stops_the_release(tmp_path: Path) -> None:
    """It was asked for to be safe: without it nothing is begun."""
    office = Office()
    office.live()

    done = await office.run(
        "release",
        "shop",
        bundle(tmp_path),
        "--plan-out",
        str(tmp_path / "gone" / "plan.json"),
    )

    assert 2 == done.code
    assert "cannot be written" in done.err
    assert {} == office.changes
