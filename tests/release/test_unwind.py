"""The way back, and where there is none."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from tests.house import NEW, OTHER, House
from tests.release.lanes import DEPLOYS, Lanes

from esa_flows import Client, Outcome, ReleaseFailed, Report
from esa_flows.engine.observe import Happening, Moment
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.wire.lane import Lane
from esa_flows.wire.transport import Transport

CANARY = "10:5m,50:5m,100"
REFUSED: dict[str, Any] = {
    "operation": "CreateRoutineCodeDeployment",
    "kind": "refuse",
    "code": "InvalidParameter",
    "env": "production",
}


async def _failed(
    house: House, transport: Transport | None = None, **changes: Any
) -> ReleaseFailed:
    async with house.client(transport=transport or house.transport) as client:
        with pytest.raises(ReleaseFailed) as caught:
            await client.release("shop", NEW, canary=CANARY, **changes)

    return caught.value


async def _abort_at(house: House, step: str, **changes: Any) -> Report:
    """Release, and abort from another client when a step begins."""
    reports: list[Report] = []
    began = anyio.Event()
    runs: list[str] = []

    def watch(happening: Happening) -> None:
        """Note when the step begins."""
        if happening.step == step and happening.moment in {
            Moment.STEP_STARTED,
            Moment.SLEEPING,
        }:
            runs.append(happening.run)
            began.set()

    async def drive(client: Client) -> None:
        """Drive the run."""
        reports.append(
            await client.release(
                "shop", NEW, canary=CANARY, observer=watch, check=False, **changes
            )
        )

    house.alive.add(1)
    async with (
        house.client() as driver,
        house.client() as other,
        anyio.create_task_group() as both,
    ):
        both.start_soon(drive, driver)
        await began.wait()
        aborted = await other.abort(runs[0])

    assert [aborted] == reports
    return reports[0]


async def test_a_refusal_at_half_leads_back_to_the_recorded_split() -> None:
    """10 % serve and 50 % are refused: the old version serves again, read back."""
    with House() as house:
        old = house.live()
        house.cloud.inject(Fault(**REFUSED, call=2))
        failed = await _failed(house)

        assert Outcome.ROLLED_BACK is failed.report.outcome
        assert failed.production_as_before
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")
        assert (
            [
                "deploy production 50+50",
                "observe",  # what serves now: ours, so it may be changed
                "deploy production 100",
                "observe",
                "deploy staging 100",
                "observe",
            ]
            == house.transport.calls[-6:]
        )
        assert [(100,), (10, 90), (100,)] == [shares for _, shares in house.moments]


async def test_a_refusal_at_the_first_share_changes_nothing() -> None:
    """What certainly did not happen is not undone: only staging goes back."""
    with House() as house:
        old = house.live()
        house.cloud.inject(Fault(**REFUSED))
        failed = await _failed(house)

        assert Outcome.FAILED is failed.report.outcome
        assert 1 == sum(c.startswith("deploy prod") for c in house.transport.calls)
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")


async def test_a_refusal_before_anything_serves_is_no_dead_end() -> None:
    """A first release that production refused leaves nothing to go back from."""
    with House() as house:
        house.cloud.inject(Fault(**REFUSED))
        failed = await _failed(house, create=True)

        assert Outcome.FAILED is failed.report.outcome
        assert failed.production_as_before
        assert {} == house.serves()


async def test_a_way_back_that_is_refused_is_stuck_and_says_the_command() -> None:
    """A person is needed: the report says what to type."""
    with House() as house:
        old = house.live()
        house.cloud.inject(Fault(**REFUSED, call=2, times=None))
        failed = await _failed(house)

        assert Outcome.STUCK is failed.report.outcome
        way = f"Go back by hand with: esa-flows rollback shop --to {old} - "
        assert failed.next_move.startswith(way)
        assert not failed.production_as_before
        assert any("The way back failed" in note for note in failed.report.notes)
        assert [10, 90] == sorted(house.serves().values())


async def test_a_way_back_over_somebody_is_not_gone() -> None:
    """Somebody deployed before we could go back: theirs stays."""
    with House() as house:
        house.live()
        foreign = {house.cloud.console.add_version("shop", OTHER): 100}
        house.cloud.inject(Fault(**REFUSED, call=2))
        house.transport.after("deploy production 50", lambda: house.deploy(foreign))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()
        assert "deploy production 100" not in house.transport.calls


async def test_a_staging_that_somebody_took_is_left_to_them() -> None:
    """Going back touches nothing on staging that is not ours; a note says so."""
    with House() as house:
        old = house.live()
        foreign = {house.cloud.console.add_version("shop", OTHER): 100}
        house.cloud.inject(Fault(**REFUSED, call=2))
        house.transport.after(
            "deploy production 50", lambda: house.deploy(foreign, env="staging")
        )
        failed = await _failed(house)

        assert Outcome.ROLLED_BACK is failed.report.outcome
        assert {old: 100} == house.serves()
        assert foreign == house.serves(env="staging")
        assert any("Staging was not restored" in note for note in failed.report.notes)


async def test_a_staging_that_cannot_go_back_is_a_note() -> None:
    """Production counts: a refused staging does not change how it ended."""
    with House() as house:
        old = house.live()
        house.cloud.inject(
            Fault(**REFUSED, call=2), Fault(**REFUSED | {"env": "staging"}, call=2)
        )
        failed = await _failed(house)

        assert Outcome.ROLLED_BACK is failed.report.outcome
        assert {old: 100} == house.serves()
        assert any("Staging was not restored" in note for note in failed.report.notes)


async def test_a_look_that_is_refused_is_stuck() -> None:
    """Nobody knows what serves, so nothing is touched."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(**REFUSED, call=2),
            Fault(
                operation="GetRoutine", kind="refuse", code="RoutineNotExist", call=5
            ),
        )
        failed = await _failed(house)

        assert Outcome.STUCK is failed.report.outcome
        assert "deploy production 50+50" == house.transport.calls[-2]


