"""The upload of a ZIP."""

from __future__ import annotations

import pytest
from tests.house import House
from tests.steps.bench import perform
from tests.steps.test_request_assets_slot import stage

from esa_flows.errors import SlotExpired
from esa_flows.localcloud import Fault
from esa_flows.model import VersionId
from esa_flows.steps.post_package import post_package, stage_package
from esa_flows.steps.request_assets_slot import Reserved


async def test_a_version_that_has_its_zip_needs_no_upload() -> None:
    """What arrived before a crash is not sent again."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            given = Reserved(
                stage=await stage(client), version=VersionId(old), attempts=2
            )
            made = await perform(client, post_package, given)

        assert (old, 2) == (made.version, made.attempts)
        assert [] == house.transport.calls


async def test_an_expired_form_is_told() -> None:
    """The flow asks for another version then."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="expired"))
        async with house.client() as client:
            with pytest.raises(SlotExpired):
                await perform(client, stage_package, await stage(client))
