"""Looking up what was kept of a version."""

from __future__ import annotations

from tests.house import NEW, House
from tests.steps.bench import SHOP, perform

from esa_flows.files import digest_of
from esa_flows.model import VersionId
from esa_flows.steps.find_backup import Backup, Missing, find_backup


async def test_what_was_kept_is_found_without_a_call() -> None:
    """The tag says which bytes of the store it held."""
    with House() as house:
        digest = await house.blobs.put_bytes(NEW)
        missing = Missing(routine=SHOP, version=VersionId("7"), content=digest.short)
        async with house.client() as client:
            found = await perform(client, find_backup, missing)

        assert isinstance(found, Backup)
        assert digest_of(NEW) == found.bundle.digest
        assert [] == house.transport.calls


async def test_what_was_not_kept_is_nothing() -> None:
    """That is an answer, and a record."""
    with House() as house:
        async with house.client() as client:
            missing = Missing(routine=SHOP, version=VersionId("7"))

            assert await perform(client, find_backup, missing) is None
