"""Events of a rollout."""

from __future__ import annotations

import json
from typing import Any

import anyio
from tests.cli.rollouts.fleets import Fleet
from tests.events.places import Slow

from esa_flows.cli.rollouts.turns import FleetEvents
from esa_flows.engine.observe import Happening, Moment
from esa_flows.events import EventLog


async def _written(fleet: Fleet, *told: Any) -> list[dict[str, Any]]:
    place = Slow()
    log = EventLog(place)
    events = FleetEvents(log, fleet.progress)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.write)
        for act in told:
            happening: Happening = act()
            events.take(happening)

        await log.finish()

    return [json.loads(line) for line in b"".join(place.written).splitlines()]


async def test_waves_begin_and_end() -> None:
    """The next one's begin ends the one before, with how its routines fared."""
    fleet = Fleet.of()
    lines = await _written(
        fleet,
        lambda: fleet.begin("shop"),
        lambda: fleet.end("shop", "released"),
        lambda: fleet.begin("cart"),
        lambda: fleet.end("cart", "rolled back"),
        lambda: fleet.tell(Moment.RUN_ENDED, event="succeed"),
    )

    assert [
        ("wave.started", 1, {"name": "", "routines": 1}),
        ("wave.ended", 1, {"released": 1}),
        ("wave.started", 2, {"name": "", "routines": 2}),
        ("budget.spent", 2, {"failures": 1, "tolerated": 1}),
        ("wave.ended", 2, {"waiting": 1, "rolled back": 1}),
    ] == [
        (line["kind"], line["wave"], line["data"])
        for line in lines
        if line["kind"].startswith(("wave", "budget"))
    ]
    routines = [line["routine"] for line in lines if line["kind"] == "run.started"]
    assert ["shop", "cart"] == routines


async def test_a_routine_that_nobody_planned_is_in_no_wave() -> None:
    """And what another process did before is told no second time."""
    fleet = Fleet.of()
    fleet.begin("shop")
    fleet.end("shop", "failed")
    lines = await _written(
        fleet,
        lambda: fleet.begin("other"),
        lambda: fleet.tell(Moment.RUN_STOPPED, by="host"),
    )

    assert ["run.started", "run.paused"] == [line["kind"] for line in lines]
    assert not any("wave" in line for line in lines)
