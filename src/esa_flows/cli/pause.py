"""`esa-flows pause`: ask the process that drives a run to stop where it is."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import anyio
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.standing import realm_of, standing
from esa_flows.engine.view import RunView
from esa_flows.errors import EsaFlowsError

__all__ = ["pause"]

_PATIENCE = 60.0
"""Seconds until a driven run should have heard: a call under way is finished first."""


async def pause(
    run: str,
    /,
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Stop a run where it is; nothing is rolled back, and `resume` goes on.

    Args:
        run: Its id, or the first four characters of it or more.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        view = await client.runs.get(run)
        if view.history.is_ended or not view.is_driven:
            return _told(desk, view, "stands still already")

        await client.runs.pause(view.run.id)
        with anyio.move_on_after(_PATIENCE):
            # How it ended is shown from the journal, like any other end.
            with suppress(EsaFlowsError):
                await client.runs.wait(view.run.id)

        after = await client.runs.get(view.run.id)
        return _told(desk, after, "has stopped")


def _told(desk: Desk, view: RunView, what: str) -> Answer:
    run, stands = view.run.id, standing(view)
    payload = {"run": run, "state": stands}
    if view.history.is_ended:
        desk.say(f"Run {run} has ended ({stands}).")
        return Answer(payload=payload)

    if view.is_driven:
        desk.say(f"Run {run} is still {stands}; it was asked to pause.")
        return Answer(exit=Exit.TIMED_OUT, payload=payload)

    move = f"Go on with: esa-flows resume {run}{realm_of(view).flag}"
    desk.say(f"Run {run} {what} ({stands}).", move)
    return Answer(payload=payload)
