"""Guards before and readings back after every change of what serves."""

from __future__ import annotations

import anyio
import pytest
from tests.house import BROKEN, NEW, OTHER, House

from esa_flows import Outcome, ReleaseFailed
from esa_flows.localcloud import Fault, Switches

CANARY = "10:5m,50:5m,100"


async def _failed(house: House, code: bytes = NEW, **settings: str) -> ReleaseFailed:
    """Release with a canary and give how it failed."""
    async with house.client(**settings) as client:
        with pytest.raises(ReleaseFailed) as caught:
            await client.release("shop", code, canary=CANARY)

    return caught.value


SLOW = Switches(latency=1.2)
"""By the end of the gate the look before it is more than a second old."""


def _foreign(house: House) -> dict[str, int]:
    """Make a version of somebody else, to be deployed whole."""
    return {house.cloud.console.add_version("shop", OTHER): 100}


async def test_a_failing_gate_keeps_production_untouched() -> None:
    """A bundle that answers 500 on staging never gets to production."""
    with House() as house:
        old = house.live()
        failed = await _failed(house, BROKEN)

        assert Outcome.FAILED is failed.report.outcome
        assert "The staging gate did not pass (fail)" in failed.report.reason
        assert "--no-probe" in failed.next_move
        assert failed.production_as_before
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")
        assert "deploy production" not in " ".join(house.transport.calls)


async def test_without_a_probe_no_gate_is_asked() -> None:
    """Who says so releases what the edge would not answer for."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", BROKEN, probe=False)

        assert Outcome.RELEASED is report.outcome
        assert "ask edge" not in house.transport.calls


async def test_a_gate_without_evidence_does_not_pass() -> None:
    """Nobody answers on staging: that is no yes."""
    with House() as house:
        old = house.live()
        house.cloud.inject(Fault(operation="edge", kind="reset", times=None))
        failed = await _failed(house)

        assert "The staging gate did not pass (error)" in failed.report.reason
        assert {old: 100} == house.serves()


@pytest.mark.parametrize("call", ["deploy staging", "ask edge"])
async def test_production_deployed_meanwhile_is_refused(call: str) -> None:
    """Somebody deploys between the first look and the first share: a conflict.

    It is seen by the look that the flow has had since, or by that of the deployment.
    """
    with House(switches=SLOW) as house:
        house.live()
        foreign = _foreign(house)
        house.transport.before(call, lambda: house.deploy(foreign))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()
        assert "deploy production" not in " ".join(house.transport.calls)
        assert not failed.production_as_before
        assert failed.report.production.split.versions == set(foreign)
        assert "nothing of theirs was changed" in failed.next_move


async def test_what_staging_serves_is_seen_before_the_gate_asks() -> None:
    """A deployment that shows late is waited for: the gate must not hear the old code.

    The edge is as late as the provider's answers here.
    """
    late = Switches(live_lag=3.0, edge_lag=3.0)
    with House(switches=late) as house:
        old = house.live()
        await anyio.sleep(60)
        failed = await _failed(house, BROKEN)

        assert "The staging gate did not pass (fail)" in failed.report.reason
        assert {old: 100} == house.serves()
        calls = house.transport.calls
        assert calls[calls.index("ask edge") - 1] == "observe"


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"edge_lag": "20s"}, 3),
        ({"version_header": "x-version"}, 13),
        ({"version_header": "x-version", "edge_lag": "5s"}, 10),
    ],
)
async def test_a_slow_edge_is_waited_for(settings: dict[str, str], asked: int) -> None:
    """By the time it may need, or until it names the new version: then it counts."""
    slow = Switches(edge_lag=19.0, serving_version_header="X-Version")
    with House(switches=slow) as house:
        old = house.live()
        await anyio.sleep(60)
        failed = await _failed(house, BROKEN, **settings)

        assert "The staging gate did not pass (fail)" in failed.report.reason
        assert {old: 100} == house.serves()
        assert asked == house.transport.calls.count("ask edge")


async def test_a_slow_edge_that_comes_to_its_senses_passes() -> None:
    """The old code's answers count for nothing, the new one's do."""
    slow = Switches(edge_lag=19.0, serving_version_header="X-Version")
    with House(switches=slow) as house:
        house.live(code=BROKEN)
        await anyio.sleep(60)
        async with house.client(version_header="X-Version") as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome


async def test_an_edge_that_never_names_the_version_does_not_pass() -> None:
    """Without the evidence that was asked for, nothing goes to production."""
    with House() as house:
        old = house.live()
        failed = await _failed(house, version_header="X-Version")

        assert "but not (yet) as version" in failed.report.reason
        assert {old: 100} == house.serves()


async def test_what_staging_served_before_is_not_waited_for() -> None:
    """The edge knows it by now."""
    with House() as house:
        house.live()
        async with house.client(edge_lag="1h") as client:
            await client.release("shop", NEW, to="staging")
            began = anyio.current_time()
            await client.release("shop", NEW)

        assert anyio.current_time() - began < 60


async def test_production_deployed_first_by_somebody_is_refused() -> None:
    """Where nothing served, somebody's first deployment is a conflict too."""
    with House(switches=SLOW) as house:
        other = house.cloud.console.add_version("shop", OTHER)
        house.transport.before("ask edge", lambda: house.deploy({other: 100}))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert "this run last knew nothing" in failed.report.reason
        assert {other: 100} == house.serves()


