"""Taking a routine away: shown first, named twice, and never by accident."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, bundle
from tests.house import OLD

from esa_flows.files import digest_of
from esa_flows.localcloud import Switches

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


def stored() -> Office:
    """Make a routine of two versions that serves nothing."""
    office = Office()
    for _ in range(2):
        office.cloud.console.add_version("shop", OLD)

    return office


async def test_what_would_be_lost_is_shown_first() -> None:
    """Then every code is saved, and the routine is gone."""
    office = stored()

    done = await office.run("routines", "delete", "shop", "--yes", "shop")

    assert 0 == done.code
    assert "production  nothing" in done.err
    assert "loses 2 versions; 0 routes and 0 records lead to it" in done.err
    assert "shop is deleted with 2 versions; the code of 2 is kept" in done.out
    assert {"DeleteRoutine": 1} == office.changes
    assert OLD == await office.blobs.read(digest_of(OLD))


async def test_programs_are_told_where_the_code_is() -> None:
    """Each version with the digest of its code."""
    office = stored()

    done = await office.run("routines", "delete", "shop", "--yes", "shop", "--json")

    assert "deleted" == done.json["outcome"]
    assert [digest_of(OLD)] * 2 == [one["backup"] for one in done.json["versions"]]


@pytest.mark.parametrize(
    ("typed", "code"), [("shop", 0), (" shop ", 0), ("y", 2), ("", 2), ("Shop", 2)]
)
async def test_its_name_is_typed(typed: str, code: int) -> None:
    """A yes is too quick for what nothing brings back."""
    office = stored()
    desk = office.desk(is_terminal=True)

    async def listen() -> str:
        """Be a person who types."""
        return typed

    desk.listen = listen
    done = await office.run("routines", "delete", "shop", desk=desk)

    assert code == done.code
    assert ({} if code else {"DeleteRoutine": 1}) == office.changes
    assert ("name was not typed" in done.err) is bool(code)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "standard input is no terminal"),
        (("--yes", "shop-2"), "--yes names 'shop-2'; the routine to delete is 'shop'"),
    ],
)
async def test_a_script_names_it_twice(flags: tuple[str, ...], said: str) -> None:
    """The same routine."""
    office = stored()

    done = await office.run("routines", "delete", "shop", *flags)

    assert 2 == done.code
    assert said in done.err
    assert {} == office.changes


async def test_what_serves_production_stays() -> None:
    """Nothing but the flag for just that gets round it."""
    office = Office(switches=Switches(delete_guard=False))
    office.live()

    refused = await office.run("routines", "delete", "shop", "--yes", "shop")
    before = office.changes
    gone = await office.run(
        "routines", "delete", "shop", "--yes", "shop", "--while-serving"
    )

    assert 2 == refused.code
    assert "It is not deleted. " not in refused.out
    assert "or say --while-serving" in refused.err
    assert ({}, 0) == (before, gone.code)
    assert {"DeleteRoutine": 1} == office.changes


async def test_what_a_run_refers_to_stays(tmp_path: Path) -> None:
    """Nobody is asked to confirm what cannot be done."""
    office = Office()
    office.live()
    with anyio.move_on_after(60):
        await office.run("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    done = await office.run("routines", "delete", "shop", "--while-serving")

    assert 15 == done.code
    assert "shop has an unfinished run" in done.err
    assert "DeleteRoutine" not in office.changes


async def test_a_typing_error_is_told() -> None:
    """There is no such routine."""
    done = await Office().run("routines", "delete", "shop", "--yes", "shop")

    assert 10 == done.code
    assert "found no routine of this name" in done.err
