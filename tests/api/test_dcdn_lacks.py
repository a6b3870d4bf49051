"""What DCDN does not have is refused in a sentence, and nothing is sent."""

from __future__ import annotations

import pytest

from esa_flows.api.dcdn_lacks import DcdnLacks
from esa_flows.api.variables import Variables
from esa_flows.errors import Refused
from esa_flows.model import Environment, RoutineName, VersionId

NAME = RoutineName("shop")


async def test_what_there_is_not_is_refused() -> None:
    """Each sentence says what is missing and who has it."""
    dcdn = DcdnLacks()

    with pytest.raises(Refused, match=r"names no addresses .* nothing was sent.*ESA"):
        await dcdn.staging_addresses()

    with pytest.raises(Refused, match="has no preview token for shop"):
        await dcdn.access_token(NAME)

    with pytest.raises(Refused, match="has no routes that lead to shop"):
        await dcdn.routes(NAME)

    with pytest.raises(Refused, match="has no records bound to shop"):
        await dcdn.related_records(NAME)

    with pytest.raises(Refused, match="takes no assets for shop"):
        await dcdn.request_assets_slot(NAME, "tag", not_found="x")


async def test_what_needs_no_call_is_answered() -> None:
    """The documented quota, and that no version has assets or variables."""
    dcdn = DcdnLacks()
    none = Variables(environment=Environment.STAGING, can_bind=False)

    assert 10 == await dcdn.version_quota()
    assert not (await dcdn.assets_info(NAME, VersionId("17"))).has_assets
    assert none == await dcdn.variables(NAME, Environment.STAGING)
