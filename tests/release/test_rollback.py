"""Taking a routine back, with and without a run to abort."""

from __future__ import annotations

import contextlib
from typing import Any

import anyio
import pytest
from tests.house import BROKEN, NEW, OTHER, House, edited
from tests.release.lanes import Lanes

from esa_flows import Outcome, ReleaseFailed, Report
from esa_flows.engine.journal import Lease, Owner
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput, LeaseLost
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import (
    Deployment,
    Environment,
    Routine,
    Share,
    Split,
    Version,
    VersionId,
)
from esa_flows.release.rollback import rollback_target
from esa_flows.steps.observe import World
from esa_flows.wire.lane import Lane

TAG = "ef1 s=0123456789abcdef r=abcd1234 p={} e=- g=-"
REFUSED: dict[str, Any] = {
    "operation": "CreateRoutineCodeDeployment",
    "kind": "refuse",
    "code": "InvalidParameter",
    "env": "production",
}


def _world(shares: dict[str, int], *ids: str, previous: str = "-") -> World:
    """Make a routine whose newest version's tag names the one before."""
    serves = Deployment(split=_split(shares), id="1") if shares else None
    newest = max(shares, key=int, default="")
    return World(
        routine=Routine(name="shop", production=serves),
        versions=tuple(
            Version(id=v, description=TAG.format(previous) if v == newest else "")
            for v in sorted(ids, key=int, reverse=True)
        ),
    )


def _split(shares: dict[str, int]) -> Split:
    return Split(Share(VersionId(v), share) for v, share in shares.items())


def test_the_named_version_wins() -> None:
    """Who names a version gets that one, during a canary too."""
    world = _world({"3": 10, "2": 90}, "1", "2", "3", previous="2")

    assert "1" == rollback_target(world, VersionId("1"))


def test_during_a_canary_the_other_share_is_the_way_back() -> None:
    """The older of two versions served before the newer came."""
    world = _world({"3": 90, "2": 10}, "1", "2", "3", previous="1")

    assert "2" == rollback_target(world, None)


def test_the_tag_names_what_served_before() -> None:
    """One version serves: its tag says which one it replaced."""
    world = _world({"3": 100}, "1", "2", "3", previous="1")

    assert "1" == rollback_target(world, None)


def test_nothing_says_what_served_before() -> None:
    """Without a tag, or with one of a first release, a person has to choose."""
    world = _world({"3": 100}, "2", "3")

    with pytest.raises(InvalidInput) as caught:
        rollback_target(world, None)

    assert (
        "Nothing says which version of shop served before 3."
        " Choose one with --to VERSION; list them with: esa-flows versions list shop"
    ) == str(caught.value)


@pytest.mark.parametrize("to", [None, VersionId("1")])
def test_a_version_with_stagings_variables_is_no_target(to: VersionId | None) -> None:
    """Named or found: production is not given what belongs to staging."""
    world = _world({"3": 100}, "2", "3", previous="1")
    staged = Version(id="1", bound_to=Environment.STAGING)
    world = World(routine=world.routine, versions=(*world.versions, staged))

    with pytest.raises(InvalidInput) as caught:
        rollback_target(world, to)

    assert "1 of shop carries the variables of staging" in str(caught.value)
    command = (
        "Go back to the newest version that may with: esa-flows rollback shop --to 2"
    )
    assert command == caught.value.next_move


def test_where_only_stagings_version_is_left_the_code_is_released_again() -> None:
    """No version fits: the way is told, with production's variables."""
    world = _world({"3": 100}, "3", previous="1")
    staged = Version(id="1", bound_to=Environment.STAGING)
    world = World(routine=world.routine, versions=(*world.versions, staged))

    with pytest.raises(InvalidInput) as caught:
        rollback_target(world, None)

    assert caught.value.next_move.endswith("esa-flows release shop FILE --bind on")


async def test_a_bound_routine_goes_back_to_its_variables_too() -> None:
    """Production's former version, not staging's twin of it; the report says it."""
    with House() as house:
        before = house.live_bound()
        async with house.client() as client:
            await client.release("shop", NEW)
            report = await client.rollback("shop")
            with pytest.raises(InvalidInput, match="carries the variables of staging"):
                await client.rollback("shop", to=before["staging"])

        assert {before["production"]: 100} == house.serves()
        assert "carries the variables of production as they were when" in str(report)


def test_a_version_that_is_gone_is_a_target_still() -> None:
    """It may have been saved: whether it was is not for the choice to say."""
    assert "1" == rollback_target(_world({"3": 100}, "2", "3", previous="1"), None)


