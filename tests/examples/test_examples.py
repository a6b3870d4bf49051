"""The examples run, in virtual time, on asyncio and on trio."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import first_release, own_flow
from tests.house import House

ROUTINES = Path(first_release.__file__).parent / "routines"


@pytest.mark.may_block
async def test_the_first_release_walks_its_shares(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first example releases a real file in three shares and prints the report."""
    house = House()
    house.live("checkout-edge")

    async with house.client() as client:
        await first_release.release(client, str(ROUTINES / "checkout-edge.js"))

    newest = house.versions("checkout-edge")[-1]
    assert {newest: 100} == house.serves("checkout-edge")
    assert f"checkout-edge: released as version {newest}." in capsys.readouterr().out


@pytest.mark.may_block
async def test_a_flow_of_ones_own_ends_on_staging(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The custom flow deploys to staging and leaves production as it was."""
    house = House()
    old = house.live("checkout-edge")

    async with house.client(flows=(own_flow.preview,)) as client:
        await own_flow.show(client, "checkout-edge", str(ROUTINES / "checkout-edge.js"))

    newest = house.versions("checkout-edge")[-1]
    assert {newest: 100} == house.serves("checkout-edge", "staging")
    assert {old: 100} == house.serves("checkout-edge")
    assert f"serves {newest} 100 %" in capsys.readouterr().out
