"""From a bundle to a version, with everything that may come in between."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.house import NEW, OLD, OTHER, House, edited

from esa_flows import Outcome, ReleaseFailed
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches

MISSING = b"<Error>\n  <Code>NoSuchKey</Code>\n</Error>\n"


async def _failed(house: House, **changes: object) -> ReleaseFailed:
    """Release and give how it failed."""
    async with house.client() as client:
        with pytest.raises(ReleaseFailed) as caught:
            await client.release("shop", NEW, **changes)  # type: ignore[arg-type]

    return caught.value


async def _released(house: House, **changes: object) -> tuple[str, ...]:
    """Release and give the notes."""
    async with house.client() as client:
        report = await client.release("shop", NEW, **changes)  # type: ignore[arg-type]

    assert Outcome.RELEASED is report.outcome
    return tuple(report.notes)


async def test_at_quota_the_oldest_goes_and_its_code_is_kept() -> None:
    """Room is made before the upload, and what was deleted can be had back."""
    with House() as house:
        house.live(versions=9)
        oldest, *others = house.versions()
        house.cloud.console.add_version("shop", OTHER)
        await _released(house)

        calls = house.transport.calls
        assert oldest not in house.versions()
        assert set(others) < set(house.versions())
        assert 10 == len(house.versions())
        assert calls.index("delete") < calls.index("slot")
        assert ["info", "read code", "delete"] == (
            calls[calls.index("delete") - 2 : calls.index("delete") + 1]
        )
        assert OLD == await house.blobs.read(digest_of(OLD))


async def test_below_quota_nothing_is_deleted() -> None:
    """Nine of ten leave room for one."""
    with House() as house:
        house.live(versions=9)
        await _released(house)

        assert "delete" not in house.transport.calls
        assert 10 == len(house.versions())


async def test_what_cannot_be_saved_is_not_deleted() -> None:
    """A version somebody else made stays when its code cannot be read."""
    with House() as house:
        house.live(versions=10)
        refused = Fault(
            operation="GetRoutineCodeVersion",
            kind="refuse",
            call=2,
            code="InvalidParameter",
        )
        house.cloud.inject(refused)
        failed = await _failed(house)

        assert "GetRoutineCodeVersion" in str(failed)
        assert 10 == len(house.versions())
        assert "delete" not in house.transport.calls


async def test_our_own_version_goes_unread() -> None:
    """A version with our tag was stored when it was made: it need not be read."""
    with House() as house:
        async with house.client() as client:
            await client.release("shop", OTHER, create=True)

        house.live(versions=9)
        house.transport.forget()
        await _released(house)

        before_upload = house.transport.calls[: house.transport.calls.index("slot")]
        assert ["quota", "delete"] == before_upload[-2:]
        assert OTHER == await house.blobs.read(digest_of(OTHER))
        assert 1 == len(house.tagged())


async def test_our_own_version_may_go_unsaved() -> None:
    """Where the store has lost it and the provider does not show it, it may go."""
    with House() as house:
        async with house.client() as client:
            await client.release("shop", OTHER, create=True)

        house.live(versions=9)
        await house.blobs.remove(digest_of(OTHER))
        refused = Fault(
            operation="GetRoutineCodeVersion",
            kind="refuse",
            call=2,
            code="InvalidParameter",
        )
        house.cloud.inject(refused)
        await _released(house)

        assert "delete" in house.transport.calls
        assert 1 == len(house.tagged())


async def test_a_victim_that_is_gone_already_is_what_we_wanted() -> None:
    """Somebody deleted the same version meanwhile: that made the room."""
    with House() as house:
        house.live(versions=10)
        oldest = house.versions()[0]
        house.transport.before(
            "read code",
            lambda: house.cloud.console.delete_version("shop", oldest),
            nth=2,
        )
        await _released(house)

        assert 10 == len(house.versions())
        assert "delete" not in house.transport.calls


async def test_a_victim_that_goes_while_it_is_deleted_is_what_we_wanted() -> None:
    """Somebody deleted it after it was saved: the refusal is no failure."""
    with House() as house:
        house.live(versions=10)
        oldest = house.versions()[0]
        house.transport.before(
            "delete", lambda: house.cloud.console.delete_version("shop", oldest)
        )
        await _released(house)

        assert 10 == len(house.versions())


async def test_nothing_prunable_says_why_for_each() -> None:
    """Where everything must stay, each version is named with its reason."""
    with House(switches=Switches(version_quota=4)) as house:
        house.live(versions=2)
        guarded, live = house.versions()
        staged = house.cloud.console.add_version("shop", OTHER)
        foreign = house.cloud.console.add_version("shop", OTHER)
        house.deploy({staged: 100}, env="staging")
        async with house.client(version_quota=4) as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release(
                    "shop", NEW, protect=(guarded,), prune_foreign=False
                )

        said = caught.value.report.reason
        assert Outcome.FAILED is caught.value.report.outcome
        assert "shop has 4 of 4 versions and none may be deleted" in said
        assert f"{guarded} protected" in said
        assert f"{live} serves production" in said
        assert f"{staged} serves staging" in said
        assert f"{foreign} not made by esa-flows" in said
        assert caught.value.production_as_before
        assert 4 == len(house.versions())


async def test_versions_of_others_stay_when_asked() -> None:
    """Without leave to prune what others made, ours goes though it is younger."""
    with House() as house:
        house.live(versions=8)
        async with house.client() as client:
            await client.release("shop", OTHER)

        house.cloud.console.add_version("shop", OLD)
        live = house.versions()[0]
        for env in ("staging", "production"):
            house.deploy({live: 100}, env=env)

        foreign = set(house.versions()) - set(house.tagged())
        await _released(house, prune_foreign=False)

        assert foreign < set(house.versions())


async def test_protected_versions_stay() -> None:
    """The oldest is protected: the next one goes."""
    with House() as house:
        house.live(versions=10)
        first, second, *_ = house.versions()
        await _released(house, protect=(first,))

        assert first in house.versions()
        assert second not in house.versions()


async def test_a_victim_that_goes_live_meanwhile_is_not_deleted() -> None:
    """The last look before a delete is a second old at most: what serves now stays."""
    with House(switches=Switches(latency=0.3)) as house:
        house.live(versions=10)
        oldest = house.versions()[0]
        house.transport.before("observe", lambda: house.deploy({oldest: 100}), nth=2)
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert f"Version {oldest} of shop was to be deleted but serves" in str(failed)
        assert "delete" not in house.transport.calls
        assert {oldest: 100} == house.serves()


NO_PLANS = frozenset({"esa:ListEdgeRoutinePlans"})


async def test_the_plan_tells_the_quota() -> None:
    """A plan of 5 costs one delete and no try that was bound to fail; it is told."""
    with House(switches=Switches(version_quota=5)) as house:
        house.live(versions=5)
        notes = await _released(house)

        calls = house.transport.calls
        assert ("The plan allows 5 versions of a routine, not 10.",) == notes
        assert 1 == calls.count("quota")
        assert calls.index("quota") < calls.index("delete") < calls.index("slot")
        assert 1 == calls.count("slot")
        assert 5 == len(house.versions())


async def test_a_generous_plan_spares_every_version() -> None:
    """Where the plan allows 20, the tenth version makes nobody go."""
    with House(switches=Switches(version_quota=20)) as house:
        house.live(versions=10)
        await _released(house)

        assert "delete" not in house.transport.calls
        assert 11 == len(house.versions())


async def test_the_plan_is_asked_only_near_the_least_quota() -> None:
    """With four versions no plan can refuse a fifth."""
    with House() as house:
        house.live(versions=4)
        await _released(house)

        assert "quota" not in house.transport.calls


async def test_the_plan_is_asked_once_for_each_client() -> None:
    """A second release of the same client knows the figure."""
    with House() as house:
        house.live(versions=6)
        async with house.client() as client:
            await client.release("shop", NEW)
            await client.release("shop", OTHER)

        assert 1 == house.transport.calls.count("quota")


async def test_a_quota_that_was_set_wins_over_the_plan() -> None:
    """Who sets the quota is not second-guessed: five stay five where 20 would fit."""
    with House(switches=Switches(version_quota=20)) as house:
        house.live(versions=5)
        async with house.client(version_quota=5) as client:
            await client.release("shop", NEW)

        assert "quota" not in house.transport.calls
        assert 5 == len(house.versions())


async def test_ten_may_be_set_too() -> None:
    """What nobody set is ten as well, and yet the plan is asked then."""
    with House(switches=Switches(version_quota=20)) as house:
        house.live(versions=10)
        async with house.client(version_quota=10) as client:
            await client.release("shop", NEW)

        assert "quota" not in house.transport.calls
        assert 10 == len(house.versions())


async def test_a_plan_of_one_version_is_refused_by_name() -> None:
    """A figure below two leaves no room; what serves stays, and the end says why."""
    with House(switches=Switches(version_quota=1)) as house:
        house.live(versions=6)
        live = house.versions()[-1]
        failed = await _failed(house)

        assert failed.production_as_before
        assert {live: 100} == house.serves()


async def test_a_plan_that_cannot_be_read_holds_nothing_up() -> None:
    """An answer without a figure is no reason to wait or to fail."""
    with House() as house:
        house.live(versions=5)
        house.transport.edit("quota", edited(PlanInfo=[]))
        notes = await _released(house)

        assert 1 == len(notes)
        assert notes[0].startswith("The version quota is unknown (")
        assert notes[0].endswith(
            "no plan tells how many versions a routine may have): 10 is taken."
        )


@pytest.mark.parametrize("counts", ["form", "commit"])
async def test_a_smaller_quota_is_learned(counts: str) -> None:
    """A quota of 5 believed to be 10 costs one delete and one more try, and a note."""
    denied = "not allowed to read it (ListEdgeRoutinePlans)"
    switches = Switches(
        version_quota=5,
        slot_counts=counts,  # type: ignore[arg-type]
        denied=NO_PLANS,
    )
    with House(switches=switches) as house:
        house.live(versions=5)
        notes = await _released(house)

        assert (
            f"The version quota is unknown ({denied}): 10 is taken.",
            "The provider allows 5 versions of shop, not 10: set version_quota=5.",
        ) == notes
        assert 1 == house.transport.calls.count("delete")
        assert 2 == house.transport.calls.count("slot")
        assert 5 == len(house.versions())


async def test_a_quota_filled_by_somebody_else_is_made_room_in_again() -> None:
    """Who fills the room that was just made costs a second delete, and no note."""
    with House() as house:
        house.live(versions=10)
        house.transport.before(
            "slot", lambda: house.cloud.console.add_version("shop", OTHER)
        )
        notes = await _released(house)

        assert () == notes
        assert 2 == house.transport.calls.count("delete")
        assert 10 == len(house.versions())


async def test_a_quota_that_is_filled_again_and_again_ends_in_contention() -> None:
    """Room is made three times at most; then a person has to find out who writes."""
    with House() as house:
        house.live(versions=10)
        for nth in range(1, 6):
            house.transport.before(
                "slot", lambda: house.cloud.console.add_version("shop", OTHER), nth=nth
            )

        failed = await _failed(house)

        assert "Somebody else keeps writing to this routine" in failed.report.reason
        assert "Find out who" in failed.next_move
        assert 3 == house.transport.calls.count("delete")
        assert failed.production_as_before


@pytest.mark.parametrize(("times", "slots"), [(1, 1), (2, 2)])
async def test_a_failed_callback_is_answered_with_the_form_again(
    times: int, slots: int
) -> None:
    """Status 203: the same form once more, then a new one; never a commit after it."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="callback", times=times))
        await _released(house)

        assert times + 1 == house.transport.calls.count("post")
        assert slots == house.transport.calls.count("slot")
        assert 1 == house.transport.calls.count("commit")


