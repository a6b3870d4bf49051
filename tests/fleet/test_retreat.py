"""The way back of a rollout: production of all first, then staging; as far as asked."""

from __future__ import annotations

import anyio
from tests.fleet.yard import RUN, Yard, ends
from tests.house import EDGE, NEW, House

from esa_flows import Client, Context, Outcome, Report, flow
from esa_flows.fleet.budget import Limits
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import Order, OrderedWave, Task
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd
from esa_flows.fleet.retreat import retreat
from esa_flows.localcloud import Switches
from esa_flows.model import (
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Split,
    VersionId,
)
from esa_flows.release.legs import Leg, Setting

TAKEN_BACK = RoutineEnd.TAKEN_BACK


async def test_production_of_all_goes_back_before_any_staging() -> None:
    """Visitors first."""
    yard = Yard(bad={"dd"}, needs={"dd": ("aa", "bb", "cc")})
    names = ["aa", "bb", "cc", "dd"]
    yard.live(*names)
    with yard.house:
        async with yard.house.client() as client:
            order = await yard.order(client, names, fleet=0, prepares=False)
            yard.house.transport.forget()
            report = await yard.run(client, order)

        deploys = [c for c in yard.house.transport.calls if c.startswith("deploy")]

    assert ["production"] * 3 + ["staging"] * 3 == [
        call.split()[1] for call in deploys[-6:]
    ]
    assert all(map(yard.is_old, names))
    assert "Too many routines" in report.routines[0].reason


async def test_an_abort_on_the_way_back_takes_the_rest_along() -> None:
    """The second wave goes back by itself; then a person wants all of it back."""
    house = House(switches=Switches(latency=0.5))
    yard = Yard(house=house, bad={"cc"}, needs={"cc": ("bb",)})
    names = ["aa", "bb", "cc"]
    yard.live(*names)
    with house:
        async with house.client() as client:
            order = await yard.order(client, ["aa"], ["bb", "cc"], prepares=False)
            async with anyio.create_task_group() as tasks:
                # Two go forward; the third takes the second wave back.
                house.transport.before(
                    "deploy production",
                    lambda: tasks.start_soon(_abort, client),
                    nth=3,
                )
                report = await yard.run(client, order)

    assert {"aa": TAKEN_BACK, "bb": TAKEN_BACK, "cc": RoutineEnd.FAILED} == ends(report)
    assert all(map(yard.is_old, names))
    assert Ended.ROLLED_BACK is report.ended


@flow
async def go_back(ctx: Context, order: Order) -> RolloutReport:
    """Take back a rollout that has released everything."""
    course = Course(run=ctx.run_id, order=order, was_aborted=True)
    for name, task in course.tasks.items():
        before = task.setting.before
        assert before
        assert before.production
        (new,) = task.setting.release.protect
        asked = dict.fromkeys(Environment, (Split.whole(new),))
        report = Report(
            run=ctx.run_id, routine=name.name, outcome=Outcome.RELEASED, version=new
        )
        course.take(name, Leg(report=report, before=before, asked=asked))

    await retreat(ctx, course)
    return course.report()


async def test_two_hundred_go_back_as_fast_as_the_cap_allows() -> None:
    """Though others upload meanwhile: their calls wait, those of the way back go."""
    names = [f"r{place:03}" for place in range(200)]
    yard = Yard(house=House(switches=Switches(latency=0.02)))
    console, tasks = yard.house.cloud.console, list[Task]()
    yard.live(*names)
    with yard.house:
        async with yard.house.client(flows=(go_back,)) as client:
            for name in names:
                new = console.add_version(name, NEW, "new")
                wanted = (await yard.task(client, name, protect=(new,))).setting.release
                old = Deployment(split=Split.whole(VersionId(yard.olds[name])))
                before = Routine(name=name, production=old, staging=old)
                tasks.append(Task(setting=Setting(release=wanted, before=before)))
                for env in EDGE:
                    console.deploy(name, env, {new: 100})

            limits = Limits(fleet=0)
            order = Order(
                waves=(OrderedWave(number=1, tasks=tuple(tasks), limits=limits),)
            )
            async with anyio.create_task_group() as others:
                for name in names[:50]:
                    others.start_soon(_upload, client, name)

                began, told = anyio.current_time(), yard.house.transport.calls
                with client._rollouts.watched(None) as watch:
                    report = await client.run(go_back, order, observer=watch)

                took = anyio.current_time() - began
                others.cancel_scope.cancel()

        calls = [call for call in told if call != "slot"]

    assert Ended.ROLLED_BACK is report.ended
    assert all(map(yard.is_old, names))
    assert 6 * 200 == len(calls)
    assert took <= 1.05 * len(calls) / 100


async def _upload(client: Client, name: str) -> None:
    """Ask for upload forms as fast as the cap allows."""
    while True:
        await client.connection.cloud.request_slot(RoutineName(name), "x")


async def _abort(client: Client) -> None:
    await client.runs.ask_to_abort(RUN)


async def test_cut_on_the_way_back_it_is_gone_on_with() -> None:
    """The next process puts back what is left, and nothing twice."""
    for after in (0.4, 0.8, 1.2, 1.6):
        yard = Yard(bad={"cc"}, needs={"cc": ("aa", "bb")})
        names = ["aa", "bb", "cc"]
        yard.live(*names)
        with yard.house:
            async with yard.house.client() as client:
                order = await yard.order(client, names, prepares=False)
                with anyio.move_on_after(after):
                    await yard.run(client, order)

            async with yard.house.client() as client:
                report = await client.resume(RUN)

        assert Ended.ROLLED_BACK is report.ended
        assert all(map(yard.is_old, names))
