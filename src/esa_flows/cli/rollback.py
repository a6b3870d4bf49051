"""`esa-flows rollback`: take a routine back to an earlier version.

It needs neither the journal nor a lease: where the journal cannot be used, what serves
and the tags of the versions say where the way back leads.
"""

from __future__ import annotations

from typing import Annotated

from attrs import define, evolve
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.text import served_words
from esa_flows.cli.undo import Consent, rollback_fleet, undo_rollout
from esa_flows.cli.watch import watching
from esa_flows.client import Client
from esa_flows.engine.journal import RunRow
from esa_flows.engine.view import RunView
from esa_flows.errors import Conflict, InvalidInput, JournalError
from esa_flows.model import Realm, VersionId
from esa_flows.release.rollback import rollback_target
from esa_flows.releases import GO_BACK
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


async def rollback(  # noqa: PLR0913  a command has as many flags as it has
    name: str = "",
    /,
    *,
    to: str = "",
    run: str = "",
    wave: int = 0,
    fleet: str = "",
    label: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    yes: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Take production back to the version that served before, at once.

    An unfinished release of the routine is aborted, which does that; a process that
    drives it and does not answer is fenced off. A journal that cannot be used holds
    nothing up: then nothing is recorded.

    With --run all that a rollout released goes back, with --fleet every routine of a
    rollout's file, whoever released it; both are shown first and agreed to.

    Args:
        name: The routine.
        to: The version to go back to; made again where it is gone and was saved.
        run: In place of the routine, what released it: a rollout, or one release.
        wave: The number of a wave of the rollout, which alone goes back.
        fleet: In place of the routine, a rollout's file: each of its routines.
        label: Only the routines with this label of the file, such as tier=3; may be
            repeated.
        yes: Do not ask before many go back.
        dry_run: Show what would go back, and change nothing.
        common: How to reach the provider.
        desk: Where to write.
    """
    if [bool(name), bool(run), bool(fleet)].count(True) != 1:
        raise InvalidInput(
            "A routine, the run that released it or the file of a fleet is needed, and"
            " just one of them.",
            next_move="List the runs with: esa-flows runs",
        )

    if (to and not name) or (wave and not run) or (label and not fleet):
        raise InvalidInput(
            "--to is for a routine, --wave for a --run and --label for a --fleet."
        )

    consent = Consent(is_given=yes, is_dry=dry_run)
    if run:
        return await _back_of(desk, common, run, wave, consent)

    if fleet:
        return await rollback_fleet(desk, common, fleet, label, consent)

    return await _single(desk, common, name, to, consent)


async def _back_of(
    desk: Desk, common: Driving, run: str, wave: int, consent: Consent
) -> Answer:
    """Take back what a run released, which may be one routine or many."""
    async with desk.client(common) as client:
        view = await client.runs.get(run)
        is_single = view.run.flow in GO_BACK and not wave
        name, to = await _before(client, view) if is_single else ("", "")

    if is_single:
        return await _single(desk, common, name, to, consent)

    return await undo_rollout(desk, common, view.run.id, wave, consent)


async def _before(client: Client, view: RunView) -> tuple[str, str]:
    """Give the routine of a release's run, and what it served before, if it has ended.

    Raises:
        Conflict: Another run has released it since.
        InvalidInput: Nothing served production before, or it belongs to another cloud.
    """
    its = (await client.runs.here(view.run.id)).run
    realm, name = Realm.read(its.subject)
    if not view.history.is_ended:
        return name, ""  # it is aborted, which puts back what served before

    for later in await client.runs.later(its):
        if later.run.flow in GO_BACK:
            raise Conflict(
                f"Run {later.run.id} has released {name} since, or is at it.",
                next_move="To take that back: esa-flows rollback --run"
                f" {later.run.id}{realm.flag}",
            )

    before = await client.runs.before(its.id)
    if before is None:
        raise InvalidInput(f"Nothing served production of {name} before run {its.id}.")

    return name, before.split.majority


async def _single(
    desk: Desk, common: Driving, name: str, to: str, consent: Consent
) -> Answer:
    """Take one routine back, with the journal or without it."""
    goal = _Goal(VersionId(to) if to else None, to)
    try:
        async with desk.client(common) as client:
            return await _to(desk, client, name, goal, consent)
    except JournalError as error:
        desk.note(
            f"The journal cannot be used: {error.message}",
            f"{name} is taken back without it; nothing is recorded. A release of it"
            " that still runs somewhere will meet a conflict and stop.",
        )

    async with desk.client_in_need(common) as client:
        return await _to(desk, client, name, goal, consent)


async def _to(
    desk: Desk, client: Client, name: str, goal: _Goal, consent: Consent
) -> Answer:
    told = await _aim(desk, client, name, goal)
    if consent.is_dry:
        desk.say(told)
        return Answer(payload={"routine": name, "to": goal.to})

    desk.note(told)
    return await _go(desk, client, name, goal.asked)


async def _go(desk: Desk, client: Client, name: str, to: str) -> Answer:
    with watching(desk, client, f"roll back {name}") as watch:
        ending = await wait_for(client.rollback(name, to=to, observer=watch))

    answer = show(desk, watch, ending)
    # An abort that took production back is what was asked for here.
    return answer if ending[1] else evolve(answer, exit=Exit.OK)


async def _aim(desk: Desk, client: Client, name: str, goal: _Goal) -> str:
    """Find out where the way back leads, once, and say it."""
    world = await client.versions(name)
    now = served_words(world.routine.production)
    unfinished = await client.runs.unfinished(world.routine.name)
    if unfinished and goal.to is None:
        await _aim_by_run(client, unfinished[0], goal)
        return (
            f"{name}: production serves {now}; the unfinished run"
            f" {unfinished[0].run.id} is aborted, which puts back what served before"
            " it."
        )

    goal.to = goal.to or rollback_target(world, None, desk.realm)
    goal.asked = goal.to
    areas = ", with every area" if world.routine.areas else ""
    return (
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
