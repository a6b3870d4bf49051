"""A version that somebody deleted while it was needed."""

from __future__ import annotations

import anyio
import pytest
from tests.house import NEW, OLD, OTHER, House

from esa_flows import Outcome
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches


def _judged(house: House) -> None:
    """Hold the run to all but that a version of its last look was gone when it asked.

    Somebody deletes it right before the call: nobody can know that.
    """
    broken = [each for each in house.cloud.report().violations if each.rule != "I9"]

    assert [] == broken


def _newest_deleted(house: House) -> None:
    house.cloud.console.delete_version("shop", house.versions()[-1])


@pytest.mark.parametrize("code", ["ParameterNotExist", "InvalidParameter"])
@pytest.mark.parametrize("before", ["deploy staging", "deploy production"])
async def test_our_version_deleted_before_it_serves_is_made_again(
    before: str, code: str
) -> None:
    """Uploaded, compared and staged once more; production gets the second one."""
    house = House(switches=Switches(unknown_deploy_code=code))
    house.live()
    house.transport.before(before, lambda: _newest_deleted(house))
    async with house.client() as client:
        report = await client.release("shop", NEW, canary="10:1m,100")

    assert Outcome.RELEASED is report.outcome
    assert 2 == house.transport.calls.count("commit")
    assert {digest_of(NEW)} == {house.digest(v) for v in house.serves()}
    assert "before it served production; it was made again" in report.notes[0]
    _judged(house)


async def test_a_version_that_serves_already_is_not_made_again() -> None:
    """Deleted between two shares: what was watched is gone, so it is taken back."""
    house = House(switches=Switches(delete_guard=False))
    old = house.live()
    house.transport.before("deploy production 50", lambda: _newest_deleted(house))
    async with house.client() as client:
        report = await client.release(
            "shop", NEW, canary="10:1m,50:1m,100", check=False
        )

    assert Outcome.ROLLED_BACK is report.outcome
    assert 1 == house.transport.calls.count("commit")
    assert {old: 100} == house.serves()
    _judged(house)


async def test_an_adopted_version_deleted_meanwhile_is_uploaded() -> None:
    """It was there when the release looked; its bytes are in the store."""
    house = House()
    house.live()
    async with house.client() as client:
        await client.release("shop", NEW)
        first = house.versions()[-1]
        await client.release("shop", OTHER)
        house.transport.before(
            "deploy staging",
            lambda: house.cloud.console.delete_version("shop", first),
        )
        report = await client.release("shop", NEW)

    assert Outcome.RELEASED is report.outcome
    assert report.version not in {first, None}
    _judged(house)


async def test_somebody_who_keeps_deleting_wins() -> None:
    """Three versions are enough: production was never touched."""
    house = House()
    old = house.live()
    for nth in range(1, 5):
        house.transport.before(
            "deploy staging", lambda: _newest_deleted(house), nth=nth
        )
    async with house.client() as client:
        report = await client.release("shop", NEW, check=False)

    assert Outcome.FAILED is report.outcome
    assert 3 == house.transport.calls.count("commit")
    assert {old: 100} == house.serves()
    _judged(house)


async def test_a_stable_version_that_is_gone_is_no_reason_to_upload() -> None:
    """Ours is there: what is missing is what served before."""
    house = House(switches=Switches(delete_guard=False))
    old = house.live()
    house.transport.before(
        "deploy production",
        lambda: house.cloud.console.delete_version("shop", old),
    )
    async with house.client() as client:
        report = await client.release("shop", NEW, canary="10:1m,100", check=False)

    assert Outcome.RELEASED is not report.outcome
    assert 1 == house.transport.calls.count("commit")
    _judged(house)


async def _at_the_last_bake(house: House, stable: bytes | None) -> str:
    """Release with a bake at 100 %, stop there; somebody deletes what served before."""
    before = house.live()
    async with house.client() as client:
        if stable is not None:
            before = str((await client.release("shop", stable)).version)

        with anyio.move_on_after(60):
            await client.release("shop", NEW, canary="100:5m")

    house.cloud.console.delete_version("shop", before)
    return before


async def test_the_way_back_makes_its_version_again() -> None:
    """What served before is gone: its bytes are kept, and serve under a new id."""
    house = House()
    gone = await _at_the_last_bake(house, OTHER)
    async with house.client() as client:
        report = await client.rollback("shop")

    (live,) = house.serves()
    assert Outcome.ABORTED is report.outcome
    assert report.production_as_before
    assert digest_of(OTHER) == house.digest(live)
    assert f"Version {gone} was gone" in report.notes[0]
    _judged(house)


