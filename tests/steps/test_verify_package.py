"""What can be compared of a version with assets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.house import NEW, OTHER, House, edited
from tests.steps.bench import SHOP, perform
from tests.steps.test_request_assets_slot import stage

from esa_flows.errors import ContentMismatch, VersionNotReady
from esa_flows.files import digest_of
from esa_flows.localcloud import Switches
from esa_flows.steps.post_package import stage_package
from esa_flows.steps.verify_package import VerifyPackage, verify_package


async def _verified(house: House, code: bytes = NEW, **changes: Any) -> Any:
    """Make a version with assets and verify it."""
    house.live()
    async with house.client() as client:
        made = await perform(client, stage_package, await stage(client, "Spa"))
        wanted = VerifyPackage(
            routine=SHOP,
            version=made.version,
            digest=digest_of(code),
            is_fresh=True,
            **{"not_found": "SPA"} | changes,
        )
        return await perform(client, verify_package, wanted)


async def test_its_code_is_compared_once_it_is_ready() -> None:
    """Before it is, the provider shows no code at all."""
    with House(switches=Switches(ready_after=20.0)) as house:
        found = await _verified(house)

        assert digest_of(NEW) == found.digest
        assert 1 == house.transport.calls.count("read code")


async def test_other_code_is_refused() -> None:
    """The code decides as everywhere."""
    with House() as house, pytest.raises(ContentMismatch, match="holds"):
        await _verified(house, OTHER)


async def test_a_version_without_assets_is_refused() -> None:
    """The right code alone is not what was asked for."""
    with House() as house:
        house.transport.edit("info", edited(HasAssets=False), nth=2)
        with pytest.raises(ContentMismatch, match="has no assets"):
            await _verified(house)


async def test_another_strategy_is_refused() -> None:
    """Unknown paths would be answered by something else."""
    said = "answers unknown paths with Spa"
    with House() as house, pytest.raises(ContentMismatch, match=said):
        await _verified(house, not_found="")


async def test_a_zip_that_cannot_be_used_is_told() -> None:
    """The provider says so by the version's state."""
    with House() as house:
        house.transport.edit("info", edited(Status="failed"))
        with pytest.raises(VersionNotReady, match="is failed"):
            await _verified(house)
