"""What both clouds have in common: uploads, permits, counts."""

from __future__ import annotations

import pytest
from tests.api.dcdn_desk import DcdnDesk
from tests.api.desk import NAME

from esa_flows.api.cloud import Op
from esa_flows.api.provider import Provider
from esa_flows.errors import LeaseLost
from esa_flows.files import BytesBlob
from esa_flows.wire import Verb


@pytest.fixture(params=["esa", "dcdn"])
async def provider(request: pytest.FixtureRequest) -> Provider:
    """Give each cloud in turn."""
    found: Provider = getattr(DcdnDesk(), request.param)
    return found


async def test_copies_count_together(provider: Provider) -> None:
    """What a step asked is seen on the whole client."""
    bound = provider.bound(permit=lambda _: None)
    slot = await bound.request_slot(NAME, "ef1")  # type: ignore[attr-defined]
    await bound.post(slot, BytesBlob(b"export default {};"))

    assert 1 == provider.statistics().calls[Op.POST]
    assert bound.statistics() == provider.statistics()
    assert type(provider) is type(bound)


async def test_an_upload_asks_the_permit_last(provider: Provider) -> None:
    """Who may not go on uploads nothing, and nothing is counted."""

    def refuse(verb: Verb) -> None:
        """Let nothing pass."""
        raise LeaseLost(f"{verb.name} is not yours any more.")

    slot = await provider.request_slot(NAME, "ef1")  # type: ignore[attr-defined]
    with pytest.raises(LeaseLost, match="POST is not yours"):
        await provider.bound(permit=refuse).post(slot, BytesBlob(b"//"))

    assert Op.POST not in provider.statistics().calls
