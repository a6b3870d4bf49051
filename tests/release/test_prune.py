"""Deleting the versions that nothing needs, for its own sake."""

from __future__ import annotations

import pytest
from tests.house import NEW, OLD, OTHER, House

from esa_flows import Client, Outcome, Report
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from esa_flows.release.prune import prune_versions
from esa_flows.release.spec import Pruning


async def _pruned(client: Client, **changes: object) -> Report:
    wanted = Pruning(routine="shop", **changes)  # type: ignore[arg-type]
    return await client.connection.engine.start(
        prune_versions, wanted, subject=wanted.routine
    )


async def test_what_nothing_needs_goes_oldest_first() -> None:
    """The newest stay, the others are saved and deleted one by one."""
    with House() as house:
        house.live(versions=6)
        before = house.versions()
        async with house.client() as client:
            report = await _pruned(client, keep=4)

        assert Outcome.PRUNED is report.outcome
        assert before[:2] == tuple(gone.version for gone in report.pruned)
        assert before[2:] == house.versions()
        assert {digest_of(OLD)} == {gone.backup for gone in report.pruned}
        one = ["info", "read code", "observe", "delete"]
        assert ["observe", "list", *one, *one] == house.transport.calls


async def test_the_way_back_stays() -> None:
    """What served before the live version is what a rollback needs."""
    with House() as house:
        house.live()
        async with house.client() as client:
            for code in (NEW, OTHER):
                await client.release("shop", code)

            report = await _pruned(client, keep=1)
            back = await client.rollback("shop")

        assert [OLD] == [
            await house.blobs.read(gone.backup) for gone in report.pruned if gone.backup
        ]
        assert Outcome.ROLLED_BACK is back.outcome
        assert digest_of(NEW) == house.digest(str(back.version))


async def test_nothing_to_delete_is_said() -> None:
    """With few versions nothing is changed and nothing is wrong."""
    with House() as house:
        house.live(versions=3)
        async with house.client() as client:
            report = await _pruned(client)

        assert Outcome.UNCHANGED is report.outcome
        assert ["observe", "list"] == house.transport.calls


async def test_only_what_was_shown_goes() -> None:
    """A version that a person did not see on the list is not deleted."""
    with House() as house:
        house.live(versions=4)
        first, second, *_ = house.versions()
        async with house.client() as client:
            report = await _pruned(client, keep=1, chosen=(second,))

        assert [second] == [gone.version for gone in report.pruned]
        assert first in house.versions()


async def test_one_that_goes_live_meanwhile_stays() -> None:
    """Deployed between the look and its turn: it stays, the others go."""
    with House() as house:
        live = house.live(versions=4)
        first, second, third, _ = house.versions()
        house.transport.before("info", lambda: house.deploy({first: 1, live: 99}))
        async with house.client() as client:
            report = await _pruned(client, keep=1)

        assert {first, live} == set(house.versions())
        assert [second, third] == [gone.version for gone in report.pruned]
        assert f"Version {first} stays" in report.notes[0]


@pytest.mark.parametrize(
    "operation", ["GetRoutineCodeVersion", "DeleteRoutineCodeVersion"]
)
async def test_one_that_cannot_be_saved_or_deleted_stays(operation: str) -> None:
    """No backup, no delete; the others go."""
    with House() as house:
        house.live(versions=3)
        first, second, live = house.versions()
        house.cloud.inject(
            Fault(operation=operation, kind="refuse", call=1, code="InvalidParameter")
        )
        async with house.client() as client:
            report = await _pruned(client, keep=1)

        assert (first, live) == house.versions()
        assert [second] == [gone.version for gone in report.pruned]
        assert f"Version {first} stays: it could not be saved" in report.notes[0]


async def test_one_that_somebody_deleted_is_not_claimed() -> None:
    """It is gone, but not by us."""
    with House() as house:
        house.live(versions=2)
        first, live = house.versions()
        house.transport.before(
            "read code", lambda: house.cloud.console.delete_version("shop", first)
        )
        async with house.client() as client:
            report = await _pruned(client, keep=1)

        assert Outcome.UNCHANGED is report.outcome
        assert (live,) == house.versions()


async def test_an_abort_stops_it_where_it_is() -> None:
    """What is deleted stays deleted, and is saved; the rest stays."""
    with House() as house:
        house.live(versions=3)
        first, second, live = house.versions()
        lost = Fault(operation="GetRoutineCodeVersion", kind="reset", times=None)
        house.transport.after("delete", lambda: house.cloud.inject(lost))
        async with house.client() as client:
            paused = await client.versions.prune("shop", keep=1, check=False)
            house.cloud.faults.clear()
            report = await client.abort(paused.run)

        assert Outcome.ABORTED is report.outcome
        assert [first] == [gone.version for gone in report.pruned]
        assert (second, live) == house.versions()


def test_keeping_none_is_refused() -> None:
    """The newest may be what somebody is about to release."""
    with pytest.raises(InvalidInput, match="1 is the least"):
        Pruning(routine="shop", keep=0)
