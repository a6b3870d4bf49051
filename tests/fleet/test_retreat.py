"""The way back of a rollout: production of all first, then staging; as far as asked."""

from __future__ import annotations

import anyio
from tests.fleet.yard import RUN, Yard, ends
from tests.house import House

from esa_flows import Client
from esa_flows.fleet.report import Ended, RoutineEnd
from esa_flows.localcloud import Switches

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
