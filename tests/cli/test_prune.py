"""Deleting the versions that nothing needs."""

from __future__ import annotations

import pytest
from tests.cli.office import Office

# A store of a test is looked at in the loop.
pytestmark = pytest.mark.may_block


async def test_the_plan_comes_first() -> None:
    """What goes, what stays and why is shown before the first delete."""
    office = Office()
    live = office.live(versions=3)
    first, second, _ = office.versions()

    done = await office.run("versions", "prune", "shop", "--keep", "1")

    assert 0 == done.code
    assert "shop: 2 versions of 3 to delete." in done.err
    assert done.err.index("its code is saved first") < done.err.index("delete version")
    assert "shop: pruned" in done.out
    assert f"version {first}, saved as " in done.out
    assert f"version {second}, saved as " in done.out
    assert (live,) == office.versions()


async def test_a_dry_run_changes_nothing() -> None:
    """The same plan, on standard output, and that is all."""
    office = Office()
    live = office.live(versions=2)
    oldest = office.versions()[0]

    done = await office.run("versions", "prune", "shop", "--keep", "1", "--dry-run")

    assert 0 == done.code
    rows = [line.split() for line in done.out.splitlines()]
    assert [live, "stays", "serves", "production"] in rows
    assert [oldest, "goes", "its", "code", "is", "saved", "first"] in rows
    assert {} == office.changes


async def test_a_dry_run_as_json() -> None:
    """Ids as text; reasons by version."""
    office = Office()
    live = office.live(versions=2)
    oldest = office.versions()[0]

    done = await office.run(
        "versions", "prune", "shop", "--keep", "1", "--dry-run", "--json"
    )

    assert [oldest] == done.json["goes"]
    assert {live: "serves production"} == done.json["stays"]


async def test_where_nothing_goes_nothing_is_begun() -> None:
    """The plan says so, and there is no run."""
    office = Office()
    office.live(versions=2)

    done = await office.run("versions", "prune", "shop")

    assert 0 == done.code
    assert "shop: 0 versions of 2 to delete." in done.err
    assert {} == office.changes


async def test_a_routine_without_versions() -> None:
    """One sentence, no table."""
    office = Office()
    office.cloud.console.add_version("shop", b"//x", "x")
    office.cloud.console.delete_version("shop", office.versions()[0])

    done = await office.run("versions", "prune", "shop")

    assert 0 == done.code
    assert "VERSION" not in done.err


@pytest.mark.parametrize(
    "flags", [("--protect", "{oldest}"), ("--no-prune-foreign",)], ids=lambda f: f[0]
)
async def test_what_a_person_wants_to_keep_stays(flags: tuple[str, ...]) -> None:
    """Named ones, or all that others made."""
    office = Office()
    office.live(versions=2)
    before = office.versions()
    given = [flag.format(oldest=before[0]) for flag in flags]

    done = await office.run("versions", "prune", "shop", "--keep", "1", *given)

    assert 0 == done.code
    assert before == office.versions()


async def test_keeping_none_is_refused() -> None:
    """A number that could delete what was just made."""
    office = Office()
    office.live()

    done = await office.run("versions", "prune", "shop", "--keep", "0")

    assert 2 == done.code
    assert "1 is the least" in done.err
