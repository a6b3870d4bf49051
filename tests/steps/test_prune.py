"""Deleting a version whose code is saved."""

from __future__ import annotations

import pytest
from tests.house import OLD, House
from tests.steps.bench import SHOP, perform

from esa_flows.errors import Conflict, InUse, Refused
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import VersionId
from esa_flows.steps.prune import Prune, Pruned, prune
from esa_flows.steps.save_code import Saved


def _wanted(version: str) -> Prune:
    saved = Saved(version=VersionId(version), backup=digest_of(OLD))
    return Prune(routine=SHOP, saved=saved)


async def test_looked_at_then_deleted() -> None:
    """The look comes right before the delete, and what was saved is told on."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest))

        assert Pruned(version=VersionId(oldest), backup=digest_of(OLD)) == gone
        assert ["observe", "delete"] == house.transport.calls
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


@pytest.mark.parametrize("code", ["InvalidParameter", "ParameterNotExist"])
async def test_what_is_gone_already_is_what_was_wanted(code: str) -> None:
    """Whichever word the provider has for it, the listing decides."""
    with House(switches=Switches(unknown_version_code=code)) as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.transport.before(
            "delete", lambda: house.cloud.console.delete_version("shop", oldest)
        )
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest))

        assert VersionId(oldest) == gone.version
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
    """Not listed any more: gone, and still known as saved. Listed: once more."""
    with House() as house:
        house.live(versions=2)
        oldest = house.versions()[0]
        house.cloud.inject(
            Fault(operation="DeleteRoutineCodeVersion", kind="lost", executed=executed)
        )
        async with house.client() as client:
            gone = await perform(client, prune, _wanted(oldest))

        assert digest_of(OLD) == gone.backup
        assert deletes == house.transport.calls.count("delete")
        assert oldest not in house.versions()