async def test_a_callback_that_always_fails_costs_three_uploads() -> None:
    """Three uploads in all; then it is an answer, and nothing was committed."""
    with House() as house:
        old = house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="callback", times=None))
        failed = await _failed(house)

        assert 3 == house.transport.calls.count("post")
        assert 0 == house.transport.calls.count("commit")
        assert Outcome.FAILED is failed.report.outcome
        assert "the provider was not told of it" in failed.report.reason
        assert (old,) == house.versions()


async def test_an_expired_form_is_answered_with_a_new_one() -> None:
    """The store refuses the form: another one is asked for, once."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="expired"))
        await _released(house)

        assert 2 == house.transport.calls.count("slot")


async def test_a_form_that_is_always_expired_ends_the_release() -> None:
    """Two forms and two uploads, then it is said."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind="expired", times=None))
        failed = await _failed(house)

        assert 2 == house.transport.calls.count("slot")
        assert 2 == house.transport.calls.count("post")
        assert "came after the end of the form" in failed.report.reason


async def test_an_upload_overwritten_before_the_commit_is_thrown_away() -> None:
    """Somebody else's bytes in the version: it is deleted, and ours come next."""
    with House() as house:
        house.live()
        house.transport.before(
            "commit", lambda: house.cloud.console.overwrite_slot("shop", OTHER)
        )
        await _released(house)

        assert 1 == house.transport.calls.count("delete")
        assert digest_of(NEW) == house.digest(house.versions()[-1])
        assert 1 == len(house.tagged())


