"""Releases and rollbacks: begun, joined, gone on with, reported."""

from __future__ import annotations

import hashlib

import anyio
import pytest
from attrs import evolve

from esa_flows import Client, Context, Outcome, ReleaseFailed, Report, flow
from esa_flows.engine.journal import Owner
from esa_flows.engine.state import State
from esa_flows.errors import (
    AccessDenied,
    InvalidInput,
    RunInProgress,
    StepChanged,
)
from esa_flows.intake import release_of
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Cloud, RoutineName
from esa_flows.release.legs import Setting, ship
from esa_flows.release.release import release as release_flow
from esa_flows.steps.observe import observe
from tests.dcdn_house import ZHEJIANG, DcdnHouse
from tests.house import BROKEN, NEW, OTHER, House

CANARY = "10:5m,100"


async def _leave_half_way(house: House, code: bytes = NEW, run_id: str = "") -> None:
    """Begin a canary and walk out during its first bake."""
    async with house.client() as client:
        with anyio.move_on_after(60):
            await client.release("shop", code, canary=CANARY, run_id=run_id)


async def test_a_failure_carries_report_place_and_move() -> None:
    """Everything a program or a person needs is on the exception."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", BROKEN)

        failed = caught.value
        assert Outcome.FAILED is failed.report.outcome
        assert failed.production_as_before
        assert failed.report.next_move == failed.next_move
        assert str(failed).startswith("shop: failed. The staging gate did not pass")
        assert {old: 100} == house.serves()


@pytest.mark.parametrize(
    ("bind", "words"),
    [
        ("on", "to production with variables"),
        ("fresh", "to production with the variables of that moment"),
        ("off", "to production without variables"),
    ],
)
async def test_another_choice_of_variables_is_another_release(
    bind: str, words: str
) -> None:
    """The same bytes with other variables do not join an unfinished run."""
    with House() as house:
        house.live()
        await _leave_half_way(house)
        async with house.client() as client:
            with pytest.raises(RunInProgress) as caught:
                await client.release("shop", NEW, bind=bind)

        assert f"{words}." in str(caught.value)


async def test_unchecked_gives_the_report() -> None:
    """Who asks for no exception gets the same report."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", BROKEN, check=False)
            again = await client.resume(report.run, check=False)

        assert Outcome.FAILED is report.outcome
        assert report == again
        assert not report.is_good


async def test_a_denial_before_anything_was_done_fails() -> None:
    """A missing permission at the first look: over, with the statement to paste."""
    with House(switches=Switches(denied={"esa:GetRoutine"})) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW)

            assert () == await client.runs.unfinished("shop")

        assert Outcome.FAILED is caught.value.report.outcome
        assert isinstance(caught.value.__cause__, AccessDenied)
        assert '"Action": ["esa:GetRoutine"]' in str(caught.value)


async def test_a_denial_half_way_pauses() -> None:
    """A missing permission after something was begun: granted, it goes on."""
    action = "esa:CommitRoutineStagingCode"
    with House(switches=Switches(denied={action})) as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW)

            house.cloud.switch(evolve(house.cloud.switches, denied=()))
            report = await client.resume(caught.value.report.run)

        assert Outcome.PAUSED is caught.value.report.outcome
        assert action in caught.value.report.reason
        assert Outcome.RELEASED is report.outcome
        assert 1 == len(house.tagged())


async def test_a_halted_account_pauses_and_goes_on() -> None:
    """An overdue payment stops the run where it is, with production as it was."""
    with House() as house:
        house.live()
        halted = evolve(house.cloud.switches, service_halted=True)
        house.transport.before("deploy production", lambda: house.cloud.switch(halted))
        async with house.client() as client:
            report = await client.release("shop", NEW, check=False)
            house.cloud.switch(evolve(halted, service_halted=False))
            ended = await client.resume(report.run)

        assert Outcome.PAUSED is report.outcome
        assert "overdue payment" in report.reason
        assert Outcome.RELEASED is ended.outcome


# --- joining ------------------------------------------------------------------------


async def test_the_same_release_again_goes_on_with_the_unfinished_run() -> None:
    """Same routine, same bytes, same target: one run, one version, one canary."""
    with House() as house:
        house.live()
        await _leave_half_way(house)
        async with house.client() as client:
            run = (await client.runs.unfinished("shop"))[0].run.id
            report = await client.release("shop", NEW, canary=CANARY)

        assert run == report.run
        assert Outcome.RELEASED is report.outcome
        assert 1 == house.transport.calls.count("commit")
        assert [(100,), (10, 90), (100,)] == [shares for _, shares in house.moments]


async def test_a_release_under_way_is_waited_for() -> None:
    """A second caller joins the run that a living process drives: one release."""
    with House() as house:
        house.live()
        house.alive.update({1, 2})
        runs: list[str] = []

        async def release(client: Client) -> None:
            """Release, and note how it went."""
            report = await client.release("shop", NEW, canary=CANARY)
            runs.append(report.run)

        async with (
            house.client() as one,
            house.client() as two,
            anyio.create_task_group() as both,
        ):
            both.start_soon(release, one)
            await anyio.sleep(1)
            both.start_soon(release, two)

        assert 2 == len(runs)
        assert 1 == len(set(runs))
        assert 1 == house.transport.calls.count("commit")