async def test_who_deploys_while_the_way_back_is_made_again_wins() -> None:
    """It takes a while; what serves is looked at once more before it is touched."""
    house = House()
    await _at_the_last_bake(house, OTHER)
    theirs = house.cloud.console.add_version("shop", OLD)
    house.transport.before("commit", lambda: house.deploy({theirs: 100}))
    async with house.client() as client:
        report = await client.rollback("shop", check=False)

    assert Outcome.CONFLICT is report.outcome
    assert {theirs: 100} == house.serves()
    _judged(house)


async def test_a_way_back_that_nobody_kept_is_stuck() -> None:
    """What served before was somebody else's: a person is told what can be done."""
    house = House()
    gone = await _at_the_last_bake(house, None)
    async with house.client() as client:
        report = await client.rollback("shop", check=False)

    assert Outcome.STUCK is report.outcome
    assert "nothing of it was saved here" in " ".join(report.notes)
    assert f"versions restore shop {gone} --deploy" in report.next_move
    assert not report.production_as_before
    _judged(house)


async def test_staging_gets_its_version_back_too() -> None:
    """Both environments served the same version; it is made once."""
    house = House()
    await _at_the_last_bake(house, OTHER)
    async with house.client() as client:
        await client.rollback("shop")

    assert house.serves() == house.serves(env="staging")
    _judged(house)


@pytest.mark.parametrize("before", ["deploy staging", "deploy production"])
async def test_a_bound_version_is_made_again_with_its_variables(before: str) -> None:
    """The twin that is gone, and only that one, for the environment it was for."""
    house = House()
    house.live_bound()
    house.transport.before(before, lambda: _newest_deleted(house))
    async with house.client() as client:
        report = await client.release("shop", NEW)

    (live,) = house.serves()
    (staged,) = house.serves(env="staging")
    carried = house.bound()
    assert Outcome.RELEASED is report.outcome
    assert ("production", "staging") == (carried[live], carried[staged])
    assert 3 == house.transport.calls.count("commit")
    _judged(house)


async def test_a_bound_target_that_is_gone_gets_production_s_variables() -> None:
    """What serves carries variables, so does what replaces it; the report says it."""
    house = House()
    house.live_bound()
    async with house.client() as client:
        await client.release("shop", NEW)
        (gone,) = house.serves()
        await client.release("shop", OTHER)
        house.cloud.console.delete_version("shop", gone)
        report = await client.rollback("shop")

    (live,) = house.serves()
    assert "production" == house.bound()[live]
    assert digest_of(NEW) == house.digest(live)
    assert "with the variables of production as they are now" in report.notes[0]


async def test_a_twin_of_what_is_gone_takes_its_place() -> None:
    """Another version holds the same bytes: nothing is uploaded."""
    house = House()
    house.live()
    async with house.client() as client:
        gone = str((await client.release("shop", NEW)).version)
        held = house.cloud.console.routine("shop").versions[gone]
        await client.release("shop", OTHER)
        twin = house.cloud.console.add_version("shop", NEW, held.description)
        house.cloud.console.delete_version("shop", gone)
        house.transport.forget()
        report = await client.rollback("shop")

    assert twin == report.version
    assert "commit" not in house.transport.calls
    _judged(house)


async def test_half_a_canary_that_is_gone_is_stuck() -> None:
    """Their canary was ended and is to be put back, but a version of it is gone."""
    house = House()
    stable = house.live()
    other = house.cloud.console.add_version("shop", OTHER)
    house.deploy({stable: 70, other: 30})
    refused = Fault(operation="GetRoutine", kind="refuse", code="InvalidParameter")

    def act() -> None:
        """Delete the smaller share's version, and let the reading back fail."""
        house.cloud.console.delete_version("shop", other)
        house.cloud.inject(refused)

    house.transport.after("deploy production", act)
    async with house.client() as client:
        report = await client.release(
            "shop", NEW, on_conflict="abort-first", check=False
        )

    assert Outcome.STUCK is report.outcome
    assert f"Version {other} of shop is gone" in " ".join(report.notes)
    assert {stable: 100} == house.serves()
    _judged(house)
