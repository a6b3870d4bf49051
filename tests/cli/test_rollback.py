"""Going back to an earlier version."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, bundle
from tests.house import OLD

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_the_target_is_shown_before_it_is_deployed(tmp_path: Path) -> None:
    """A rollback goes to the version that served before, and says so first."""
    office = Office()
    old = office.live()
    await office.run("release", "shop", bundle(tmp_path))
    new = office.versions()[-1]

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    told = f"shop: production goes from {new} 100 % to {old} 100 %."
    assert told in done.err
    assert done.err.index(told) < done.err.index("deploy to production")
    assert "shop: rolled back" in done.out
    assert {old: 100} == office.serves()


async def test_to_a_version_of_one_s_own_choice(tmp_path: Path) -> None:
    """With --to any version that is there can be gone back to."""
    office = Office()
    office.live(versions=3)
    first = office.versions()[0]

    done = await office.run("rollback", "shop", "--to", first, "--json")

    assert 0 == done.code
    assert {first: 100} == done.json["production"] == office.serves()


async def test_an_unfinished_release_is_aborted(tmp_path: Path) -> None:
    """During a release the way back is the one its run has recorded."""
    office = Office()
    old = office.live()
    with anyio.move_on_after(60):
        await office.run("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    done = await office.run("rollback", "shop")

    assert 0 == done.code
    assert "the unfinished run " in done.err
    assert "shop: aborted" in done.out
    assert {old: 100} == office.serves()


@pytest.mark.parametrize(
    ("to", "code", "sentence"),
    [
        ((), 2, "Nothing says which version of shop served before"),
        (("--to", "5"), 10, "Version 5 of shop is gone"),
        (("--to", "v5"), 2, "'v5' is not a version id"),
    ],
)
async def test_no_way_back(to: tuple[str, ...], code: int, sentence: str) -> None:
    """Where there is no target nothing is changed, and the next move is named."""
    office = Office()
    old = office.live()

    done = await office.run("rollback", "shop", *to)

    assert code == done.code
    assert sentence in done.err
    assert {old: 100} == office.serves()
    assert {} == office.changes


async def test_where_production_serves_what_is_wanted() -> None:
    """Going back to what serves is a success that changes nothing."""
    office = Office()
    old = office.live(code=OLD)

    done = await office.run("rollback", "shop", "--to", old)

    assert 0 == done.code
    assert "shop: unchanged" in done.out
    assert {} == office.changes