async def test_a_joined_release_that_fails_raises_for_both() -> None:
    """Whoever waited gets the same failure as who began it."""
    with House(switches=Switches(latency=1.0)) as house:
        house.live()
        house.alive.update({1, 2})
        outcomes: list[Outcome] = []

        async def release(client: Client) -> None:
            """Release, and note how it went."""
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", BROKEN)

            outcomes.append(caught.value.report.outcome)

        async with (
            house.client() as one,
            house.client() as two,
            anyio.create_task_group() as both,
        ):
            both.start_soon(release, one)
            await anyio.sleep(1)
            both.start_soon(release, two)

        assert [Outcome.FAILED, Outcome.FAILED] == outcomes


async def test_other_content_is_refused_while_a_run_is_unfinished() -> None:
    """Both are named, and the two commands that end it."""
    with House() as house:
        house.live()
        await _leave_half_way(house)
        house.transport.forget()
        async with house.client() as client:
            run = (await client.runs.unfinished("shop"))[0].run.id
            with pytest.raises(RunInProgress) as caught:
                await client.release("shop", OTHER)

        said = str(caught.value)
        assert f"shop has an unfinished run {run}, begun as " in said
        assert f"Finish it with: esa-flows resume {run}" in said
        assert f"or go back with: esa-flows abort {run}" in said
        assert [] == house.transport.calls


async def test_another_target_is_another_release() -> None:
    """The same bytes to staging alone do not join a release to production."""
    with House() as house:
        house.live()
        await _leave_half_way(house)
        async with house.client() as client:
            with pytest.raises(
                RunInProgress, match=r"to production; this is .* staging"
            ):
                await client.release("shop", NEW, to="staging")


async def test_an_unfinished_rollback_is_no_release() -> None:
    """What it is begun as is said in words."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)
            house.cloud.inject(
                Fault(operation="CreateRoutineCodeDeployment", kind="error", times=None)
            )
            await client.rollback("shop", check=False)
            with pytest.raises(RunInProgress, match="begun as rollback; this is"):
                await client.release("shop", NEW)


async def test_an_idempotency_key_gives_the_same_report() -> None:
    """Asked again after the end: no call, the same answer."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW, run_id="deploy42")
            house.transport.forget()
            second = await client.release("shop", NEW, run_id="deploy42")

        assert "deploy42" == first.run
        assert first == second
        assert [] == house.transport.calls


async def test_an_idempotency_key_of_something_else_is_refused() -> None:
    """A key used twice would hide the second release."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW, run_id="deploy42")
            with pytest.raises(InvalidInput) as caught:
                await client.release("shop", OTHER, run_id="deploy42")

            with pytest.raises(InvalidInput):
                await client.release("cart", NEW, run_id="deploy42")

        assert (
            "The run id 'deploy42' was used for another release, of shop on 2026-03-01."
            " Give each release an id of its own, or none."
        ) == str(caught.value)


async def test_an_idempotency_key_does_not_join_another_run() -> None:
    """Same bytes, other key: it is not the run that was asked for."""
    with House() as house:
        house.live()
        await _leave_half_way(house, run_id="deploy41")
        async with house.client() as client:
            with pytest.raises(RunInProgress, match="unfinished run deploy41"):
                await client.release("shop", NEW, run_id="deploy42")


async def test_a_longer_key_is_not_taken_for_a_shorter_one() -> None:
    """Keys are compared whole, although lists find runs by the beginning."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW, run_id="deploy421")
            report = await client.release("shop", OTHER, run_id="deploy42")

        assert "deploy42" == report.run


# --- pausing and resuming -----------------------------------------------------------


def _upgrade(client: Client) -> None:
    """Give a client the code of a release that does not fit older runs."""
    engine = client.connection.engine
    engine.flows = {**engine.flows, "release": evolve(release_flow, version=99)}


async def test_an_abort_without_the_code_restores_what_is_recorded() -> None:
    """The run is ended where it is, and a rollback puts its first split back."""
    with House() as house:
        old = house.live()
        await _leave_half_way(house)
        async with house.client() as client:
            _upgrade(client)
            run = (await client.runs.unfinished("shop"))[0].run.id
            report = await client.abort(run)
            ended = await client.runs.get(run)
            again = await client.abort(run)

        assert Outcome.ROLLED_BACK is report.outcome
        assert State.ABORTED is ended.history.state
        assert {old: 100} == house.serves()
        assert Outcome.ABORTED is again.outcome


