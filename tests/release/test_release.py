"""A release from its first call to its last, against the local cloud."""

from __future__ import annotations

import pytest
from tests.house import NEW, OTHER, House

from esa_flows import Outcome, ReleaseFailed
from esa_flows.errors import RoutineNotFound
from esa_flows.files import digest_of

LOOKED = ["observe", "list"]
UPLOADED = ["slot", "post", "commit", "read code", "info"]
STAGED = ["deploy staging 100", "observe", "ask edge"]


async def test_a_canary_asks_exactly_these_calls() -> None:
    """Each change has a look before and a reading back after, and nothing is spare."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW, canary="10:5m,50:5m,100")

        assert Outcome.RELEASED is report.outcome
        assert [
            *LOOKED,
            "read code",  # what serves has no tag: it may hold the bundle already
            *UPLOADED,
            *STAGED,
            "deploy production 10+90",
            "observe",  # read back
            "observe",  # after the bake: read back, and guard of the next share
            "deploy production 50+50",
            "observe",
            "observe",
            "deploy production 100",
            "observe",
        ] == house.transport.calls
        assert {report.version: 100} == house.serves()
        assert {report.version: 100} == house.serves(env="staging")
        assert report.before is not None
        assert report.production is not None
        assert old == report.before.split.majority
        assert {report.version} == report.production.split.versions


async def test_production_walks_its_shares_and_bakes_each() -> None:
    """Shares rise as written, and each is watched for its whole bake time."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW, canary="10:5m,50:10m,100")

        assert [
            (0.0, (100,)),
            (0.0, (10, 90)),
            (300.0, (50, 50)),
            (900.0, (100,)),
        ] == house.moments


async def test_the_last_share_is_baked_too_where_it_says_so() -> None:
    """A bake after 100 % watches the whole traffic, then looks once more."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW, canary="100:2m")

        assert ["deploy production 100", "observe", "observe"] == (
            house.transport.calls[-3:]
        )


async def test_a_fresh_routine_is_created_and_goes_straight_to_everything() -> None:
    """Without anything to share with, a first release has one share, and says so."""
    with House() as house:
        async with house.client() as client:
            report = await client.release(
                "shop", NEW, create=True, canary="10:5m,50:5m,100"
            )

        assert Outcome.RELEASED is report.outcome
        assert [
            "observe",
            "create",
            *LOOKED,
            *UPLOADED,
            *STAGED,
            "deploy production 100",
            "observe",
        ] == house.transport.calls
        (note,) = report.notes
        assert (
            "shop serves nothing in production yet:"
            " the first release goes straight to 100 %."
        ) == note
        assert {report.version: 100} == house.serves()


async def test_a_routine_is_never_created_unasked() -> None:
    """An unknown name may be a typing error: nothing is sent but the look."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="found no routine") as caught:
                await client.release("shop", NEW)

        assert isinstance(caught.value.__cause__, RoutineNotFound)
        assert "or create the routine with --create" in str(caught.value.__cause__)
        assert ["observe"] == house.transport.calls


async def test_a_routine_created_meanwhile_is_used() -> None:
    """Somebody who was quicker with the same routine is no failure."""
    with House() as house:
        house.transport.before("create", lambda: house.cloud.console.routine("shop"))
        async with house.client() as client:
            report = await client.release("shop", NEW, create=True)

        assert Outcome.RELEASED is report.outcome


async def test_staging_alone_leaves_production_as_it_was() -> None:
    """A release that ends on staging sends nothing to production."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW, to="staging")

        assert Outcome.RELEASED is report.outcome
        assert [*LOOKED, "read code", *UPLOADED, *STAGED] == house.transport.calls
        assert {old: 100} == house.serves()
        assert {report.version: 100} == house.serves(env="staging")


async def test_unchanged_makes_nothing_and_deploys_nothing() -> None:
    """The same bytes again: their digest is read back, and that is all."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            house.transport.forget()
            report = await client.release("shop", NEW)

        assert Outcome.UNCHANGED is report.outcome
        assert report.is_good
        assert first.version == report.version
        assert ["observe", "read code", "info"] == house.transport.calls


async def test_unchanged_is_found_without_a_tag_too() -> None:
    """What somebody uploaded by hand counts when it holds the same bytes."""
    with House() as house:
        old = house.live(code=NEW)
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.UNCHANGED is report.outcome
        assert old == report.version
        assert (old,) == house.versions()


async def test_a_tag_alone_does_not_make_it_unchanged() -> None:
    """A live version with the right tag and other bytes is released over."""
    with House() as house:
        tag = f"ef1 s={digest_of(NEW).short} r=abcd1234 p=- e=- g=-"
        house.cloud.console.add_version("shop", OTHER, tag)
        liar = house.versions()[0]
        house.deploy({liar: 100})
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert report.version != liar
        assert {digest_of(NEW): 100} == {
            house.digest(version): share for version, share in house.serves().items()
        }


async def test_an_identical_older_version_is_adopted() -> None:
    """Bytes that a version holds already are not uploaded again."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            await client.release("shop", OTHER)
            house.transport.forget()
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert first.version == report.version
        assert "slot" not in house.transport.calls
        assert 3 == len(house.versions())


async def test_a_version_that_vanishes_while_it_is_looked_at_is_not_adopted() -> None:
    """A candidate that is gone by the time it is read is no reason to stop."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            await client.release("shop", OTHER)
            house.transport.forget()
            house.transport.before(
                "read code",
                lambda: house.cloud.console.delete_version("shop", str(first.version)),
            )
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert "commit" in house.transport.calls


async def test_staging_that_serves_it_already_is_not_deployed_again() -> None:
    """From staging to production: only what is left to do is done."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW, to="staging")
            house.transport.forget()
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert [
            "observe",  # what there is, the release before has written down
            "read code",  # what serves production
            "read code",  # the candidate
            "info",
            "observe",
            "ask edge",
            "deploy production 100",
            "observe",
        ] == house.transport.calls


async def test_a_foreign_canary_at_the_start_is_refused() -> None:
    """A split this release did not begin is somebody's canary: nothing is sent."""
    with House() as house:
        old = house.live()
        other = house.cloud.console.add_version("shop", OTHER)
        house.deploy({old: 90, other: 10})
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="a canary is under way") as caught:
                await client.release("shop", NEW)

        assert Outcome.CONFLICT is caught.value.report.outcome
        assert "esa-flows rollback shop" in caught.value.next_move
        assert caught.value.production_as_before
        assert LOOKED == house.transport.calls


async def test_a_foreign_canary_does_not_concern_staging() -> None:
    """A release to staging alone may go on beside a canary in production."""
    with House() as house:
        old = house.live()
        other = house.cloud.console.add_version("shop", OTHER)
        house.deploy({old: 90, other: 10})
        async with house.client() as client:
            report = await client.release("shop", NEW, to="staging")

        assert Outcome.RELEASED is report.outcome
        assert {old: 90, other: 10} == house.serves()
