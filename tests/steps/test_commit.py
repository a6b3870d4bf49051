"""Making a version, and finding the one that was made."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from tests.dcdn_house import ZHEJIANG, DcdnHouse
from tests.house import NEW, House
from tests.steps.bench import perform, stage

from esa_flows import Context, flow
from esa_flows.errors import QuotaExceeded
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Environment, VersionId
from esa_flows.steps.commit import stage_code

LOST_LOOK = Fault(operation="DescribeRoutine", kind="lost")


async def test_a_version_carries_our_tag() -> None:
    """Content, run, predecessor, commit and words, in one line."""
    with House() as house:
        house.live()
        async with house.client() as client:
            asked = await stage(client, previous=VersionId("42"))
            made = await perform(client, stage_code, asked)
            world = await client.versions("shop")

        newest = world.versions[0]
        assert made.version == newest.id
        assert newest.tag is not None
        assert (asked.bundle.digest.short, "42", "0123abc", "hello") == (
            newest.tag.content,
            newest.tag.previous,
            newest.tag.commit,
            newest.tag.text,
        )
        assert 1 == made.attempts


@pytest.mark.parametrize("place", Environment)
async def test_a_bound_version_carries_its_environments_variables(
    place: Environment,
) -> None:
    """Those of the moment, and the tag says whose."""
    with House() as house:
        house.live_bound()
        async with house.client() as client:
            asked = await stage(client, bound_to=place)
            made = await perform(client, stage_code, asked)
            world = await client.versions("shop")

        held = house.cloud.console.routine("shop").versions[made.version]
        assert f"old-{place}" == held.variables["TOKEN"].value
        assert f" e={place[0]} " in held.description
        assert (place, place) == (world.versions[0].bound_to, world.versions[0].carries)


async def test_a_lost_twin_is_not_taken_for_the_other() -> None:
    """Staging's version of the same run and bytes is not what production lacks."""
    with House(switches=Switches(list_lag=0.0)) as house:
        house.live_bound()
        lost = Fault(operation="CommitRoutineStagingCode", kind="reset")
        async with house.client() as client:
            asked = await stage(client)
            twin = str(evolve(asked, bound_to=Environment.STAGING).tag("twin0"))
            staged = house.cloud.console.add_version(
                "shop", NEW, twin, deploy_env="staging"
            )
            house.cloud.inject(lost)
            bound = evolve(asked, bound_to=Environment.PRODUCTION)
            made = await perform(client, stage_code, bound, run_id="twin0")

        assert staged != made.version
        assert "production" == house.bound()[made.version]


async def test_a_lost_commit_is_found_by_its_tag() -> None:
    """It is there: no second version is made."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
        async with house.client() as client:
            made = await perform(client, stage_code, await stage(client))

        assert house.versions()[-1] == made.version
        assert ["slot", "post", "commit", "list"] == house.transport.calls


async def test_a_commit_that_shows_late_is_waited_for() -> None:
    """A listing may lag; only after that time is it made again."""
    with House(switches=Switches(list_lag=20.0)) as house:
        house.live()
        house.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
        async with house.client() as client:
            made = await perform(client, stage_code, await stage(client))

        assert house.versions()[-1] == made.version
        assert 1 == house.transport.calls.count("commit")


async def test_of_two_the_older_is_taken() -> None:
    """Both are there, whichever process looks: it is the same one."""
    with House(switches=Switches(list_lag=1.5)) as house:
        house.live()
        house.cloud.inject(
            Fault(operation="CommitRoutineStagingCode", kind="lost", times=2)
        )
        async with house.client(settle="1s") as client:
            made = await perform(client, stage_code, await stage(client))

        first, second = house.tagged()
        assert first == made.version
        assert first < second
        assert made.attempts > 1


async def test_a_full_routine_refuses_the_commit() -> None:
    """Where the form does not count, the commit does."""
    with House(switches=Switches(version_quota=1, slot_counts="commit")) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(QuotaExceeded):
                await perform(client, stage_code, await stage(client))


async def test_where_the_form_made_the_version_it_is_looked_up() -> None:
    """Nothing is made by the commit; the tag says which one it is."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            made = await perform(client, stage_code, await stage(client))

        assert house.versions()[-1] == made.version
        assert NEW == house.held(made.version).content
        assert ["slot", "post", "observe"] == house.transport.calls


async def test_of_two_whose_forms_made_them_the_newer_is_taken() -> None:
    """The older one lost its form and is empty; a lost look finds the newer one."""
    with DcdnHouse() as house:
        house.live()
        house.areas(ZHEJIANG)
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind="lost"))
        house.transport.after("read code", lambda: _put_to_use(house))
        house.transport.after("post", lambda: house.cloud.inject(LOST_LOOK))
        async with house.client() as client:
            made = await perform(client, stage_code, await stage(client))

        empty, full = house.tagged()
        assert (b"", NEW) == (house.held(empty).content, house.held(full).content)
        assert full == made.version


async def test_a_version_that_was_thrown_away_is_not_taken_again() -> None:
    """A listing that lags shows it still, and not yet the one just uploaded."""

    @flow(name="twice")
    async def twice(ctx: Context, asked: Any) -> Any:
        """Make a version, throw it away, make another one."""
        bad = await ctx.do(stage_code, asked)
        await ctx.sleep("60s", key="later")
        again = evolve(asked, refused=(bad.version,))
        return await ctx.do(stage_code, again, round=2)

    with DcdnHouse(switches=Switches(list_lag=20.0)) as house:
        house.live()
        async with house.client() as client:
            made = await client.run(twice, await stage(client))

        assert house.tagged()[1:] == (made.version,)


def _put_to_use(house: DcdnHouse) -> None:
    """Publish a version of ours to an area, so that nobody may delete it."""
    house.cloud.console.publish("shop", house.tagged()[0], ZHEJIANG)
