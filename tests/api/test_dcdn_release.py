"""The release flow over DCDN: which of its promises hold with no word changed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import define
from tests.dcdn_house import JILIN, ZHEJIANG, DcdnHouse
from tests.house import NEW, OTHER

from esa_flows import Outcome, ReleaseFailed
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches


async def test_from_staging_to_production() -> None:
    """The same flow, the same steps; each call is one that its table names."""
    with DcdnHouse() as house:
        old = house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert {"staging": report.version, "production": report.version} == house.now()
        assert NEW == house.held(report.version).content
        assert report.before is not None
        assert old == report.before.split.majority
        assert {
            "DescribeRoutine",
            "DescribeRoutineCodeRevision",
            "PostObject",
            "PublishRoutineCodeRevision",
            "UploadRoutineCode",
        } == set(house.called)
        assert 2 == house.called["PublishRoutineCodeRevision"]
        assert 1 == house.called["UploadRoutineCode"]


async def test_a_fresh_routine_is_created() -> None:
    """Where asked for, and released to at once."""
    with DcdnHouse() as house:
        async with house.client() as client:
            report = await client.release("shop", NEW, create=True)

        assert Outcome.RELEASED is report.outcome
        assert {"staging": report.version, "production": report.version} == house.now()


async def test_variables_that_cannot_be_had_are_refused_at_once() -> None:
    """Nothing is uploaded: there a form would number a revision."""
    with DcdnHouse() as house:
        before = (house.live(),)
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW, bind="on")

        assert "has no environment variables that a version could carry" in str(
            caught.value
        )
        assert "Release with --bind off." == caught.value.next_move
        assert before == house.versions()
        assert "UploadRoutineCode" not in house.called


async def test_the_same_bundle_again_changes_nothing() -> None:
    """What serves is compared by content, and nothing is uploaded."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            second = await client.release("shop", NEW)

        assert Outcome.UNCHANGED is second.outcome
        assert first.version == second.version
        assert 1 == house.called["UploadRoutineCode"]


async def test_the_way_back_is_the_former_revision() -> None:
    """A rollback publishes what served before."""
    with DcdnHouse() as house:
        old = house.live()
        async with house.client() as client:
            await client.release("shop", NEW)
            await client.rollback("shop")

        assert old == house.now()["production"]


async def test_shares_are_refused_before_anything_is_sent() -> None:
    """What there is instead is named."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(InvalidInput, match=r"no shares.*10 %.*Zhejiang:10m"):
                await client.release("shop", NEW, canary="10:5m,100")

        assert {} == house.called


@pytest.mark.parametrize("kind", ["lost", "html", "truncate", "error"])
@pytest.mark.parametrize(
    "operation",
    ["DescribeRoutine", "DescribeRoutineCodeRevision", "PublishRoutineCodeRevision"],
)
@pytest.mark.parametrize("call", [1, 2])
async def test_lost_replies_do_not_change_the_end(
    operation: str, kind: Any, call: int
) -> None:
    """The flow looks and goes on; no revision is left over."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation=operation, kind=kind, call=call))
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert {"staging": report.version, "production": report.version} == house.now()
        assert () == house.cloud.report().orphans


@pytest.mark.parametrize("kind", ["lost", "html", "truncate", "error"])
async def test_a_lost_form_never_serves_what_it_should_not(kind: Any) -> None:
    """The revision without code is never published, and not left behind."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind=kind))
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert NEW == house.held(report.version).content
        assert {"staging": report.version, "production": report.version} == house.now()
        assert (report.version,) == house.tagged()


async def test_the_oldest_revision_makes_room() -> None:
    """At ten, one goes, and it is none that serves."""
    with DcdnHouse() as house:
        live = house.live(versions=10)
        oldest = house.versions()[0]
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert oldest not in house.versions()
        assert live in house.versions()
        assert 10 == len(house.versions())


async def test_a_smaller_quota_is_learned() -> None:
    """The text says it, a look agrees: then room is made once."""
    with DcdnHouse(switches=Switches(revision_quota=3)) as house:
        house.live(versions=3)
        oldest = house.versions()[0]
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert oldest not in house.versions()
        assert any("allows 3 versions" in note for note in report.notes)


async def test_a_revision_that_serves_an_area_is_not_pruned() -> None:
    """The look right before the delete sees areas too, and is the cloud's own."""
    with DcdnHouse() as house:
        house.live(versions=10)
        oldest = house.versions()[0]
        house.areas(ZHEJIANG)
        house.transport.before(
            "read code",
            lambda: house.cloud.console.publish("shop", oldest, ZHEJIANG),
            nth=2,
        )
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match=f"serves {ZHEJIANG}: it was not"):
                await client.release("shop", NEW)

        assert oldest in house.versions()
        assert "DeleteRoutineCodeRevision" not in house.called


