"""Reading a version back."""

from __future__ import annotations

import pytest
from tests.house import NEW, OLD, House, edited
from tests.steps.bench import SHOP, perform

from esa_flows.errors import ContentMismatch, VersionNotReady
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.model import Digest, VersionId
from esa_flows.steps.verify import Verified, Verify, verify


def _wanted(version: str, code: bytes = OLD, *, is_fresh: bool = False) -> Verify:
    return Verify(
        routine=SHOP,
        version=VersionId(version),
        digest=digest_of(code),
        is_fresh=is_fresh,
    )


async def test_the_right_bytes_and_an_available_version_pass() -> None:
    """Content first, then state."""
    with House() as house:
        live = house.live()
        async with house.client() as client:
            found = await perform(client, verify, _wanted(live))

        assert Verified(version=VersionId(live), digest=digest_of(OLD)) == found
        assert ["read code", "info"] == house.transport.calls


@pytest.mark.parametrize(("is_fresh", "looks"), [(False, 1), (True, 3)])
async def test_other_bytes_are_refused(*, is_fresh: bool, looks: int) -> None:
    """A fresh version is read three times before a difference counts."""
    with House() as house:
        live = house.live()
        async with house.client() as client:
            with pytest.raises(ContentMismatch) as caught:
                await perform(client, verify, _wanted(live, NEW, is_fresh=is_fresh))

        held, wanted = digest_of(OLD).short, digest_of(NEW).short
        assert (
            f"Version {live} of shop holds {held}…, not {wanted}…."
            " It will not be deployed."
        ) == str(caught.value)
        assert looks == house.transport.calls.count("read code")


async def test_the_whole_digest_decides() -> None:
    """Sixteen equal digits are a candidate, no proof."""
    digest = digest_of(OLD)
    twin = Digest(digest.short + "0" * 48)
    with House() as house:
        live = VersionId(house.live())
        async with house.client() as client:
            with pytest.raises(ContentMismatch):
                await perform(
                    client, verify, Verify(routine=SHOP, version=live, digest=twin)
                )


async def test_the_stores_error_document_is_no_code() -> None:
    """Answered with status 200 in place of code: the digest tells."""
    with House() as house:
        live = house.live()
        house.cloud.inject(
            Fault(operation="GetRoutineCodeVersion", kind="missing", times=None)
        )
        async with house.client() as client:
            with pytest.raises(ContentMismatch):
                await perform(client, verify, _wanted(live))


@pytest.mark.parametrize("status", ["failed", "gone mad"])
async def test_a_state_that_leads_nowhere_is_not_waited_for(status: str) -> None:
    """Only `init` is on the way to available."""
    with House() as house:
        live = house.live()
        house.transport.edit("info", edited(Status=status))
        async with house.client() as client:
            with pytest.raises(VersionNotReady, match="not available"):
                await perform(client, verify, _wanted(live))

        assert 1 == house.transport.calls.count("info")
