"""Somebody's canary is under way when a release begins."""

from __future__ import annotations

import anyio
import pytest
from tests.house import BROKEN, NEW, OLD, OTHER, House

from esa_flows import Client, Outcome, Report
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault


def _canary(house: House, share: int = 30, code: bytes = OTHER) -> tuple[str, str]:
    """Begin a canary at the console; give the stable version and the other one."""
    stable = house.live()
    other = house.cloud.console.add_version("shop", code)
    house.deploy({stable: 100 - share, other: share})
    house.moments.clear()
    house._note()
    return stable, other


async def _release(client: Client, choice: str, code: bytes = NEW) -> Report:
    return await client.release(
        "shop", code, canary="10:1m,50:1m,100", on_conflict=choice, check=False
    )


async def test_refused_with_every_way_out() -> None:
    """Nothing is touched, and the commands that end it are named."""
    with House() as house:
        _canary(house)
        before = house.serves()
        async with house.client() as client:
            report = await client.release("shop", NEW, check=False)

        assert Outcome.CONFLICT is report.outcome
        assert before == house.serves()
        for way in ("rollback shop", "abort-first", "supersede"):
            assert way in report.next_move
        assert ["observe", "list"] == house.transport.calls


async def test_their_larger_share_gets_everything_first() -> None:
    """abort-first: stable alone, then our shares; theirs never serves again."""
    with House() as house:
        stable, _ = _canary(house)
        async with house.client() as client:
            report = await _release(client, "abort-first")

        assert Outcome.RELEASED is report.outcome
        assert [(30, 70), (100,), (10, 90), (50, 50), (100,)] == [
            shares for _, shares in house.moments
        ]
        assert f"it served {stable} 100 % before this release" in report.notes[0]


async def test_after_an_abort_first_the_way_back_is_the_stable_version() -> None:
    """What fails later goes back to what served when the release began for good."""
    with House() as house:
        stable, _ = _canary(house)
        async with house.client() as client:
            report = await _release(client, "abort-first", BROKEN)

        assert Outcome.FAILED is report.outcome
        assert report.production_as_before
        assert {stable: 100} == house.serves()


async def test_an_abort_first_that_fails_leads_back_to_their_canary() -> None:
    """Until it has succeeded, what served before is their split."""
    with House() as house:
        _canary(house)
        before = house.serves()
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="InvalidParameter",
                env="production",
            )
        )
        async with house.client() as client:
            report = await _release(client, "abort-first")

        assert Outcome.FAILED is report.outcome
        assert before == house.serves()


async def test_an_abort_first_of_what_is_released_changes_nothing_more() -> None:
    """Our content is their stable version: it serves, and that was all."""
    with House() as house:
        stable, _ = _canary(house)
        async with house.client() as client:
            report = await _release(client, "abort-first", OLD)

        assert Outcome.UNCHANGED is report.outcome
        assert {stable: 100} == house.serves()


async def test_their_smaller_share_drops_out() -> None:
    """supersede: our first share stands beside their stable version at once."""
    with House() as house:
        stable, _ = _canary(house)
        async with house.client() as client:
            report = await _release(client, "supersede")

        assert Outcome.RELEASED is report.outcome
        assert [(30, 70), (10, 90), (50, 50), (100,)] == [
            shares for _, shares in house.moments
        ]
        assert f"the way back leads to {stable} alone" in report.notes[0]


async def test_a_superseding_release_goes_back_to_the_stable_version() -> None:
    """Their smaller share is not served again, and that counts as before."""
    with House() as house:
        stable, _ = _canary(house)
        async with house.client() as client:
            with anyio.move_on_after(90):
                await _release(client, "supersede")

            report = await client.rollback("shop")

        assert Outcome.ABORTED is report.outcome
        assert report.production_as_before
        assert {stable: 100} == house.serves()


async def test_before_its_first_share_a_superseding_release_changes_nothing() -> None:
    """A failure in staging leaves their canary as it is."""
    with House() as house:
        _canary(house)
        before = house.serves()
        async with house.client() as client:
            report = await _release(client, "supersede", BROKEN)

        assert Outcome.FAILED is report.outcome
        assert before == house.serves()


@pytest.mark.parametrize("for_stable", [True, False], ids=["stable", "other"])
async def test_who_ends_a_superseded_canary_for_its_larger_share_wants_the_same(
    *, for_stable: bool
) -> None:
    """It is the stable version in any case. For the other one, that is a conflict."""
    with House() as house:
        stable, other = _canary(house)
        ended = stable if for_stable else other
        house.transport.after("deploy staging", lambda: house.deploy({ended: 100}))
        async with house.client() as client:
            report = await _release(client, "supersede")

        if for_stable:
            assert Outcome.RELEASED is report.outcome
            assert [(30, 70), (100,), (10, 90), (50, 50), (100,)] == [
                shares for _, shares in house.moments
            ]
            assert f"the way back leads to {stable} alone" in report.notes[0]
        else:
            assert Outcome.CONFLICT is report.outcome
            assert {other: 100} == house.serves()


@pytest.mark.parametrize("share", [30, 70])
async def test_their_new_version_is_what_we_release(share: int) -> None:
    """Our content is in their canary already: its share goes our way, with theirs."""
    with House() as house:
        stable, other = _canary(house, share, NEW)
        async with house.client() as client:
            await client.connection.blobs.put_bytes(NEW)
            report = await _release(client, "supersede")

        assert Outcome.RELEASED is report.outcome
        assert {digest_of(NEW)} == {house.digest(v) for v in house.serves()}
        assert stable not in house.serves()
        assert other in house.versions()


async def test_a_release_to_staging_meets_no_canary() -> None:
    """Production is not touched, so nobody is in its way."""
    with House() as house:
        _canary(house)
        before = house.serves()
        async with house.client() as client:
            report = await client.release("shop", NEW, to="staging")

        assert Outcome.RELEASED is report.outcome
        assert before == house.serves()


async def test_another_word_is_refused() -> None:
    """Before anything is sent."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="use refuse, abort-first or"):
                await client.release("shop", NEW, on_conflict="force")

        assert [] == house.transport.calls
