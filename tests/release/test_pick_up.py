"""A release goes on whose journal is gone, from its plan and from the provider."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.dcdn_house import JILIN, ZHEJIANG, DcdnHouse
from tests.house import BROKEN, NEW, OLD, OTHER, House

from esa_flows import Client, Outcome, Report
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput
from esa_flows.files import MemoryBlobs, digest_of
from esa_flows.localcloud import Switches
from esa_flows.release.planned import Plan

CANARY = "10:5m,50:5m,100:1m"


def _elsewhere(house: House) -> Client:
    """Give a client with a journal and a store of its own."""
    return house.client(journal=MemoryJournal(), blobs=MemoryBlobs())


async def _planned(house: House, code: bytes = NEW, **choices: Any) -> Plan:
    async with house.client() as client:
        plan = await client.plan("shop", code, canary=CANARY, **choices)

    return Plan.parse(plan.to_json())


async def _until(house: House, plan: Plan, seconds: float, code: bytes = NEW) -> None:
    """Release as planned, for so long."""
    (planned,) = plan.releases
    async with house.client() as client:
        with anyio.move_on_after(seconds):
            await client.release(
                "shop",
                code,
                canary=CANARY,
                run_id=planned.run,
                on_conflict=planned.release.on_conflict,
                check=False,
            )


async def _resumed(house: House, plan: Plan) -> Report:
    async with _elsewhere(house) as client:
        report: Report = await client.resume(plan, check=False)
        return report


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        (60, [(50, 50), (100,)]),
        (360, [(100,)]),
        (620, []),
    ],
    ids=["at 10 %", "at 50 %", "at 100 %"],
)
async def test_it_goes_on_from_the_share_that_serves(
    seconds: float, left: list[tuple[int, ...]]
) -> None:
    """No second upload, no step back: the bake begins anew, then the next share."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        await _until(house, plan, seconds)
        house.transport.forget()
        before = len(house.moments)
        began = anyio.current_time()
        report = await _resumed(house, plan)

        bake = 60 if not left else 300
        assert Outcome.RELEASED is report.outcome
        assert plan.releases[0].run == report.run
        assert left == [shares for _, shares in house.moments[before:]]
        assert anyio.current_time() - began > bake
        assert not {"slot", "post", "commit"} & set(house.transport.calls)


async def test_it_begins_where_nothing_was_done() -> None:
    """A plan that was never carried out is carried out; the bundle is in its store."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        async with house.client() as client:
            report = await client.resume(plan)

        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves()


async def test_a_known_run_goes_on_by_its_journal() -> None:
    """Where the journal is there, a plan is another name of the run."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        await _until(house, plan, 60)
        async with house.client() as client:
            began = anyio.current_time()
            report = await client.resume(plan)

        assert Outcome.RELEASED is report.outcome
        assert anyio.current_time() - began < 300 + 300 + 60


async def test_a_failing_release_leads_back_to_where_the_plan_began() -> None:
    """An abort by the fresh journal puts back what served when it was planned."""
    with House() as house:
        old = house.live()
        plan = await _planned(house)
        await _until(house, plan, 60)
        async with _elsewhere(house) as client:
            with anyio.move_on_after(100):
                await client.resume(plan)

            report = await client.rollback("shop")

        assert Outcome.ABORTED is report.outcome
        assert report.production_as_before
        assert {old: 100} == house.serves() == house.serves(env="staging")


async def test_an_abort_before_it_has_found_its_place_leads_back_too() -> None:
    """While it waits for what may still appear, the way back is known already."""
    with House() as house:
        old = house.live()
        plan = await _planned(house)
        await _until(house, plan, 60)
        async with _elsewhere(house) as client:
            with anyio.move_on_after(10):
                await client.resume(plan)

            report = await client.rollback("shop")

        assert Outcome.ABORTED is report.outcome
        assert {old: 100} == house.serves()


async def test_an_abort_leads_back_the_areas_that_the_lost_process_took() -> None:
    """DCDN's canary is an area: it serves as before, as do staging and the rest."""
    with DcdnHouse() as house:
        old = house.live()
        house.areas(JILIN, ZHEJIANG)
        async with house.client() as client:
            plan = await client.plan("shop", NEW, canary="Zhejiang:5m,production:5m")
            run = plan.releases[0].run
            with anyio.move_on_after(60):
                await client.release(
                    "shop", NEW, canary="Zhejiang:5m,production:5m", run_id=run
                )

        taken = house.now()
        async with _elsewhere(house) as client:
            with anyio.move_on_after(10):
                await client.resume(Plan.parse(plan.to_json()))

            report = await client.rollback("shop")

        assert old != taken[ZHEJIANG] == taken["staging"]
        assert old == taken["production"] == taken[JILIN]
        assert Outcome.ABORTED is report.outcome
        assert dict.fromkeys(taken, old) == house.now()


