"""Planning a migration, joining one, and who may not."""

from __future__ import annotations

import anyio
import pytest

from esa_flows import Outcome
from esa_flows.errors import InvalidInput, NotFound, RoutineNotFound, RunInProgress
from esa_flows.migrations import target_of
from esa_flows.model import SourceName
from tests.house import OTHER, House
from tests.release.test_migrate import MigrationHouse


async def test_a_plan_only_reads() -> None:
    """What would be taken where, what serves there now, and what stays behind."""
    with MigrationHouse() as house:
        live = house.old_shop()
        old = house.live()
        async with house.client() as client:
            plan = await client.migrations.plan("old-shop", to="shop")

        assert ("shop", live, True) == (plan.routine, plan.version, plan.exists)
        assert plan.serves is not None
        assert {old} == plan.serves.split.versions
        assert 3 == len(plan.left)
        assert {"DescribeRoutine": 1, "GetRoutine": 1} == house.cloud.report().calls


async def test_a_plan_for_a_routine_that_is_not_there_yet() -> None:
    """It says so; nothing is made."""
    with MigrationHouse() as house:
        house.old_shop()
        async with house.client() as client:
            plan = await client.migrations.plan("old-shop")

        assert ("old-shop", False, None) == (plan.routine, plan.exists, plan.serves)


async def test_there_is_no_plan_for_nothing() -> None:
    """A routine that is not there, or serves nothing."""
    with MigrationHouse() as house:
        house.cloud.console.add_revision("idle", OTHER)
        async with house.client() as client:
            with pytest.raises(RoutineNotFound):
                await client.migrations.plan("old-shop")

            with pytest.raises(NotFound, match="serves nothing in production"):
                await client.migrations.plan("idle")


def test_the_name_on_esa_is_the_same_or_the_one_asked_for() -> None:
    """A name that ESA would refuse needs another one, and the error says how."""
    assert "shop" == target_of("shop", "")
    assert "shop" == target_of("Old_Shop", "shop")

    with pytest.raises(InvalidInput, match="--to NAME"):
        target_of("Old_Shop", "")

    with pytest.raises(InvalidInput) as caught:
        target_of("shop", "My Shop")

    assert "--to" not in str(caught.value)


async def test_an_unfinished_migration_is_joined() -> None:
    """The same run goes on; a release of something else has to wait."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.migrate("old-shop", to="shop", canary="10:5m,100")

        async with house.client() as client:
            (left,) = await client.runs.unfinished("shop")
            with pytest.raises(
                RunInProgress, match="dcdn/old-shop as it serves to prod"
            ):
                await client.release("shop", OTHER)

            report = await client.migrate("old-shop", to="shop", canary="10:5m,100")

        assert left.run.id == report.run
        assert Outcome.RELEASED is report.outcome


async def test_an_id_of_ones_own_is_heeded() -> None:
    """As for every release: the same id and the same thing is the same run."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        async with house.client() as client:
            one = await client.migrate("old-shop", to="shop", run_id="mine0001")
            two = await client.migrate("old-shop", to="shop", run_id="mine0001")

        assert one == two
        assert "mine0001" == one.run


async def test_a_client_of_dcdn_cannot_migrate() -> None:
    """There is one direction; nothing is sent."""
    with MigrationHouse() as house:
        house.old_shop()
        async with house.client(cloud="dcdn") as client:
            with pytest.raises(InvalidInput, match="from DCDN to ESA, not to DCDN"):
                await client.migrate("old-shop", to="shop")

        assert {} == house.cloud.report().calls


async def test_dcdn_is_reached_once_and_only_when_needed() -> None:
    """A client of ESA inside a VPC works: DCDN has no endpoint there."""
    async with House().client(endpoint="", site="cn", network="vpc") as client:
        with pytest.raises(InvalidInput, match="'dcdn' in the network vpc"):
            await client.migrations.plan("old-shop")

    async with House().client() as client:
        assert client.connection.source() is client.connection.source()

    async with House().client(cloud="dcdn") as client:
        assert client.connection.cloud is client.connection.source()


async def test_calls_of_both_clouds_are_counted() -> None:
    """What a run took is told whole."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        async with house.client() as client:
            await client.migrate("old-shop", to="shop")
            told = client.connection.cloud.statistics().calls

        called = house.cloud.report().calls
        assert sum(called.values()) == sum(told.values())


async def test_an_odd_name_on_dcdn_is_no_obstacle() -> None:
    """Old routines may be called what ESA refuses."""
    with MigrationHouse() as house:
        house.old_shop(name="Old_Shop")
        house.live()
        async with house.client() as client:
            report = await client.migrate("Old_Shop", to="shop")
            plan = await client.migrations.plan("Old_Shop", to="shop")

        assert Outcome.RELEASED is report.outcome
        assert SourceName("Old_Shop") == plan.source.name