async def test_an_upload_overwritten_every_time_ends_in_contention() -> None:
    """Three versions with other bytes, all deleted; production never saw one."""
    with House() as house:
        old = house.live()
        for nth in range(1, 5):
            house.transport.before(
                "commit",
                lambda: house.cloud.console.overwrite_slot("shop", OTHER),
                nth=nth,
            )

        house.cloud.judge.expect([digest_of(OLD)])
        failed = await _failed(house)

        assert "Somebody else keeps writing to this routine" in failed.report.reason
        assert 3 == house.transport.calls.count("commit")
        assert 3 == house.transport.calls.count("delete")
        assert (old,) == house.versions()
        assert {old: 100} == house.serves()


async def test_a_refused_version_is_not_taken_again() -> None:
    """A lost commit is looked for by tag, and not found in what was thrown away."""
    with House() as house:
        house.live()
        shown = house.cloud.console.routine("shop").versions
        seen: dict[str, Any] = {}
        house.transport.before(
            "commit", lambda: house.cloud.console.overwrite_slot("shop", OTHER)
        )
        house.transport.before("delete", lambda: seen.update(shown))
        house.transport.after("delete", lambda: shown.update(seen))  # shows it on
        house.cloud.inject(
            Fault(
                operation="CommitRoutineStagingCode",
                kind="lost",
                call=2,
                executed=False,
            )
        )
        await _released(house)

        newest = max(house.versions())
        assert digest_of(NEW) == house.digest(newest)
        assert {newest: 100} == house.serves()
        assert 3 == house.transport.calls.count("commit")


