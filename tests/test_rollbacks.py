"""Rollbacks: what is done with the run that a routine has already."""

from __future__ import annotations

import anyio
import pytest

from esa_flows import Outcome, ReleaseFailed
from esa_flows.localcloud import Fault
from esa_flows.rollbacks import Rollbacks
from tests.house import NEW, OTHER, House
from tests.release.test_rollback import released


async def test_rollbacks_say_nothing_of_their_insides() -> None:
    """What a log shows is short."""
    async with House().client() as client:
        rollbacks = Rollbacks(client.connection, client.versions._releases)

    assert "<Rollbacks>" == repr(rollbacks)


async def test_a_rollback_of_a_paused_release_aborts_it() -> None:
    """The unfinished release knows better than a tag what served before."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="10:5m,100")

        assert [10, 90] == sorted(house.serves().values())

        async with house.client() as client:
            report = await client.rollback("shop")
            unfinished = await client.runs.unfinished("shop")

        assert Outcome.ABORTED is report.outcome
        assert {old: 100} == house.serves()
        assert () == unfinished


async def test_a_rollback_to_a_version_aborts_first() -> None:
    """The release is ended, then the version asked for is deployed."""
    with House() as house:
        first, second = await released(house, NEW)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", OTHER, canary="10:5m,100")

        async with house.client() as client:
            report = await client.rollback("shop", to=first)

        assert second != first
        assert Outcome.ROLLED_BACK is report.outcome
        assert {first: 100} == house.serves()


async def test_a_rollback_that_cannot_lead_back_raises() -> None:
    """A first release has no before: its abort is no rollback."""
    with House() as house:
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="100:5m", create=True)

        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="asked to abort") as caught:
                await client.rollback("shop")

        assert Outcome.STUCK is caught.value.report.outcome
        assert not caught.value.production_as_before


async def test_an_unfinished_rollback_is_gone_on_with() -> None:
    """Asked for twice it goes back once: not to what served before that."""
    with House() as house:
        first, second, _ = await released(house, NEW, OTHER)
        lost = Fault(operation="CreateRoutineCodeDeployment", kind="lost", times=1)
        cut = Fault(operation="GetRoutine", kind="reset", call=2, times=None)
        house.cloud.inject(lost, cut)
        async with house.client() as client:
            paused = await client.rollback("shop", check=False)

        assert Outcome.PAUSED is paused.outcome

        house.cloud.faults.clear()
        async with house.client() as client:
            report = await client.rollback("shop")

        assert Outcome.ROLLED_BACK is report.outcome
        assert paused.run == report.run
        assert {second: 100} == house.serves()
        assert first != second


async def test_an_unfinished_rollback_to_elsewhere_is_ended_first() -> None:
    """Another target is another rollback: the paused one is stopped where it is."""
    with House() as house:
        first, second, _ = await released(house, NEW, OTHER)
        house.cloud.inject(
            Fault(operation="CreateRoutineCodeDeployment", kind="reset", times=None)
        )
        async with house.client() as client:
            paused = await client.rollback("shop", check=False)
            house.cloud.faults.clear()
            report = await client.rollback("shop", to=first)
            ended = await client.resume(paused.run, check=False)

        assert Outcome.ABORTED is ended.outcome
        assert Outcome.ROLLED_BACK is report.outcome
        assert {first: 100} == house.serves()
        assert second != first


async def test_a_paused_rollback_that_is_aborted_is_no_rollback() -> None:
    """One to a named version is stopped; what was asked for is still done."""
    with House() as house:
        first, second, _ = await released(house, NEW, OTHER)
        house.cloud.inject(
            Fault(operation="CreateRoutineCodeDeployment", kind="reset", times=None)
        )
        async with house.client() as client:
            await client.rollback("shop", to=first, check=False)
            house.cloud.faults.clear()
            report = await client.rollback("shop")

        assert Outcome.ROLLED_BACK is report.outcome
        assert {second: 100} == house.serves()
