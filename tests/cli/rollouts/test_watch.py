"""A rollout shown while it runs."""

from __future__ import annotations

import json
from contextlib import suppress

import anyio
from tests.cli.office import Office, text_on
from tests.cli.rollouts.fleets import RUN, Fleet, outline
from tests.events.places import Slow

from esa_flows.cli.desk import Desk
from esa_flows.cli.rollouts.watch import FleetWatch, watching_rollout
from esa_flows.engine.observe import Moment
from esa_flows.errors import RoutineNotFound
from esa_flows.events import EventLog
from esa_flows.model import RoutineName


async def _played(desk: Desk, office: Office) -> FleetWatch:
    """Let a routine be released in five seconds, while a call is made each second."""
    fleet = Fleet()
    async with office.client() as client, anyio.create_task_group() as desk.beside:
        if desk.events is not None:
            desk.beside.start_soon(desk.events.write)

        with watching_rollout(desk, client, "rollout nightly", outline()) as watch:
            watch(fleet.tell(Moment.RUN_STARTED, flow="rollout", subject=""))
            watch(fleet.begin("shop"))
            await anyio.sleep(0.5)  # never at the very end of a counted second
            for _ in range(5):
                with suppress(RoutineNotFound):
                    await client.connection.cloud.observe(RoutineName("none"))

                await anyio.sleep(1.0)

            watch(fleet.step("shop", "deploy[production:100]#1"))
            watch(fleet.end("shop", "failed", "It answered 500."))
            watch(fleet.tell(Moment.RUN_ENDED, event="succeed"))
            spent = watch.spent

        await desk.finish()

    assert 5 == spent.calls
    assert 5.0 <= spent.seconds < 6.0
    return watch


async def test_a_terminal_is_redrawn_with_the_rate_of_calls() -> None:
    """The last picture stays; what the run is, the desk knows."""
    office = Office()
    desk = office.desk(is_terminal=True)

    await _played(desk, office)

    told = text_on(desk.err)
    assert "1/s of 100" in told
    assert "! wave 1" in told.rsplit("\x1b[2K", 1)[1]
    assert "failures 1 of 1" in told.rsplit("\x1b[2K", 1)[1]
    assert "Ctrl-C" not in told.rsplit("\x1b[2K", 1)[1]
    assert RUN == desk.run


async def test_elsewhere_it_is_told_in_lines() -> None:
    """On GitHub in a group, with a warning for what failed."""
    office = Office()
    desk = office.desk({"GITHUB_ACTIONS": "true"})

    await _played(desk, office)

    lines = text_on(desk.err).splitlines()
    assert "::group::rollout nightly" == lines[0]
    assert "::warning title=shop::shop: failed: It answered 500." in lines
    assert any(line.endswith("wave 1 begins: 1 routine") for line in lines)
    assert "::endgroup::" == lines[-1]


async def test_programs_are_told_too() -> None:
    """Every happening is an event, of whichever run, and so is what follows."""
    office = Office()
    desk = office.desk()
    place = Slow()
    desk.events = EventLog(place)

    await _played(desk, office)

    assert [*range(1, 9)] == place.numbers
    lines = [json.loads(line) for line in b"".join(place.written).splitlines()]
    assert [
        ("run.started", None),
        ("wave.started", 1),
        ("run.started", 1),
        ("step.started", 1),
        ("run.finished", 1),
        ("budget.spent", 1),
        ("wave.ended", 1),
        ("run.finished", None),
    ] == [(line["kind"], line.get("wave")) for line in lines]
    assert {"failures": 1, "tolerated": 1} == lines[-3]["data"]
    assert {"failed": 1} == lines[-2]["data"]
    assert RUN == lines[1]["run"] == lines[-2]["run"]