async def test_protected_revisions_stay() -> None:
    """Where everything is protected, nothing is uploaded."""
    with DcdnHouse() as house:
        house.live(versions=10)
        ids = house.versions()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="none may be deleted"):
                await client.release("shop", NEW, protect=ids)

        assert "UploadRoutineCode" not in house.called
        assert ids == house.versions()


async def test_somebody_elses_deployment_is_left_alone() -> None:
    """Production that changed meanwhile is not overwritten."""
    with DcdnHouse() as house:
        house.live()
        theirs = house.cloud.console.add_revision("shop", OTHER)
        house.cloud.inject(
            Fault(operation="PublishRoutineCodeRevision", kind="slow", seconds=5.0)
        )
        async with house.client() as client, anyio.create_task_group() as tasks:
            failed: list[ReleaseFailed] = []

            async def release() -> None:
                """Release, and keep how it failed."""
                try:
                    await client.release("shop", NEW)
                except ReleaseFailed as error:
                    failed.append(error)

            tasks.start_soon(release)
            await anyio.sleep(2)
            house.cloud.console.publish("shop", theirs, "production")

        assert theirs == house.now()["production"]
        assert ["Production of shop serves"] == [
            error.report.reason[:25] for error in failed
        ]


async def test_a_resumed_run_goes_on_where_it_was() -> None:
    """Another process finishes what one left behind, with one revision."""
    with DcdnHouse() as house:
        house.live()
        async with house.client() as client:
            house.cloud.inject(
                Fault(
                    operation="PublishRoutineCodeRevision",
                    kind="html",
                    env="production",
                    times=50,
                )
            )
            with pytest.raises(ReleaseFailed, match="paused"):
                await client.release("shop", NEW, run_id="k7m2p9qx4tbn")

        house.cloud.faults.clear()
        async with house.client() as client:
            report = await client.release("shop", NEW, run_id="k7m2p9qx4tbn")

        assert Outcome.RELEASED is report.outcome
        assert 1 == house.called["UploadRoutineCode"]
        assert digest_of(NEW) == digest_of(house.held(report.version).content)


@pytest.mark.parametrize("kind", ["callback", "expired"])
async def test_a_form_that_cannot_be_used_leaves_nothing_behind(kind: Any) -> None:
    """Its revision is deleted before another one is asked for, and at the end."""
    with DcdnHouse() as house:
        house.live()
        house.cloud.inject(Fault(operation="PostObject", kind=kind, times=None))
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW)

        assert Outcome.FAILED is caught.value.report.outcome
        assert () == house.tagged()


async def test_a_revision_that_was_numbered_late_is_swept() -> None:
    """A lost form may be made long after; nobody will ever fill it."""
    with DcdnHouse() as house:
        house.live()
        house.transport.after("read code", lambda: _number_one(house), nth=2)
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert (report.version,) == house.tagged()


def _number_one(house: DcdnHouse) -> None:
    """Number a revision of the same run without code."""
    told = house.held(house.tagged()[-1]).description
    house.cloud.console.add_revision("shop", b"", told)


# --- production and its areas --------------------------------------------------------

CANARY = "Zhejiang:5m,production"


@define(kw_only=True)
class AreaHouse(DcdnHouse):
    """A house whose routine has two areas, which serve what production does."""

    def live(self, *args: Any, **changes: Any) -> str:
        """Make the routine with its areas; give what serves."""
        made = super().live(*args, **changes)
        self.areas(ZHEJIANG, JILIN)
        return made


def _served(house: DcdnHouse, *versions: str | None) -> dict[str, str | None]:
    """Say what Zhejiang serves, and what production and the other area do."""
    first, rest = versions
    return {ZHEJIANG: first, "production": rest, JILIN: rest}


