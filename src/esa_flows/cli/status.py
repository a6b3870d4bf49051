"""`esa-flows status`: one run, from its journal."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import RenderableType

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit, exit_code
from esa_flows.cli.follow import follow, shown_fleet
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.rollouts.exits import rollout_exit, way_back_exit
from esa_flows.cli.rollouts.kinds import is_fleet, is_way_back
from esa_flows.cli.standing import (
    StepSeen,
    driver,
    moves,
    outcome,
    question,
    report_of,
    rollout_report_of,
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
from esa_flows.engine.failure import decode_error
from esa_flows.engine.view import RunView

__all__ = ["status"]


async def status(
    run: str,
    /,
    *,
    watch: Annotated[bool, Parameter(name=["--watch", "-w"], negative="")] = False,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Show a run: where it stands, who drives it, what it did, what can be done now.

    Nothing is asked of the provider. With -w it is followed until it has ended, or
    until nobody drives it any more; then the exit code says how it went.

    Args:
        run: Its id, or the first four characters of it or more.
        watch: Follow it.
        common: Where the journal is.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        looked = follow(desk, client, run) if watch else client.runs.get(run)
        view = await looked
        picture = await shown_fleet(desk, client, view) if is_fleet(view) else None

    if not desk.is_json:
        desk.say(*_told(view, picture))

    return Answer(exit=_code(view) if watch else Exit.OK, payload=_json(view))


def _code(view: RunView) -> Exit:
    """Give the exit code that the process which drove it to there had."""
    if not view.history.is_ended:
        return Exit.PAUSED

    whole = rollout_report_of(view) if is_fleet(view) else None
    if whole is not None:
        return (way_back_exit if is_way_back(view) else rollout_exit)(whole)

    report, body = report_of(view), view.history.ended or {}
    error = decode_error(body["error"]) if "error" in body else None
    return exit_code(report or error)


def _told(view: RunView, picture: RenderableType | None) -> list[RenderableType]:
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

    return [*lines, "", *_what(view, picture)] + [
        labelled("next", move) for move in moves(view)
    ]


def _what(view: RunView, picture: RenderableType | None) -> tuple[RenderableType, ...]:
    """Show what a run did: its steps, or the picture of many routines."""
    if picture is not None:
        return picture, ""

    rows = [_row(step) for step in steps_of(view)]
    return (table(("STEP", "AT", "TOOK", "RESULT"), rows), "") if rows else ()


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
