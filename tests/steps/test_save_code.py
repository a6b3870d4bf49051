"""Keeping a version's code before it is deleted."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.house import NEW, OLD, House
from tests.steps.bench import SHOP, perform

from esa_flows.errors import NotFound, Refused
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import VersionId
from esa_flows.steps.save_code import SaveCode, Saved, save_code

UNREADABLE = Fault(
    operation="GetRoutineCodeVersion", kind="refuse", code="InvalidParameter"
)


def _wanted(version: str, content: str = "") -> SaveCode:
    return SaveCode(routine=SHOP, version=VersionId(version), content=content)


async def test_somebody_else_s_code_is_read_and_kept() -> None:
    """It is asked whether it has assets, and its bytes come into the store."""
    with House() as house:
        version = house.live()
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(version))

        assert Saved(version=VersionId(version), backup=digest_of(OLD)) == saved
        assert ["info", "read code"] == house.transport.calls
        assert OLD == await house.blobs.read(digest_of(OLD))


async def test_what_the_store_has_costs_no_call() -> None:
    """Our tag names the bytes that were stored when the version was made."""
    with House() as house:
        version = house.live(code=NEW)
        digest = await house.blobs.put_bytes(NEW)
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(version, digest.short))

        assert Saved(version=VersionId(version), backup=digest) == saved
        assert [] == house.transport.calls


async def test_our_own_code_is_read_where_the_store_lost_it() -> None:
    """A store that was deleted is filled again, without asking for assets."""
    with House() as house:
        version, digest = house.live(code=NEW), digest_of(NEW)
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(version, digest.short))

        assert Saved(version=VersionId(version), backup=digest) == saved
        assert ["read code"] == house.transport.calls


async def test_what_cannot_be_read_is_an_answer() -> None:
    """Of somebody else's version nothing is saved, so it may not be deleted."""
    with House() as house:
        version = house.live()
        house.cloud.inject(UNREADABLE)
        async with house.client() as client:
            with pytest.raises(Refused):
                await perform(client, save_code, _wanted(version))


async def test_the_stores_error_document_is_no_backup() -> None:
    """It is no code: nothing is saved, so nothing is deleted."""
    with House() as house:
        version = house.live()
        house.cloud.inject(evolve(UNREADABLE, kind="missing", times=None))
        async with house.client() as client:
            with pytest.raises(NotFound, match="is missing at the provider"):
                await perform(client, save_code, _wanted(version))


async def test_a_page_that_came_once_for_code_is_read_past() -> None:
    """The backup holds the code."""
    with House() as house:
        version = house.live()
        house.cloud.inject(evolve(UNREADABLE, kind="missing"))
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(version))

        assert digest_of(OLD) == saved.backup


async def test_our_own_may_stay_unsaved() -> None:
    """A user gave us its bytes: that they cannot be read holds nothing up."""
    with House() as house:
        version = house.live()
        house.cloud.inject(UNREADABLE)
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(version, "0" * 16))

        assert Saved(version=VersionId(version)) == saved


async def test_the_code_of_a_package_is_known_not_to_be_all() -> None:
    """The tag names a package and the code read is something else: assets are lost."""
    with House() as house:
        version = house.live()
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(version, "0" * 16))

        assert saved.has_assets
        assert digest_of(OLD) == saved.backup


@pytest.mark.parametrize("code", ["InvalidParameter", "ParameterNotExist"])
@pytest.mark.parametrize("content", ["", "0" * 16], ids=["foreign", "own"])
async def test_what_is_gone_needs_no_saving(code: str, content: str) -> None:
    """Whichever word the provider has for it, the listing decides."""
    with House(switches=Switches(unknown_version_code=code)) as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.transport.before(
            "read code", lambda: house.cloud.console.delete_version("shop", oldest)
        )
        async with house.client() as client:
            saved = await perform(client, save_code, _wanted(oldest, content))

        assert Saved(version=VersionId(oldest), is_gone=True) == saved
        assert "list" == house.transport.calls[-1]