async def test_a_canary_by_areas_goes_from_area_to_production() -> None:
    """One call for each stage, read back and watched; no area is left behind."""
    with AreaHouse() as house:
        old = house.live()
        seen: list[dict[str, str]] = []
        house.transport.after(f"deploy {ZHEJIANG}", lambda: seen.append(house.now()))
        async with house.client() as client:
            began = anyio.current_time()
            report = await client.release("shop", NEW, canary=CANARY)

        new = report.version
        assert Outcome.RELEASED is report.outcome
        assert _served(house, new, old) | {"staging": new} == seen[0]
        assert _served(house, new, new) | {"staging": new} == house.now()
        assert {ZHEJIANG: new, JILIN: new} == report.areas
        assert anyio.current_time() - began >= 300
        deploys = [call for call in house.transport.calls if "deploy" in call]
        assert [
            "deploy staging",
            f"deploy {ZHEJIANG}",
            f"deploy {JILIN}+production",
        ] == deploys


async def test_without_a_canary_every_area_goes_with_production() -> None:
    """Who releases means all visitors."""
    with AreaHouse() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert {report.version} == {*house.now().values()}


async def test_an_unknown_area_is_refused_before_the_upload() -> None:
    """Nothing is published to a place that a person did not make."""
    with AreaHouse() as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="no environment presetCanaryAnhui"):
                await client.release("shop", NEW, canary="Anhui,production")

        assert {"DescribeRoutine": 2} == house.called


async def test_an_area_of_somebody_elses_canary_is_refused_before_the_upload() -> None:
    """An area that serves another version is a canary that was not begun here."""
    with AreaHouse() as house:
        house.live()
        theirs = house.cloud.console.add_revision("shop", OTHER)
        house.cloud.console.publish("shop", theirs, JILIN)
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="a canary is under way") as caught:
                await client.release("shop", NEW)

        assert Outcome.CONFLICT is caught.value.report.outcome
        assert "UploadRoutineCode" not in house.called


@pytest.mark.parametrize("place", ["production", ZHEJIANG, JILIN])
async def test_what_somebody_publishes_during_a_bake_is_left_alone(place: str) -> None:
    """In the place of this stage, in a later one, in production: it is a conflict."""
    with AreaHouse() as house:
        house.live()
        theirs = house.cloud.console.add_revision("shop", OTHER)
        async with house.client() as client, anyio.create_task_group() as both:
            failed: list[ReleaseFailed] = []

            async def release() -> None:
                """Release, and keep how it failed."""
                with pytest.raises(ReleaseFailed) as caught:
                    await client.release("shop", NEW, canary=CANARY)

                failed.append(caught.value)

            both.start_soon(release)
            await anyio.sleep(60)
            house.cloud.console.publish("shop", theirs, place)

        assert Outcome.CONFLICT is failed[0].report.outcome
        assert f"{place} serves {theirs}" in failed[0].report.reason
        assert theirs == house.now()[place]


async def test_what_somebody_publishes_before_the_first_area_is_left_alone() -> None:
    """Seen by the reading back of staging, before production is touched at all."""
    with AreaHouse() as house:
        house.live()
        theirs = house.cloud.console.add_revision("shop", OTHER)
        house.transport.after(
            "deploy staging",
            lambda: house.cloud.console.publish("shop", theirs, JILIN),
        )
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match=f"{JILIN} serves {theirs}"):
                await client.release("shop", NEW, canary=CANARY)

        assert f"deploy {ZHEJIANG}" not in house.transport.calls


async def test_an_abort_takes_back_the_areas_that_were_changed() -> None:
    """And touches no other: production never changed."""
    with AreaHouse() as house:
        old = house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary=CANARY)

        house.transport.forget()
        async with house.client() as client:
            (run,) = await client.runs.unfinished("shop")
            report = await client.abort(run.run.id)

        assert Outcome.ABORTED is report.outcome
        assert report.production_as_before
        assert {old} == {*house.now().values()}
        deploys = [call for call in house.transport.calls if "deploy" in call]
        assert [f"deploy {ZHEJIANG}", "deploy staging"] == deploys


