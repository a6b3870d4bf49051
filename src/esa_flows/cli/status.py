"""`esa-flows status`: one run, from its journal."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import RenderableType

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.standing import (
    StepSeen,
    driver,
    moves,
    outcome,
    question,
    served,
    standing,
    steps_of,
)
from esa_flows.cli.tables import table
from esa_flows.cli.text import (
    abbreviated,
    clean,
    labelled,
    moment_words,
    seconds_words,
    served_words,
)
from esa_flows.cli.words import step_words
from esa_flows.engine.view import RunView

__all__ = ["status"]


async def status(
    run: str,
    /,
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Show a run: where it stands, who drives it, what it did, what can be done now.

    Nothing is asked of the provider.

    Args:
        run: Its id, or the first four characters of it or more.
        common: Where the journal is.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        view = await client.runs.get(run)

    if not desk.is_json:
        desk.say(*_told(view))

    return Answer(payload=_json(view))


def _told(view: RunView) -> list[RenderableType]:
    what = clean(f"{view.run.flow} {view.run.subject}").strip()
    lines: list[RenderableType] = [
        f"Run {view.run.id}: {what}",
        labelled("state", standing(view)),
        labelled("driven by", driver(view)),
        labelled("started", f"{moment_words(view.run.started_at)} UTC"),
    ]
    if outcome(view):
        lines.append(labelled("outcome", outcome(view)))

    if question(view):
        lines.append(labelled("waits for", question(view)))

    for place, held in served(view).items():
        lines.append(labelled(place, f"{served_words(held)}, as last seen"))

    rows = [_row(step) for step in steps_of(view)]
    lines += ["", table(("STEP", "AT", "TOOK", "RESULT"), rows), ""] if rows else [""]
    return lines + [labelled("next", move) for move in moves(view)]


def _row(step: StepSeen) -> tuple[str, str, str, str]:
    took = "" if step.seconds is None else seconds_words(step.seconds)
    mark = "" if step.state == "done" else f"{step.state}: "
    again = f" (attempt {step.attempts})" if step.attempts > 1 else ""
    return (
        abbreviated(step_words(step.identity)),
        f"{step.at:%H:%M:%S}",
        took,
        abbreviated(f"{mark}{step.said}{again}"),
    )


def _json(view: RunView) -> dict[str, Any]:
    return {
        "run": view.run.id,
        "flow": view.run.flow,
        "routine": view.run.subject,
        "state": standing(view),
        "driver": driver(view),
        "started_at": view.run.started_at.isoformat(),
        "outcome": outcome(view),
        "question": question(view),
        "served": served(view),
        "steps": [_step_json(step) for step in steps_of(view)],
        "next": list(moves(view)),
    }


def _step_json(step: StepSeen) -> dict[str, Any]:
    return {
        "step": step.identity,
        "state": step.state,
        "at": step.at.isoformat(),
        "seconds": step.seconds,
        "attempts": step.attempts,
        "result": step.said,
    }
