"""`esa-flows abort`: stop a run and go back to what served before."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import evolve
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.rollouts.again import past_of, watching_again
from esa_flows.cli.rollouts.kinds import is_way_back
from esa_flows.client import Client
from esa_flows.engine.observe import Observer
from esa_flows.errors import Aborted
from esa_flows.fleet.report import Ended, RolloutReport
from esa_flows.release.report import Outcome, Report

__all__ = ["abort"]


async def abort(
    run: str,
    /,
    *,
    keep: bool = False,
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Stop a run and put back what served before it, wherever it is driven.

    Going back as asked is a success. A run that has ended stays as it is.

    Args:
        run: Its id, or the first four characters of it or more.
        keep: Stop only; what serves now is kept, nothing is put back.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        view = await client.runs.get(run)
        if view.history.is_ended:
            desk.say(f"Run {view.run.id} has ended; nothing was done.")
            return Answer(payload={"run": view.run.id, "outcome": "ended"})

        if view.is_driven:
            desk.note(f"Asked the process that drives run {view.run.id}; waiting.")

        if keep:
            await client.abort(view.run.id, keep=True)
            desk.say(f"Run {view.run.id} is ended where it was; nothing was put back.")
            return Answer(payload={"run": view.run.id, "outcome": "aborted"})

        title, past = f"abort {view.run.subject}".strip(), await past_of(client, view)
        with watching_again(desk, client, title, view, past) as watch:
            found = await _aborted(client, view.run.id, watch)

        if found is None:
            desk.say(f"Run {view.run.id} is aborted.")
            return Answer(payload={"run": view.run.id, "outcome": "aborted"})

        answer = show(desk, watch, (found, None), is_back=is_way_back(view))
        return evolve(answer, exit=Exit.OK, error=None) if _is_back(found) else answer


async def _aborted(client: Client, run: str, watch: Observer) -> Any:
    try:
        return await client.abort(run, observer=watch)
    except Aborted:
        return None  # a flow of one's own, which did not handle it


def _is_back(found: Any) -> bool:
    if isinstance(found, RolloutReport):
        return found.ended is Ended.ROLLED_BACK

    is_aborted = isinstance(found, Report) and found.outcome is Outcome.ABORTED
    return is_aborted and found.production_as_before