async def test_the_way_back_leaves_somebody_elses_area_alone() -> None:
    """What was published over ours since is a conflict, and stays."""
    with AreaHouse() as house:
        house.live()
        theirs = house.cloud.console.add_revision("shop", OTHER)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary=CANARY)

        house.cloud.console.publish("shop", theirs, ZHEJIANG)
        async with house.client() as client:
            (run,) = await client.runs.unfinished("shop")
            report = await client.abort(run.run.id)

        assert Outcome.CONFLICT is report.outcome
        assert theirs == house.now()[ZHEJIANG]


async def test_a_rollback_takes_every_area_along() -> None:
    """A canary that nobody finishes is taken back in all places by one call."""
    with AreaHouse() as house:
        old = house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary=CANARY)

        async with house.client(journal=MemoryJournal()) as client:
            report = await client.rollback("shop")
            again = await client.rollback("shop", to=old)

        assert Outcome.ROLLED_BACK is report.outcome
        assert Outcome.UNCHANGED is again.outcome
        assert dict.fromkeys(["production", ZHEJIANG, JILIN], old).items() <= (
            house.now().items()
        )


async def test_a_rollback_to_what_is_gone_serves_every_area() -> None:
    """The former revision was deleted by somebody: made again, it serves them all."""
    with AreaHouse() as house:
        house.live()
        async with house.client() as client:
            gone = str((await client.release("shop", OTHER)).version)
            await client.release("shop", NEW)
            house.cloud.console.delete_revision("shop", gone)
            report = await client.rollback("shop")

        assert Outcome.ROLLED_BACK is report.outcome
        (live,) = {*house.now().values()} - {house.now()["staging"]}
        assert digest_of(OTHER) == house.digest(live)
        assert live == house.now()[ZHEJIANG] == house.now()[JILIN]


async def test_the_way_back_to_what_is_gone_serves_the_areas_that_were_changed() -> (
    None
):
    """An abort finds the former revision deleted, and makes it again."""
    with AreaHouse() as house:
        house.live()
        async with house.client() as client:
            gone = str((await client.release("shop", OTHER)).version)
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="production:5m")

        house.cloud.console.delete_revision("shop", gone)
        async with house.client() as client:
            (run,) = await client.runs.unfinished("shop")
            report = await client.abort(run.run.id)

        assert Outcome.ABORTED is report.outcome
        assert {digest_of(OTHER)} == {
            house.digest(version) for version in house.now().values()
        }
        # Only the judge of the cloud may call it illegal to ask for what is gone.
        house.cloud.judge.violations.clear()


async def test_pruning_for_its_own_sake_keeps_what_areas_serve() -> None:
    """And saves what goes, which can be made again."""
    with DcdnHouse() as house:
        second = house.cloud.console.add_revision("shop", OTHER)
        house.live(versions=5)
        first = house.versions()[1]
        house.areas(ZHEJIANG)
        house.cloud.console.publish("shop", first, ZHEJIANG)
        async with house.client() as client:
            pruned = await client.versions.prune("shop", keep=2)
            restored = await client.versions.restore("shop", second)

        assert first in house.versions()
        assert second in {gone.version for gone in pruned.pruned}
        assert Outcome.RESTORED is restored.outcome
        assert digest_of(OTHER) == house.digest(str(restored.version))


async def test_a_plan_of_areas_counts_what_is_called() -> None:
    """Verb by verb, as on ESA."""
    with AreaHouse() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW, canary=CANARY)
            house.transport.forget()
            await client.release("shop", NEW, canary=CANARY)

        deploys = [call for call in house.transport.calls if "deploy" in call]
        looks = sum(house.transport.calls.count(word) for word in ("observe",))
        listed = sum(plan.calls.get(word, 0) for word in ("list", "info", "commit"))
        assert plan.calls["deploy"] == len(deploys)
        assert plan.calls["observe"] + listed == looks


async def test_the_revision_of_an_area_is_kept_when_room_is_made() -> None:
    """It serves, whatever production does."""
    with DcdnHouse() as house:
        house.live(versions=10)
        oldest = house.versions()[0]
        house.areas(ZHEJIANG)
        house.cloud.console.publish("shop", oldest, ZHEJIANG, "production")
        async with house.client() as client:
            await client.release("shop", NEW, to="staging")

        assert oldest in house.versions()