async def test_the_error_document_of_the_store_may_pass() -> None:
    """An object that is not readable at once is read again before it counts."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(operation="GetRoutineCodeVersion", kind="missing", call=2, times=2)
        )
        await _released(house)

        assert 1 == house.transport.calls.count("commit")
        assert 4 == house.transport.calls.count("read code")


async def test_the_error_document_of_the_store_is_no_code() -> None:
    """Answered as code with status 200, it never reaches production."""
    with House() as house:
        old = house.live()
        house.cloud.inject(
            Fault(operation="GetRoutineCodeVersion", kind="missing", times=None)
        )
        failed = await _failed(house)

        assert f"holds {digest_of(MISSING).short[:4]}" not in str(failed)
        assert "holds" in failed.report.reason
        assert failed.production_as_before
        assert {old: 100} == house.serves()


async def test_a_version_that_never_becomes_available_is_deleted() -> None:
    """The wait is bounded; the version goes, and the release says why it ended."""
    with House(switches=Switches(ready_after=1e6)) as house:
        old = house.live()
        failed = await _failed(house)

        assert Outcome.FAILED is failed.report.outcome
        assert "is init, not available" in failed.report.reason
        assert (old,) == house.versions()
        assert {old: 100} == house.serves(env="staging")


async def test_a_version_that_failed_is_deleted_at_once() -> None:
    """A state that is not on the way to available is not waited for."""
    with House() as house:
        old = house.live()
        house.transport.edit("info", edited(Status="failed"))
        failed = await _failed(house)

        assert "is failed, not available" in failed.report.reason
        assert (old,) == house.versions()
        assert 1 == house.transport.calls.count("info")


async def test_a_version_that_takes_its_time_is_waited_for() -> None:
    """Looks are spread over the time it takes."""
    with House(switches=Switches(ready_after=20.0)) as house:
        house.live()
        await _released(house)

        assert 9 == house.transport.calls.count("info")


async def test_duplicates_of_a_lost_commit_are_swept() -> None:
    """A version that shows up after its commit was repeated is deleted."""
    with House(switches=Switches(list_lag=31.0, ready_after=5.0)) as house:
        house.live()
        await anyio.sleep(60)
        house.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
        await _released(house)

        assert 2 == house.transport.calls.count("commit")
        assert 1 == house.transport.calls.count("delete")
        assert 1 == len(house.tagged())
        assert () == house.cloud.report().orphans


async def test_duplicates_of_an_earlier_round_are_swept() -> None:
    """A lost commit fills the quota unseen: the next round finds and deletes it."""
    with House(switches=Switches(list_lag=31.0, ready_after=5.0)) as house:
        house.live(versions=9)
        await anyio.sleep(60)
        house.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
        await _released(house)

        assert 1 == len(house.tagged())
        assert () == house.cloud.report().orphans
