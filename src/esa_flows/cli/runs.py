"""`esa-flows runs`: the runs in the journal, newest first."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.standing import outcome, standing
from esa_flows.cli.tables import table
from esa_flows.cli.text import moment_words
from esa_flows.engine.view import RunView

__all__ = ["runs"]

_HEADINGS = ("RUN", "FLOW", "ROUTINE", "STATE", "STARTED (UTC)", "OUTCOME")


async def runs(
    *,
    routine: str = "",
    most: int = 50,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """List the runs in the journal, newest first.

    Args:
        routine: Only runs about this routine.
        every: Also those that another run has begun, as a rollout does for each of its
            routines.
        most: At most so many.
        common: Where the journal is.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        views = await client.runs.list(routine=routine, most=most, every=every)
        journal = client.connection.engine.journal.name

    if not views:
        about = f" about {routine}" if routine else ""
        desk.say(f"The journal {journal} holds no runs{about}.")
    elif not desk.is_json:
        desk.say(table(_HEADINGS, [_row(view) for view in views]))

    return Answer(payload={"journal": journal, "runs": [_json(view) for view in views]})


def _row(view: RunView) -> tuple[str, ...]:
    run = view.run
    started = moment_words(run.started_at)[:-3]
    return (run.id, run.flow, run.subject, standing(view), started, outcome(view))


def _json(view: RunView) -> dict[str, Any]:
    return {
        "run": view.run.id,
        "flow": view.run.flow,
        "routine": view.run.subject,
        "state": standing(view),
        "started_at": view.run.started_at.isoformat(),
        "outcome": outcome(view),
    }