async def test_a_foreign_deployment_during_a_bake_is_left_alone() -> None:
    """What somebody deploys while we watch is found after the bake and kept."""
    with House() as house:
        house.live()
        foreign = _foreign(house)
        house.transport.after("observe", lambda: house.deploy(foreign), nth=3)
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()
        assert "deploy production 10+90" in house.transport.calls
        assert "deploy production 50+50" not in house.transport.calls
        assert failed.report.production.split.versions == set(foreign)


async def test_a_foreign_deployment_right_after_ours_is_found() -> None:
    """The reading back sees who deployed over us; the report says what serves."""
    with House() as house:
        house.live()
        foreign = _foreign(house)
        house.transport.after("deploy production 10", lambda: house.deploy(foreign))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()
        assert not failed.production_as_before
        assert failed.report.production.split.versions == set(foreign)


async def test_a_foreign_deployment_after_the_last_share_is_found() -> None:
    """The reading back after 100 % is not left out."""
    with House() as house:
        house.live()
        foreign = _foreign(house)
        house.transport.after("deploy production 100", lambda: house.deploy(foreign))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()


async def test_a_foreign_deployment_on_staging_is_found() -> None:
    """The gate's evidence counts only if staging still serves our version after."""
    with House(switches=SLOW) as house:
        old = house.live()
        foreign = _foreign(house)
        house.transport.before("ask edge", lambda: house.deploy(foreign, env="staging"))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves(env="staging")
        assert {old: 100} == house.serves()


async def test_a_lost_deployment_that_somebody_followed_is_a_conflict() -> None:
    """Our answer is lost and another split serves: it is not overwritten."""
    with House() as house:
        house.live()
        foreign = _foreign(house)
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment", kind="lost", env="production"
            )
        )
        house.transport.after("deploy production 10", lambda: house.deploy(foreign))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()
        assert 1 == sum(c.startswith("deploy prod") for c in house.transport.calls)


async def test_a_split_that_shows_late_is_waited_for() -> None:
    """What was accepted may be seen later; the next share waits for that."""
    with House(switches=Switches(live_lag=10.0)) as house:
        house.live()
        await anyio.sleep(60)
        async with house.client() as client:
            report = await client.release("shop", NEW, canary="50,100")

        assert Outcome.RELEASED is report.outcome


async def test_a_split_that_never_shows_is_a_conflict() -> None:
    """Accepted and not seen for thirty seconds: somebody may have put it back."""
    with House() as house:
        old = house.live()
        house.transport.after("deploy production 10", lambda: house.deploy({old: 100}))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert {old: 100} == house.serves()


@pytest.mark.parametrize("times", [1, 3])
async def test_a_deployment_held_up_is_asked_for_again(times: int) -> None:
    """Something at the provider is in the way: look, wait, ask again."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
                env="production",
                times=times,
            )
        )
        async with house.client() as client:
            report = await client.release("shop", NEW)

        calls = house.transport.calls
        assert Outcome.RELEASED is report.outcome
        assert times + 1 == calls.count("deploy production 100")


async def test_a_deployment_held_up_for_good_ends_the_release() -> None:
    """Four times refused is an answer; production never changed."""
    with House() as house:
        old = house.live()
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
                env="production",
                times=None,
            )
        )
        failed = await _failed(house)

        assert 4 == house.transport.calls.count("deploy production 10+90")
        assert Outcome.FAILED is failed.report.outcome
        assert "still is in use" in failed.report.reason
        assert failed.production_as_before
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")


async def test_a_deployment_held_up_is_not_forced_over_somebody() -> None:
    """Between two tries one looks: what somebody deployed meanwhile stays."""
    with House() as house:
        house.live()
        foreign = _foreign(house)
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
                env="production",
            )
        )
        house.transport.after("deploy production 10", lambda: house.deploy(foreign))
        failed = await _failed(house)

        assert Outcome.CONFLICT is failed.report.outcome
        assert foreign == house.serves()


async def test_a_deployment_refused_and_done_all_the_same_is_taken() -> None:
    """The refusal says one thing and the routine another: the routine counts."""
    with House() as house:
        house.live()
        house.cloud.inject(
            Fault(
                operation="CreateRoutineCodeDeployment",
                kind="refuse",
                code="DependedByOthers",
                env="production",
                executed=True,
            )
        )
        async with house.client() as client:
            await client.release("shop", NEW)

        newest = house.versions()[-1]
        assert {newest: 100} == house.serves()
