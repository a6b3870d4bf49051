"""The code of a version, kept by its digest."""

from __future__ import annotations

import pytest
from tests.house import OLD, House
from tests.steps.bench import SHOP, perform

from esa_flows.errors import Refused
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.model import VersionId
from esa_flows.steps.save_code import SaveCode, Saved, save_code


async def test_code_is_kept_by_its_digest() -> None:
    """Byte for byte."""
    with House() as house:
        version = VersionId(house.live())
        async with house.client() as client:
            kept = await perform(
                client, save_code, SaveCode(routine=SHOP, version=version)
            )

        assert Saved(version=version, backup=digest_of(OLD)) == kept
        assert OLD == await house.blobs.read(digest_of(OLD))


async def test_code_that_is_not_given_is_an_error() -> None:
    """Nothing is kept, and whoever asked must not go on."""
    with House() as house:
        version = VersionId(house.live())
        house.cloud.inject(
            Fault(
                operation="GetRoutineCodeVersion",
                kind="refuse",
                code="InvalidParameter",
            )
        )
        async with house.client() as client:
            with pytest.raises(Refused):
                await perform(
                    client, save_code, SaveCode(routine=SHOP, version=version)
                )
