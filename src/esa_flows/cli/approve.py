"""`esa-flows approve`: answer what a run asks a person."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.rollouts.again import past_of, watching_again
from esa_flows.cli.standing import question
from esa_flows.client import Client
from esa_flows.engine.view import RunView

__all__ = ["approve"]


async def approve(
    run: str,
    /,
    *,
    deny: bool = False,
    by: str = "",
    ignore_freeze: str = "",
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Agree to what a run asks, or say no; it goes on.

    The process that drives the run goes on with it. Where none does any more, it is
    driven from here.

    Args:
        run: Its id, or the first four characters of it or more.
        deny: Say no: the run goes the way it has for that.
        by: Who decides, for the record; by default the user's name.
        ignore_freeze: A reason why a rollout that waits for the end of a freeze window
            shall not; it is recorded.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        view = await client.runs.get(run)
        if view.history.is_ended or not view.history.questions:
            desk.say(f"Run {view.run.id} asks nothing; nothing was done.")
            return Answer(exit=Exit.UNUSABLE, payload={"run": view.run.id})

        runs = client.runs
        agree = partial(runs.approve, ignore_freeze=ignore_freeze)
        view = await (runs.deny if deny else agree)(run, by=by)
        desk.say(_told(view, _goes(view, client), deny=deny))
        if view.is_driven or not client.knows(view.run.flow):
            return Answer(payload={"run": view.run.id, "approved": not deny})

        title, past = f"go on with {view.run.flow}", await past_of(client, view)
        with watching_again(desk, client, title, view, past) as watch:
            ending = await wait_for(client.resume(view.run.id, observer=watch))

        return show(desk, watch, ending)


def _goes(view: RunView, client: Client) -> str:
    if view.is_driven:
        return "the process that drives it goes on"

    if client.knows(view.run.flow):
        return "it goes on from here"

    return "it goes on when a program that has its flow resumes it"


def _told(view: RunView, goes: str, *, deny: bool) -> str:
    said = "Said no to" if deny else "Agreed to"
    return f"{said}: {question(view)} Run {view.run.id}: {goes}."