def test_a_routine_that_serves_nothing_cannot_go_back() -> None:
    """Nothing serves: there is no before."""
    with pytest.raises(InvalidInput, match="shop serves nothing in production"):
        rollback_target(_world({}, "1"), None)


async def released(house: House, *codes: bytes) -> tuple[str, ...]:
    """Release some bundles one after the other; give the versions that served."""
    old = house.live()
    async with house.client() as client:
        made = [str((await client.release("shop", code)).version) for code in codes]

    house.transport.forget()
    return (old, *made)


async def test_a_rollback_takes_four_calls() -> None:
    """A look, the list, one deployment, and the reading back: no gate."""
    with House() as house:
        old, _ = await released(house, NEW)
        async with house.client() as client:
            report = await client.rollback("shop")

        assert Outcome.ROLLED_BACK is report.outcome
        assert old == report.version
        assert {old: 100} == house.serves()
        assert ["observe", "list", "deploy production 100", "observe"] == (
            house.transport.calls
        )


async def test_a_rollback_ends_a_canary_without_its_journal() -> None:
    """Another machine's canary is ended by deploying the stable version."""
    with House() as house:
        old = house.live()
        new = house.cloud.console.add_version("shop", NEW)
        house.deploy({old: 50, new: 50})
        async with house.client() as client:
            await client.rollback("shop")

        assert {old: 100} == house.serves()


async def test_a_rollback_to_a_version() -> None:
    """Further back than one step needs the version's name."""
    with House() as house:
        old, *_ = await released(house, NEW, OTHER)
        async with house.client() as client:
            report = await client.rollback("shop", to=old)

        assert Outcome.ROLLED_BACK is report.outcome
        assert {old: 100} == house.serves()


async def test_a_rollback_to_what_serves_changes_nothing() -> None:
    """It is there already: no deployment."""
    with House() as house:
        _, new = await released(house, NEW)
        async with house.client() as client:
            report = await client.rollback("shop", to=new)

        assert Outcome.UNCHANGED is report.outcome
        assert ["observe", "list"] == house.transport.calls


async def test_a_rollback_to_an_unknown_version_sends_nothing() -> None:
    """A typing error is refused before anything is deployed."""
    with House() as house:
        await released(house, NEW)
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="Version 77 of shop is gone"):
                await client.rollback("shop", to="77")

        assert ["observe", "list"] == house.transport.calls


async def test_a_target_that_somebody_deleted_is_made_again() -> None:
    """Our own bytes are kept: uploaded, compared, deployed under a new id."""
    with House() as house:
        _, first, _ = await released(house, NEW, OTHER)
        house.cloud.console.delete_version("shop", first)
        async with house.client() as client:
            report = await client.rollback("shop")

        (live,) = house.serves()
        assert Outcome.ROLLED_BACK is report.outcome
        assert live == report.version != first
        assert digest_of(NEW) == house.digest(live)
        assert f"Version {first} was gone" in report.notes[0]


async def test_who_deploys_while_the_target_is_made_again_wins() -> None:
    """It takes a while; production is looked at once more before it is touched."""
    with House() as house:
        _, first, _ = await released(house, NEW, OTHER)
        house.cloud.console.delete_version("shop", first)
        theirs = house.cloud.console.add_version("shop", BROKEN)
        house.transport.before("commit", lambda: house.deploy({theirs: 100}))
        async with house.client() as client:
            report = await client.rollback("shop", check=False)

        assert Outcome.CONFLICT is report.outcome
        assert {theirs: 100} == house.serves()


async def test_an_abort_while_the_target_is_made_again_stops_it() -> None:
    """Production is as it was."""
    with House() as house:
        _, first, live = await released(house, NEW, OTHER)
        house.cloud.console.delete_version("shop", first)
        house.cloud.inject(
            Fault(operation="CommitRoutineStagingCode", kind="reset", times=None)
        )
        async with house.client() as client:
            paused = await client.rollback("shop", check=False)
            report = await client.abort(paused.run)

        assert Outcome.ABORTED is report.outcome
        assert {live: 100} == house.serves()


async def test_a_target_that_nobody_kept_is_no_target() -> None:
    """The first version was somebody else's, and was never saved."""
    with House() as house:
        old, new = await released(house, NEW)
        house.cloud.console.delete_version("shop", old)
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="nothing of it was saved here"):
                await client.rollback("shop")

        assert {new: 100} == house.serves()


async def test_a_target_whose_assets_are_lost_is_no_target() -> None:
    """Its code alone was saved: half a version is not deployed behind one's back."""
    with House() as house:
        gone = house.cloud.console.add_version("shop", OTHER)
        live = house.live()
        house.transport.edit("info", edited(HasAssets=True))
        async with house.client() as client:
            await client.versions.prune("shop", keep=1)
            with pytest.raises(ReleaseFailed, match="only its code of it was saved"):
                await client.rollback("shop", to=gone)

        assert {live: 100} == house.serves()


