"""The list of versions."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from attrs import evolve
from tests.cli.office import Office, bundle, console

from esa_flows.cli.versions import badges
from esa_flows.model import VersionStatus

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_versions_with_what_they_serve(tmp_path: Path) -> None:
    """Every version with its shares, newest first, and what people wrote."""
    office = Office()
    old = office.live()
    with anyio.move_on_after(60):
        await office.run(
            "release",
            "shop",
            bundle(tmp_path),
            "--canary",
            "10:5m,100",
            "--message",
            "m",
        )
    new = office.versions()[-1]

    done = await office.run("versions", "list", "shop")

    heading, first, second = done.out.splitlines()
    assert ["VERSION", "CREATED", "(UTC)", "SERVES"] == heading.split()[:4]
    assert first.startswith(f"{new}  2026-03-01 12:00  prod 10% stag 100%  ")
    assert f"  {old}  m" in first
    assert second.startswith(f"{old}  2026-03-01 12:00  prod 90%  ")
    assert second.rstrip().endswith("release 0")


async def test_a_narrow_terminal_shows_what_matters() -> None:
    """With 80 columns ids, shares and text stay whole."""
    office = Office()
    old = office.live()
    desk = office.desk()
    desk.out = console(is_terminal=True)

    done = await office.run("versions", "list", "shop", desk=desk)

    assert "PREVIOUS" not in done.out
    shown = f"{old}  2026-03-01 12:00  prod 100% stag 100%  release 0"
    assert shown in done.out


async def test_whose_variables_versions_carry() -> None:
    """A column of its own, where any version carries some."""
    office = Office()
    before = office.live_bound()
    bare = office.cloud.console.add_version("shop", b"//x", "x")

    done = await office.run("versions", "list", "shop")
    told = await office.run("versions", "list", "shop", "--json")

    heading, *rows = done.out.splitlines()
    cells = {row.split()[0]: row.split() for row in rows}
    assert ["SERVES", "VARIABLES", "CONTENT"] == heading.split()[3:6]
    assert "staging" == cells[before["staging"]][5]
    assert "production" == cells[before["production"]][5]
    assert ["-", "-", "-"] == cells[bare][3:6]
    assert [None, "production", "staging"] == [
        each["variables"] for each in told.json["versions"]
    ]


async def test_a_version_that_is_not_ready_says_so() -> None:
    """A status other than available is shown beside the shares."""
    office = Office()
    office.live()
    async with office.client() as client:
        world = await client.versions("shop")
    failed = evolve(world.versions[0], status=VersionStatus.FAILED)

    assert "prod 100% stag 100% failed" == badges(world.routine, failed)


async def test_as_json() -> None:
    """Programs get everything, ids as text."""
    office = Office()
    old = office.live()

    done = await office.run("versions", "list", "shop", "--json")

    assert [
        {
            "version": old,
            "created_at": "2026-03-01T12:00:00+00:00",
            "status": "available",
            "serves": {"staging": 100, "production": 100},
            "variables": None,
            "tag": None,
            "text": "release 0",
        }
    ] == done.json["versions"]
    assert "" == done.err


async def test_a_routine_without_versions() -> None:
    """Nothing is a sentence too."""
    office = Office()
    office.cloud.console.add_version("shop", b"//x", "x")
    office.cloud.console.delete_version("shop", office.versions()[0])

    done = await office.run("versions", "list", "shop")

    assert (0, "shop has no versions.\n") == (done.code, done.out)


async def test_an_unknown_routine() -> None:
    """A routine that is not there is an error with what to quote."""
    done = await Office().run("versions", "list", "shop")

    assert 10 == done.code
    assert "facts operation GetRoutine, code RoutineNotExist, request " in done.err


async def test_a_description_steers_nothing() -> None:
    """What others wrote into a description is shown, not obeyed."""
    office = Office()
    office.cloud.console.add_version("shop", b"//x", "a\x1b[2J[bold]\rb\nc")

    done = await office.run("versions", "list", "shop")

    assert "\x1b" not in done.out
    assert "[2J[bold]" in done.out
    assert 2 == done.out.count("\n")