async def test_an_abort_without_the_code_before_production_only_ends_the_run() -> None:
    """Production serves what it served before: nothing is deployed."""
    with House() as house:
        old = house.live()
        busy = Fault(operation="CommitRoutineStagingCode", kind="throttle", times=999)
        house.cloud.inject(busy)
        with pytest.raises(ReleaseFailed, match="shop: paused"):
            await _leave_half_way(house)

        async with house.client() as client:
            _upgrade(client)
            run = (await client.runs.unfinished("shop"))[0].run.id
            report = await client.abort(run)

        assert Outcome.ABORTED is report.outcome
        assert report.production_as_before
        assert {old: 100} == house.serves()


@flow
async def waits(ctx: Context, name: str) -> None:
    """Look, then wait for a day."""
    await ctx.do(observe, RoutineName(name))
    await ctx.sleep("1d", key="long")


async def test_a_flow_of_ones_own_without_its_code_can_be_ended() -> None:
    """The error says how; what serves is kept."""
    with House() as house:
        house.live()
        async with house.client(flows=(waits,)) as client:
            with anyio.move_on_after(60):
                await client.run(waits, "shop", run_id="mine0001")

        async with house.client(flows=(evolve(waits, version=2),)) as client:
            with pytest.raises(StepChanged, match="esa-flows abort mine0001 --keep"):
                await client.abort("mine0001")

            assert await client.abort("mine0001", keep=True) is None
            view = await client.runs.get("mine0001")

        assert State.ABORTED is view.history.state


async def test_a_driven_run_that_is_ended_is_paused_first() -> None:
    """Its process leaves it where it is; what serves is kept."""
    with House() as house:
        old = house.live()
        house.alive.update({1, 2})
        async with house.client() as driver, house.client() as other:

            async def drive() -> None:
                """Drive the run."""
                with pytest.raises(ReleaseFailed):
                    await driver.release("shop", NEW, canary=CANARY)

            async with anyio.create_task_group() as both:
                both.start_soon(drive)
                await anyio.sleep(60)
                run = (await other.runs.unfinished("shop"))[0].run.id
                await other.abort(run, keep=True)

            view = await other.runs.get(run)

        assert State.ABORTED is view.history.state
        assert 90 == house.serves()[old]


async def test_a_release_whose_process_died_before_its_first_row() -> None:
    """The same release, again, begins it under the same id."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)
            listed = (await client.runs.get(report.run)).run
            blank = evolve(listed, id="blank0001", content=_content(OTHER))
            await house.journal.create(blank, Owner("boot", 99, "0", "dead"))
            second = await client.release("shop", OTHER)

        assert ("blank0001", Outcome.RELEASED) == (second.run, second.outcome)


def _content(code: bytes) -> str:
    return f"{hashlib.sha256(code).hexdigest()}:production"


async def test_a_release_is_not_gone_on_with_on_the_other_cloud() -> None:
    """Its routine there is another one, even where it has the same name."""
    with DcdnHouse() as house:
        house.live()
        house.areas(ZHEJIANG)
        House.live(house)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="Zhejiang:5m,production")

        async with house.client(cloud="esa") as other:
            (view,) = await other.runs.list()
            with pytest.raises(InvalidInput, match="was begun on dcdn; this is esa"):
                await other.resume(view.run.id)

        async with house.client() as client:
            joined = await client.release("shop", NEW, canary="Zhejiang:5m,production")

        assert view.run.id == joined.run
        assert Outcome.RELEASED is joined.outcome


async def test_an_abort_without_the_code_restores_every_area_too() -> None:
    """Where the routine is tells the subject of the run."""
    with DcdnHouse() as house:
        old = house.live()
        house.areas(ZHEJIANG)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="Zhejiang:5m,production")

        async with house.client() as client:
            _upgrade(client)
            run = (await client.runs.unfinished("shop"))[0].run.id
            report = await client.abort(run)

        assert Outcome.ROLLED_BACK is report.outcome
        assert {old} == {house.now()["production"], house.now()[ZHEJIANG]}


async def test_commands_in_a_report_reach_the_same_cloud() -> None:
    """A person who pastes them must not hit a routine of the same name."""
    with DcdnHouse() as house:
        house.live()
        fault = Fault(operation="PublishRoutineCodeRevision", kind="html", times=99)
        house.cloud.inject(fault)
        async with house.client() as client:
            paused = await client.release("shop", NEW, check=False)
            with pytest.raises(RunInProgress) as caught:
                await client.release("shop", OTHER)

        run = paused.run
        move = f"esa-flows resume {run} --cloud dcdn"
        assert ("shop", Cloud.DCDN) == (paused.routine, paused.cloud)
        assert move in paused.next_move
        assert f"esa-flows abort {run} --cloud dcdn" in paused.next_move
        assert move in caught.value.next_move


async def test_a_leg_that_is_gone_on_with_ends_with_its_report() -> None:
    """Whoever resumes a run of a rollout's routine sees a report, as of any release."""
    with House() as house:
        house.live()
        async with house.client() as client:
            wanted = await release_of(
                client.connection, "shop", NEW, canary="10:5m,100"
            )
            with anyio.move_on_after(60):
                await client.run(ship, Setting(release=wanted), run_id="nightly42")

        async with house.client() as client:
            report: Report = await client.resume("nightly42")

    assert Outcome.RELEASED is report.outcome
