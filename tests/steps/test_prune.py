"""Deleting a version, its code saved first."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.house import OLD, House
from tests.steps.bench import SHOP, perform

from esa_flows.errors import Conflict, InUse, NotFound, Refused
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import VersionId
from esa_flows.steps.prune import Prune, Pruned, prune

UNREADABLE = Fault(
    operation="GetRoutineCodeVersion", kind="refuse", code="InvalidParameter"
)


def _wanted(version: str, *, must_save: bool = True) -> Prune:
    return Prune(routine=SHOP, version=VersionId(version), must_save=must_save)


async def test_saved_looked_at_deleted_in_this_order() -> None:
    """The backup comes before the look, and the look right before the delete."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest))

        assert Pruned(version=VersionId(oldest), backup=digest_of(OLD)) == gone
        assert ["info", "read code", "observe", "delete"] == house.transport.calls
        assert OLD == await house.blobs.read(digest_of(OLD))
        assert oldest not in house.versions()


@pytest.mark.parametrize("env", ["production", "staging"])
async def test_what_serves_anywhere_stays(env: str) -> None:
    """Whatever the share, whatever the environment: it is never asked for."""
    with House() as house:
        live = house.live(versions=2)
        oldest = house.versions()[0]
        house.deploy({oldest: 1, live: 99}, env=env)
        async with house.client() as client:
            with pytest.raises(Conflict, match=r"serves traffic now\. Nothing was"):
                await perform(client, prune, _wanted(oldest))

        assert "delete" not in house.transport.calls
        assert oldest in house.versions()


async def test_what_cannot_be_saved_stays() -> None:
    """No backup, no delete."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(UNREADABLE)
        async with house.client() as client:
            with pytest.raises(Refused):
                await perform(client, prune, _wanted(oldest))

        assert "delete" not in house.transport.calls
        assert oldest in house.versions()


async def test_the_stores_error_document_is_no_backup() -> None:
    """It is no code: nothing is saved, so nothing is deleted."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(evolve(UNREADABLE, kind="missing", times=None))
        async with house.client() as client:
            with pytest.raises(NotFound, match="is missing at the provider"):
                await perform(client, prune, _wanted(oldest))

        assert "delete" not in house.transport.calls
        assert oldest in house.versions()


async def test_a_page_that_came_once_for_code_is_read_past() -> None:
    """The backup holds the code."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(evolve(UNREADABLE, kind="missing"))
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest))

        assert Pruned(version=VersionId(oldest), backup=digest_of(OLD)) == gone


async def test_what_need_not_be_saved_goes_unsaved() -> None:
    """Our own bytes are in the store by their digest already."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(UNREADABLE)
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest, must_save=False))

        assert Pruned(version=VersionId(oldest)) == gone
        assert oldest not in house.versions()


@pytest.mark.parametrize("code", ["InvalidParameter", "ParameterNotExist"])
@pytest.mark.parametrize("before", ["read code", "delete"])
async def test_what_is_gone_already_is_what_was_wanted(code: str, before: str) -> None:
    """Whichever word the provider has for it, the listing decides."""
    with House(switches=Switches(unknown_version_code=code)) as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.transport.before(
            before, lambda: house.cloud.console.delete_version("shop", oldest)
        )
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest))

        assert Pruned(version=VersionId(oldest)) == gone
        assert "list" == house.transport.calls[-1]


async def test_a_refusal_of_what_is_there_is_an_answer() -> None:
    """It is still listed: it is not gone."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(
            Fault(
                operation="DeleteRoutineCodeVersion",
                kind="refuse",
                code="InvalidParameter",
            )
        )
        async with house.client() as client:
            with pytest.raises(Refused):
                await perform(client, prune, _wanted(oldest))


async def test_what_the_provider_says_is_in_use_stays() -> None:
    """Live between our look and the delete: the provider refuses."""
    with House() as house:
        live = house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(
            Fault(
                operation="DeleteRoutineCodeVersion",
                kind="refuse",
                code="DependedByOthers",
            )
        )
        async with house.client() as client:
            with pytest.raises(InUse):
                await perform(client, prune, _wanted(oldest))

        assert "list" not in house.transport.calls
        assert {live, oldest} == set(house.versions())


@pytest.mark.parametrize(("executed", "deletes"), [(True, 1), (False, 2)])
async def test_a_lost_answer_is_looked_up(*, executed: bool, deletes: int) -> None:
    """Not listed any more: gone. Listed: once more."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(
            Fault(operation="DeleteRoutineCodeVersion", kind="lost", executed=executed)
        )
        async with house.client() as client:
            await perform(client, prune, _wanted(oldest))

        assert deletes == house.transport.calls.count("delete")
        assert oldest not in house.versions()
