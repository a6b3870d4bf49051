"""Making a version, and finding the one that was made."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.house import NEW, House
from tests.steps.bench import SHOP, perform, stage

from esa_flows.errors import QuotaExceeded
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Bundle, Environment, Tag, Version, VersionId
from esa_flows.steps.commit import own_versions, stage_code
from esa_flows.steps.request_slot import Stage

BUNDLE = Bundle(digest=digest_of(NEW), size=len(NEW))
OURS = Stage(routine=SHOP, bundle=BUNDLE)
OTHERS = Stage(routine=SHOP, bundle=Bundle(digest=digest_of(b"x"), size=1))


STAGED = Stage(routine=SHOP, bundle=BUNDLE, bound_to=Environment.STAGING)


def _version(number: int, tag: Tag | None) -> Version:
    return Version(id=VersionId(str(number)), description=str(tag or "by hand"))


@given(
    st.lists(
        st.tuples(
            st.integers(8, 12),
            st.sampled_from(
                [
                    None,
                    OURS.tag("run1"),
                    OURS.tag("run2"),
                    OTHERS.tag("run1"),
                    STAGED.tag("run1"),
                ]
            ),
        ),
        unique_by=lambda pair: pair[0],
    ),
    st.sets(st.integers(8, 12)),
)
def test_own_versions_have_our_run_and_our_content(
    made: list[tuple[int, Tag | None]], refused: set[int]
) -> None:
    """Oldest first by number, not by text; without those that were thrown away."""
    versions = tuple(_version(number, tag) for number, tag in made)
    asked = Stage(
        routine=SHOP, bundle=BUNDLE, refused=tuple(VersionId(str(n)) for n in refused)
    )
    right = sorted(
        number
        for number, tag in made
        if tag == OURS.tag("run1") and number not in refused
    )

    assert tuple(map(str, right)) == own_versions(versions, asked, "run1")


def test_a_child_run_finds_what_its_rollout_made() -> None:
    """Tags carry the rollout's id."""
    version = _version(8, OURS.tag("run1"))

    assert ("8",) == own_versions((version,), OURS, "run1.3")


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
