"""A run that goes on by itself while its client is open."""

from __future__ import annotations

import anyio
import pytest

from esa_flows.engine.observe import Moment
from esa_flows.errors import Misuse, Paused
from esa_flows.fleet.report import Ended, RolloutReport
from esa_flows.release.report import Outcome, Report
from tests.fleet.yard import rollout_of
from tests.house import NEW, House


def _house(*names: str) -> House:
    house = House()
    for name in names:
        house.live(name)

    return house


async def test_who_started_it_may_go() -> None:
    """The run belongs to the client; its end is there for who asks later."""
    with _house("aa", "bb") as house:
        async with house.client() as client:
            run = await client.start(rollout_of("aa", "bb"))

            assert f"<Started {run.id} [under way]>" == repr(run)
            report: RolloutReport = await run.result()
            assert f"<Started {run.id} [over]>" == repr(run)
            assert report == await run.result()

    assert Ended.DONE is report.ended


async def test_nothing_is_started_by_a_client_that_is_closed() -> None:
    """A plan outlives the client that made it; to carry it out takes an open one."""
    with _house("aa") as house:
        async with house.client() as client:
            plan = await client.plan("aa", NEW)

        with pytest.raises(Misuse, match="not open: use `async with Client"):
            await client.start(plan)


async def test_what_it_does_can_be_listened_to() -> None:
    """From the moment one listens; who comes late hears nothing."""
    with _house("aa") as house:
        async with house.client() as client:
            seen: list[Moment] = []
            run = await client.start(
                rollout_of("aa"), observer=lambda h: seen.append(h.moment)
            )
            heard = [happening.moment async for happening in run.events()]
            late = [happening async for happening in run.events()]

    assert seen == heard
    assert (Moment.RUN_STARTED, Moment.RUN_ENDED) == (heard[0], heard[-1])
    assert [] == late


async def test_a_listener_may_leave() -> None:
    """The run goes on."""
    with _house("aa") as house:
        async with house.client() as client:
            run = await client.start(rollout_of("aa"))
            listener = run.events()
            async for _ in listener:
                break

            assert repr(listener).startswith("<Listener [")

            report = await run.result()

    assert report.is_good


async def test_a_closing_client_pauses_it() -> None:
    """It is gone on with from its id."""
    with _house("aa") as house:
        async with house.client() as client:
            run = await client.start(rollout_of("aa", canary="10:1h,100"))
            await anyio.sleep(60)

        async with house.client() as client:
            report: RolloutReport = await client.resume(run.id)

    assert report.is_good


async def test_it_is_asked_like_any_run() -> None:
    """Paused, gone on with, and told to go back."""
    with _house("aa") as house:
        old = house.serves("aa")
        async with house.client() as client:
            plan = await client.plan(rollout_of("aa", canary="10:1h,100"))
            run = await client.start(plan)
            await anyio.sleep(60)
            await run.pause()
            with pytest.raises(Paused):
                await run.result()

            again = await client.start(plan)
            await anyio.sleep(60)
            await again.abort()
            report = await again.result()

        assert Ended.ROLLED_BACK is report.ended
        assert old == house.serves("aa")


@pytest.mark.parametrize("agrees", [True, False])
async def test_it_is_answered(*, agrees: bool) -> None:
    """Whoever holds it may agree or say no."""
    with _house("aa", "bb") as house:
        async with house.client() as client:
            run = await client.start(rollout_of("aa", "bb", approve=True))
            await anyio.sleep(60)
            await (run.approve(by="ann") if agrees else run.deny(by="ann"))
            report = await run.result()

    assert (Ended.DONE if agrees else Ended.STOPPED) is report.ended


async def test_a_plan_of_one_release_is_started_too() -> None:
    """It gives the release's own report."""
    with _house("shop") as house:
        async with house.client() as client:
            plan = await client.plan("shop", NEW)
            run = await client.start(plan)
            report: Report = await run.result()

    assert Outcome.RELEASED is report.outcome
    assert plan.releases[0].run == report.run


async def test_a_client_that_is_closed_starts_nothing() -> None:
    """It says so."""
    client = House().client()
    with pytest.raises(Misuse, match="not open"):
        await client.start(rollout_of("aa"))
