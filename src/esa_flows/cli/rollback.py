"""`esa-flows rollback`: take a routine back to an earlier version.

It needs neither the journal nor a lease: where the journal cannot be used, what serves
and the tags of the versions say where the way back leads.
"""

from __future__ import annotations

from typing import Annotated

from attrs import define, evolve
from cyclopts import Parameter

from esa_flows.cli.abort import abort
from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, show_rollout, wait_for
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.rollouts.recall import outline_of
from esa_flows.cli.rollouts.watch import watching_rollout
from esa_flows.cli.text import served_words
from esa_flows.cli.watch import watching
from esa_flows.client import Client
from esa_flows.engine.journal import RunRow
from esa_flows.errors import InvalidInput, JournalError
from esa_flows.fleet.report import Ended
from esa_flows.model import VersionId
from esa_flows.release.rollback import rollback_target
from esa_flows.steps.observe import World

__all__ = ["rollback"]


@define
class _Goal:
    """Where the way back leads.

    Attributes:
        to: Version to go back to; None while nobody knows.
        asked: What the client is asked for: nothing where a run knows the way.
    """

    to: VersionId | None
    asked: str


async def rollback(
    name: str = "",
    /,
    *,
    to: str = "",
    run: str = "",
    wave: int = 0,
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Take production back to the version that served before, at once.

    An unfinished release of the routine is aborted, which does that; a process that
    drives it and does not answer is fenced off. A journal that cannot be used holds
    nothing up: then nothing is recorded. With --run a whole rollout goes back.

    Args:
        name: The routine.
        to: The version to go back to; made again where it is gone and was saved.
        run: A rollout, in place of the routine: all that it released.
        wave: The number of a wave of it, which alone goes back.
        common: How to reach the provider.
        desk: Where to write.
    """
    if bool(name) is bool(run):
        raise InvalidInput(
            "A routine, or the run of a rollout, is needed, and not both.",
            next_move="List the runs with: esa-flows runs",
        )

    if run:
        return await _take_back(desk, common, run, wave)

    goal = _Goal(VersionId(to) if to else None, to)
    try:
        async with desk.client(common) as client:
            await _aim(desk, client, name, goal)
            return await _go(desk, client, name, goal.asked)
    except JournalError as error:
        desk.note(
            f"The journal cannot be used: {error.message}",
            f"{name} is taken back without it; nothing is recorded. A release of it"
            " that still runs somewhere will meet a conflict and stop.",
        )

    async with desk.client_in_need(common) as client:
        await _aim(desk, client, name, goal)
        return await _go(desk, client, name, goal.asked)


async def _take_back(desk: Desk, common: Driving, run: str, wave: int) -> Answer:
    """Take a rollout back; one that has not ended is aborted, which does that."""
    async with desk.client(common) as client:
        view = await client.runs.get(run)
        if view.history.is_ended or wave:
            title = f"roll back {view.run.subject}"
            with watching_rollout(desk, client, title, outline_of(view)) as watch:
                found = await client.undo(view.run.id, wave=wave, observer=watch)

            answer = show_rollout(desk, watch, found)
            is_back = found.ended is Ended.ROLLED_BACK
            return evolve(answer, exit=Exit.OK, error=None) if is_back else answer

    return await abort(run, common=common, desk=desk)


async def _go(desk: Desk, client: Client, name: str, to: str) -> Answer:
    with watching(desk, client, f"roll back {name}") as watch:
        ending = await wait_for(client.rollback(name, to=to, observer=watch))

    answer = show(desk, watch, ending)
    # An abort that took production back is what was asked for here.
    return answer if ending[1] else evolve(answer, exit=Exit.OK)


async def _aim(desk: Desk, client: Client, name: str, goal: _Goal) -> None:
    """Find out where the way back leads, once, and show it."""
    world = await client.versions(name)
    now = served_words(world.routine.production)
    unfinished = await client.runs.unfinished(world.routine.name)
    if unfinished and goal.to is None:
        await _aim_by_run(client, unfinished[0], goal)
        desk.note(
            f"{name}: production serves {now}; the unfinished run"
            f" {unfinished[0].run.id} is aborted, which puts back what served before"
            " it."
        )
        return

    goal.to = goal.to or rollback_target(world, None, desk.realm)
    goal.asked = goal.to
    areas = ", with every area" if world.routine.areas else ""
    desk.note(
        f"{name}: production goes from {now} to {goal.to} 100 %{areas}."
        f"{_lost(world, goal)}"
    )


async def _aim_by_run(client: Client, unfinished: RunRow, goal: _Goal) -> None:
    """Keep what served before a run, in case the journal fails while it is aborted."""
    before = await client.runs.before(unfinished.run.id)
    goal.to = before.split.majority if before else None


def _lost(world: World, goal: _Goal) -> str:
    if goal.to in world.ids:
        return ""

    return f" Version {goal.to} is gone: it is made again, if it was saved here."