async def test_a_conflict_is_reported_though_the_last_look_is_refused() -> None:
    """What cannot be seen is left out: the conflict is still what happened."""
    with House() as house:
        house.live()
        foreign = {house.cloud.console.add_version("shop", OTHER): 100}
        house.transport.after("deploy production 10", lambda: house.deploy(foreign))
        house.cloud.inject(
            Fault(operation="GetRoutine", kind="refuse", code="RoutineNotExist", call=4)
        )
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()


async def test_an_abort_during_a_bake_leads_back() -> None:
    """Whoever aborts need not wait for the bake: the old version serves at once."""
    with House() as house:
        old = house.live()
        report = await _abort_at(house, "sleep[production:10]#1")

        assert Outcome.ABORTED is report.outcome
        assert report.production_as_before
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")
        assert "deploy production 50+50" not in house.transport.calls
        assert house.moments[-1][0] < 300


async def test_an_abort_before_staging_sends_nothing_more() -> None:
    """Where nothing was deployed there is nothing to undo."""
    with House(switches=Switches(latency=1.0)) as house:
        old = house.live()
        report = await _abort_at(house, "verify[uploaded]#1")

        assert Outcome.ABORTED is report.outcome
        assert not any(c.startswith("deploy") for c in house.transport.calls)
        assert {old: 100} == house.serves()


async def test_an_abort_at_the_very_start_is_an_abort() -> None:
    """Aborted before the first look is over: nothing was done, and it says so."""
    with House(switches=Switches(latency=2.0)) as house:
        house.live()
        report = await _abort_at(house, "observe#1")

        assert Outcome.ABORTED is report.outcome
        assert report.production_as_before


async def test_an_abort_of_a_first_release_has_no_way_back() -> None:
    """Production serves for the first time: it says what can be done instead."""
    with House(switches=Switches(latency=1.0)) as house:
        report = await _abort_at(house, "read_back[production:100]#1", create=True)

        assert Outcome.STUCK is report.outcome
        assert not report.production_as_before
        assert (
            "There is no version to go back to: release a mended bundle with"
            " esa-flows release shop FILE"
        ) == report.next_move


async def test_an_abort_right_after_a_deployment_that_shows_late_leads_back() -> None:
    """The provider still shows the old split: it is deployed all the same."""
    with House(switches=Switches(live_lag=20.0)) as house:
        old = house.live()
        await anyio.sleep(60)
        report = await _abort_at(house, "read_back[production:10]#1")
        await anyio.sleep(60)

        assert Outcome.ABORTED is report.outcome
        assert {old: 100} == house.serves()
        assert "deploy production 100" in house.transport.calls


async def test_an_abort_of_a_first_deployment_of_unknown_end_waits_for_it() -> None:
    """A first deployment whose answer is lost may show late; then it is told."""
    with House(switches=Switches(live_lag=20.0)) as house:
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment", kind="lost", env="production"
            )
        )
        house.alive.add(1)
        deployed = anyio.Event()
        house.transport.after("deploy production", deployed.set)
        async with (
            house.client() as driver,
            house.client() as other,
            anyio.create_task_group() as both,
        ):

            async def drive() -> None:
                """Drive the run."""
                await driver.release("shop", NEW, create=True, check=False)

            both.start_soon(drive)
            await deployed.wait()
            run = (await other.runs.unfinished("shop"))[0].run.id
            report = await other.abort(run)

        assert Outcome.STUCK is report.outcome
        assert {digest_of(NEW)} == {house.digest(v) for v in house.serves()}


@pytest.mark.parametrize(
    "step",
    [
        "look[unwind]#1",
        "deploy[production:back]#1",
        "read_back[production:back]#1",
        "deploy[staging:back]#1",
    ],
)
async def test_an_abort_during_the_way_back_changes_nothing(step: str) -> None:
    """Going back is what an abort asks for: it is not stopped by one."""
    with House(switches=Switches(latency=1.0)) as house:
        old = house.live()
        house.cloud.inject(Fault(**REFUSED, call=2))
        report = await _abort_at(house, step)

        assert Outcome.ROLLED_BACK is report.outcome
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")


async def test_the_way_back_goes_first_and_the_way_forward_does_not() -> None:
    """Its deployments and looks are in the first lane before the cap."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(**REFUSED, call=2))
        seen = Lanes(house.transport)
        await _failed(house, transport=seen)

    lanes = [lane for operation, lane in seen.sent if operation == DEPLOYS]

    # Staging, 10 %, the refused 50 %; then production and staging back.
    assert [Lane.DEPLOY] * 3 + [Lane.ROLLBACK] * 2 == lanes
