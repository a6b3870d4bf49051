"""The cloud as a process of its own, from asyncio and from trio."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from esa_flows.localcloud import KEY
from esa_flows.localcloud.spawn import _told, spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


async def test_a_spawned_cloud_answers_and_ends() -> None:
    """Faults from a file, state to a file, and nothing is left running."""
    async with spawned() as at, httpx.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{at.api}/__control__/report")).json()

    assert sorted(told["versions"]) == ["checkout-edge", "img-resize"]
    assert at.access_key_id == KEY.id
    assert at.access_key_secret not in repr(at)
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(at.api)


async def test_options_are_passed_on(tmp_path: Path) -> None:
    """A second process finds the state and the faults of the files."""
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\noperation = "edge"\nkind = "html"\n')
    state = tmp_path / "state.json"
    async with spawned(["--empty", "--state", str(state)]):
        pass

    async with (
        spawned(["--state", str(state), "--faults", str(faults), "--dice", "7"]) as at,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        told = (await client.get(f"{at.api}/__control__/report")).json()
        page = await client.get(at.edge_staging)

    assert told["versions"] == {}
    assert page.status_code == 502


async def test_a_cloud_that_cannot_start_is_an_error() -> None:
    """It ends before it tells its addresses."""
    with pytest.raises(RuntimeError, match="ended before it served"):
        async with spawned(["--host", "192.0.2.1"]):
            """Never reached."""


async def test_a_cloud_without_output_is_an_error() -> None:
    """There is no other way to learn its addresses."""
    with pytest.raises(RuntimeError, match="has no standard output"):
        await _told(None)