async def test_somebody_else_s_deployment_is_a_conflict() -> None:
    """Neither before nor one of the shares: nothing is touched."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        await _until(house, plan, 60)
        theirs = house.cloud.console.add_version("shop", OTHER)
        house.deploy({theirs: 100})
        report = await _resumed(house, plan)

        assert Outcome.CONFLICT is report.outcome
        assert {theirs: 100} == house.serves()


async def test_a_duplicate_of_the_lost_process_is_deleted() -> None:
    """Two versions with the run's tag: the older one is used, the other one goes."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        await _until(house, plan, 60)
        (made,) = house.tagged()
        held = house.cloud.console.routine("shop").versions[made]
        twin = house.cloud.console.add_version("shop", NEW, held.description)
        report = await _resumed(house, plan)

        assert made == report.version
        assert twin not in house.versions()


async def test_the_bundle_is_read_back_from_its_version() -> None:
    """Staged nowhere yet, and the bytes are lost: the version still has them."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        await _until(house, plan, 60)
        async with house.client() as client:
            await client.rollback("shop")

        async with _elsewhere(house) as client:
            await client.resume(plan)
            digest = digest_of(NEW)

            assert NEW == await client.connection.blobs.read(digest)


async def test_a_bundle_that_is_nowhere_stops_before_anything_is_changed() -> None:
    """No version, no file, no store: the sentence says what to put back."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        house.transport.forget()
        with pytest.raises(InvalidInput, match="The bundle of this plan is nowhere"):
            await _resumed(house, plan)

        assert ["list"] == house.transport.calls


@pytest.mark.parametrize("choice", ["abort-first", "supersede"])
@pytest.mark.parametrize("seconds", [60, 360, 640])
async def test_it_goes_on_past_somebody_s_canary(choice: str, seconds: float) -> None:
    """The plan says what was to become of it."""
    with House() as house:
        stable = house.live()
        other = house.cloud.console.add_version("shop", OTHER)
        house.deploy({stable: 70, other: 30})
        plan = await _planned(house, on_conflict=choice)
        await _until(house, plan, seconds)
        report = await _resumed(house, plan)

        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves()


async def test_a_release_that_was_created_goes_on() -> None:
    """There was no routine when it was planned."""
    with House() as house:
        plan = await _planned(house, create=True)
        async with house.client() as client:
            with anyio.move_on_after(30):
                await client.release(
                    "shop",
                    NEW,
                    canary=CANARY,
                    create=True,
                    run_id=plan.releases[0].run,
                )

        report = await _resumed(house, plan)

        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves()


async def test_a_released_one_is_not_released_again() -> None:
    """All is done: the last bake is watched once more, and that is all."""
    with House() as house:
        house.live()
        plan = await _planned(house)
        await _until(house, plan, 10_000)
        house.transport.forget()
        report = await _resumed(house, plan)

        assert Outcome.RELEASED is report.outcome
        assert not [call for call in house.transport.calls if "deploy" in call]


async def test_what_appears_late_is_waited_for() -> None:
    """The dead process's last deployment is not seen at once."""
    with House(switches=Switches(live_lag=20.0, list_lag=20.0)) as house:
        house.live()
        await anyio.sleep(60)
        plan = await _planned(house)
        house.transport.after("deploy production", _Stop.now)
        async with house.client() as client:
            with anyio.CancelScope() as scope:
                _Stop.scope = scope
                await client.release(
                    "shop", NEW, canary=CANARY, run_id=plan.releases[0].run
                )

        report = await _resumed(house, plan)

        assert Outcome.RELEASED is report.outcome
        assert 1 == len(house.tagged())


class _Stop:
    """Cancels a release from within the transport."""

    scope: anyio.CancelScope

    @classmethod
    def now(cls) -> None:
        """Cancel it."""
        cls.scope.cancel()


async def test_a_broken_bundle_fails_in_staging_again() -> None:
    """The gate is asked anew; both environments are as when the plan was made."""
    with House() as house:
        old = house.live(code=OLD)
        plan = await _planned(house, BROKEN)
        async with house.client() as client:
            report: Report = await client.resume(plan, check=False)

        assert Outcome.FAILED is report.outcome
        assert {old: 100} == house.serves() == house.serves(env="staging")
