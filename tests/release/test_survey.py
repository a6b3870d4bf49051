"""Looking at what decides a release."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.house import NEW, OLD, OTHER, House

from esa_flows import Client
from esa_flows.errors import RoutineNotFound
from esa_flows.files import digest_of
from esa_flows.model import Bundle
from esa_flows.release.spec import OnConflict, Release
from esa_flows.release.survey import Survey, cleared, survey


def _wanted(code: bytes = NEW) -> Release:
    bundle = Bundle(digest=digest_of(code), size=len(code))
    return Release(routine="shop", bundle=bundle)


async def _surveyed(client: Client, wanted: Release) -> Survey:
    return await client.connection.engine.start(survey, wanted)


async def test_a_version_that_holds_the_bundle_is_found() -> None:
    """By its content, as a release would find it."""
    with House() as house:
        live = house.live()
        async with house.client() as client:
            found = await _surveyed(client, _wanted(OLD))

        assert (live,) == found.found
        assert found.quota is None


async def test_the_quota_is_asked_where_it_may_matter() -> None:
    """With half of it used, and nothing to adopt."""
    with House() as house:
        house.live(versions=6)
        async with house.client() as client:
            found = await _surveyed(client, _wanted())

        assert found.quota is not None
        assert 10 == found.quota.versions


async def test_a_routine_that_is_to_be_created_is_no_failure() -> None:
    """Where it may be created; else it is one."""
    with House() as house:
        async with house.client() as client:
            assert Survey() == await _surveyed(client, evolve(_wanted(), create=True))

            with pytest.raises(RoutineNotFound):
                await _surveyed(client, _wanted())


async def test_an_ended_canary_leaves_its_larger_share() -> None:
    """What is looked for is what will serve by then."""
    with House() as house:
        stable = house.live()
        other = house.cloud.console.add_version("shop", OTHER)
        house.deploy({stable: 70, other: 30})
        wanted = evolve(_wanted(OLD), on_conflict=OnConflict.ABORT_FIRST)
        async with house.client() as client:
            found = await _surveyed(client, wanted)
            world = await client.versions("shop")

        production = cleared(world, wanted).routine.production
        assert production is not None
        assert {stable} == production.split.versions
        assert stable == found.last
        assert world == cleared(world, _wanted(OLD))