async def test_a_process_that_does_not_answer_is_fenced_off() -> None:
    """It beats, so it lives, but it does not obey: its run is taken from it."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="10:5m,100")

            (row,) = await client.runs.unfinished("shop")
            hung = await _hang(house, row.run.id)
            began = anyio.current_time()
            async with anyio.create_task_group() as beside:
                beside.start_soon(_beat, house, hung)
                report = await client.rollback("shop")
                beside.cancel_scope.cancel()

        assert Outcome.ABORTED is report.outcome
        assert {old: 100} == house.serves()
        assert anyio.current_time() - began < 12
        with pytest.raises(LeaseLost):
            await house.journal.append(hung, ())


async def _hang(house: House, run: str) -> Lease:
    """Let a living process hold a run."""
    owner = Owner("boot", 77, "0", "hung")
    house.alive.add(owner.pid)
    lease = await house.journal.take(run, owner, seen=await house.journal.beat_of(run))
    assert lease is not None
    return lease


async def _beat(house: House, lease: Lease) -> None:
    """Beat and do nothing else, until the lease is lost."""
    with contextlib.suppress(LeaseLost):
        while True:
            await house.journal.renew(lease)
            await anyio.sleep(5)


async def test_a_rollback_without_a_shared_journal_ends_a_release() -> None:
    """The release meets a conflict at its next look, and touches nothing more."""
    with House() as house:
        old = house.live()
        ends: list[Report] = []

        async def release() -> None:
            """Release in shares."""
            async with house.client() as client:
                ends.append(
                    await client.release(
                        "shop", NEW, canary="10:5m,50:5m,100", check=False
                    )
                )

        async with anyio.create_task_group() as both:
            both.start_soon(release)
            await anyio.sleep(60)
            async with house.client(journal=MemoryJournal()) as other:
                back = await other.rollback("shop")

        assert Outcome.ROLLED_BACK is back.outcome
        assert Outcome.CONFLICT is ends[0].outcome
        assert f"esa-flows rollback shop --to {old}" in ends[0].next_move
        assert {old: 100} == house.serves()


async def test_a_rollback_without_a_before_says_so() -> None:
    """Nothing names a predecessor: a person is asked to choose."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="Choose one with --to"):
                await client.rollback("shop")


async def test_a_refused_rollback_is_stuck() -> None:
    """A person is needed, and is told where to look."""
    with House() as house:
        old, new = await released(house, NEW)
        house.cloud.inject(Fault(**REFUSED))
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.rollback("shop")

        assert Outcome.STUCK is caught.value.report.outcome
        for way in (
            f"esa-flows rollback shop --to {old}",
            f"esa-flows versions restore shop {old} --deploy",
            "esa-flows versions list shop",
        ):
            assert way in caught.value.next_move
        assert {new: 100} == house.serves()


async def test_a_rollback_that_somebody_follows_is_a_conflict() -> None:
    """The reading back finds who deployed over it."""
    with House() as house:
        await released(house, NEW)
        other = house.cloud.console.add_version("shop", OTHER)
        house.transport.after("deploy", lambda: house.deploy({other: 100}))
        async with house.client() as client:
            report = await client.rollback("shop", check=False)

        assert Outcome.CONFLICT is report.outcome
        assert {other: 100} == house.serves()


async def test_an_aborted_rollback_says_what_serves() -> None:
    """There is no way back from the way back: it stops and looks."""
    with House(switches=Switches(latency=1.0)) as house:
        old, _ = await released(house, NEW)
        house.alive.add(house.clients + 1)
        async with (
            house.client() as driver,
            house.client() as other,
            anyio.create_task_group() as both,
        ):

            async def drive() -> None:
                """Drive the run."""
                await driver.rollback("shop", check=False)

            both.start_soon(drive)
            await anyio.sleep(3.5)
            run = (await other.runs.unfinished("shop"))[0].run.id
            report = await other.abort(run)

        assert Outcome.ABORTED is report.outcome
        assert {old: 100} == house.serves()
        assert report.production.split == _split({old: 100})


async def test_a_rollback_goes_first() -> None:
    """Every call of it is in the first lane before the cap."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            await client.release("shop", NEW)

        seen = Lanes(house.transport)
        async with house.client(transport=seen) as client:
            await client.rollback("shop", to=old)

    assert {Lane.ROLLBACK} == {lane for _, lane in seen.sent}
