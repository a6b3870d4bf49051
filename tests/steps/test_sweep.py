"""Deleting the duplicates of a lost commit, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.house import NEW, House
from tests.steps.bench import perform, stage

from esa_flows import Client, Context, flow
from esa_flows.localcloud import Fault
from esa_flows.model import Environment, VersionId
from esa_flows.steps.sweep import Sweep, sweep

RUN = "sweep1"


async def _twins(house: House, client: Client, count: int = 3) -> tuple[str, ...]:
    """Let a run have made the same version several times."""
    house.live()
    tag = str((await stage(client)).tag(RUN))
    return tuple(
        house.cloud.console.add_version("shop", NEW, tag) for _ in range(count)
    )


async def _swept(client: Client, keep: str) -> Any:
    @flow(name="sweeping")
    async def sweeping(ctx: Context, given: Any) -> Any:
        """Sweep in a run of this name."""
        return await ctx.do(sweep, given)

    wanted = Sweep(stage=await stage(client), keep=VersionId(keep))
    return await client.run(sweeping, wanted, run_id=RUN)


async def test_all_but_the_kept_one_go() -> None:
    """Every other version of this run with this content; nobody else's."""
    with House() as house:
        async with house.client() as client:
            first, second, third = await _twins(house, client)
            gone = await _swept(client, second)

        assert (first, third) == gone
        assert second in house.versions()
        assert 2 == len(house.versions())
        assert ["list", "observe", "delete", "observe", "delete"] == (
            house.transport.calls
        )


async def test_another_runs_versions_stay() -> None:
    """The tag says whose they are."""
    with House() as house:
        async with house.client() as client:
            made = await _twins(house, client)
            wanted = Sweep(stage=await stage(client), keep=VersionId(made[0]))
            gone = await perform(client, sweep, wanted)

        assert () == gone
        assert 4 == len(house.versions())


async def test_the_twin_with_other_variables_stays() -> None:
    """The same run made the same bytes for the other environment: no duplicate."""
    with House() as house:
        async with house.client() as client:
            first, second, _ = await _twins(house, client)
            bound = await stage(client, bound_to=Environment.PRODUCTION)
            twin = house.cloud.console.add_version(
                "shop", NEW, str(bound.tag(RUN)), deploy_env="production"
            )
            await _swept(client, first)

        assert twin in house.versions()
        assert second not in house.versions()


async def test_a_duplicate_that_serves_stays() -> None:
    """Somebody found a use for it meanwhile: looked at right before each delete."""
    with House() as house:
        async with house.client() as client:
            first, second, third = await _twins(house, client)
            house.transport.before("observe", lambda: house.deploy({third: 100}), nth=2)
            gone = await _swept(client, first)

        assert (second,) == gone
        assert {third: 100} == house.serves()


@pytest.mark.parametrize("code", ["InvalidParameter", "DependedByOthers"])
async def test_a_duplicate_that_cannot_go_is_left(code: str) -> None:
    """Gone already or held by the provider: the others still go."""
    with House() as house:
        async with house.client() as client:
            first, second, third = await _twins(house, client)
            house.cloud.inject(
                Fault(operation="DeleteRoutineCodeVersion", kind="refuse", code=code)
            )
            gone = await _swept(client, first)

        assert (third,) == gone
        assert second in house.versions()
