"""Where a run stands, who drives it and what it did, read from its journal; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from esa_flows.cli.results import answer_words, result_words
from esa_flows.cli.rollouts.kinds import is_fleet
from esa_flows.cli.text import clean, one_line
from esa_flows.engine.codec import decode
from esa_flows.engine.journal import Kind, Row
from esa_flows.engine.process import Life
from esa_flows.engine.state import State
from esa_flows.engine.view import RunView
from esa_flows.errors import JournalCorrupt
from esa_flows.fleet.report import RolloutReport
from esa_flows.model import Cloud, Realm
from esa_flows.model.freeze import awaits_end
from esa_flows.release.report import Report

__all__ = [
    "StepSeen",
    "driver",
    "moves",
    "outcome",
    "question",
    "realm_of",
    "report_of",
    "rollout_report_of",
    "served",
    "standing",
    "steps_of",
]

_ACTIVE = frozenset({State.NEW, State.RUNNING, State.ABORTING})


@frozen(kw_only=True)
class StepSeen:
    """A step as the journal holds it.

    Attributes:
        identity: What it is called in the run.
        at: When it was recorded last.
        seconds: How long it took; None where it has no outcome.
        said: What it gave, or why it failed.
        state: `done`, `failed`, `baking`, `begun`, `asking`, `answered` or
            `withdrawn`.
        attempts: How often it was begun.
    """

    identity: str
    at: dt.datetime
    seconds: float | None
    said: str
    state: str
    attempts: int


def standing(view: RunView) -> str:
    """Say where a run stands; one whose process is gone was interrupted.

    Args:
        view: The run.
    """
    state = view.history.state
    if state is State.HELD and _window(view):
        return "waiting for the end of a freeze window"

    if state in _ACTIVE and not view.is_driven:
        return f"{state}, interrupted" if state is State.ABORTING else "interrupted"

    return state.value


def driver(view: RunView) -> str:
    """Say who drives a run."""
    owner = view.beat.owner
    if owner is None:
        return "nobody"

    known = {
        Life.ALIVE: f"process {owner.pid}, alive",
        Life.DEAD: f"nobody; process {owner.pid} is gone",
        Life.ELSEWHERE: f"process {owner.pid} of another machine or container",
    }
    return known[view.life] if view.life else "nobody"


def outcome(view: RunView) -> str:
    """Say how a run ended or why it stands still; empty where neither is known."""
    ended = view.history.ended
    if ended is None:
        return one_line(_last_reason(view.rows))

    if "error" in ended:
        return one_line(ended["error"].get("message", ""))

    value = ended.get("value")
    return one_line(value.get("outcome", "")) if isinstance(value, Mapping) else ""


def _last_reason(rows: tuple[Row, ...]) -> str:
    for row in reversed(rows):
        if row.record.kind is Kind.SIGNALLED:
            return str(row.data.get("why", ""))

    return ""


def report_of(view: RunView) -> Report | None:
    """Give the report that a run ended with; None where it has none.

    Args:
        view: The run.
    """
    value = (view.history.ended or {}).get("value")
    if not isinstance(value, Mapping) or not {"outcome", "routine"} <= set(value):
        return None

    try:
        found: Report = decode(value, Report)
    except JournalCorrupt:
        return None  # a flow of somebody's own, that gives something alike

    return found


def rollout_report_of(view: RunView) -> RolloutReport | None:
    """Give the report that a rollout or a way back ended with; None without one.

    Args:
        view: Its run.
    """
    value = (view.history.ended or {}).get("value")
    try:
        return decode(value, RolloutReport) if value else None
    except JournalCorrupt:
        return None  # a flow of somebody's own, of the same name


def question(view: RunView) -> str:
    """Give what a run has asked a person for longest; empty where it asks nothing."""
    asked = sorted(view.history.questions.values(), key=lambda found: found.seq)
    return one_line(asked[0].what) if asked and not view.history.is_ended else ""


def _window(view: RunView) -> bool:
    """Tell whether a run waits for the end of a freeze window."""
    return any(map(awaits_end, view.history.questions)) and not view.history.is_ended


def steps_of(view: RunView) -> tuple[StepSeen, ...]:
    """Give the steps of a run, in the order they were first recorded."""
    last = {row.record.step: row for row in view.rows if row.record.step}
    return tuple(
        _seen(row, view.history.past(step).attempts) for step, row in last.items()
    )


def _seen(row: Row, attempts: int) -> StepSeen:
    state, said = _state_and_words(row)
    return StepSeen(
        identity=row.record.step,
        at=row.record.at,
        seconds=row.data.get("seconds"),
        said=said,
        state=state,
        attempts=attempts,
    )


def _state_and_words(row: Row) -> tuple[str, str]:
    body, step = row.data, row.record.step
    open_ = _OPEN.get(row.record.kind)
    if open_ is not None:
        return open_(body)

    if "error" not in body:
        state = "withdrawn" if body.get("withdrawn") else "done"
        return state, result_words(step, body.get("value"))

    why = one_line(body["error"]["message"])
    answer = answer_words(step, why)
    return ("done", answer) if answer else ("failed", why)


_OPEN: Mapping[Kind, Callable[[Mapping[str, Any]], tuple[str, str]]] = MappingProxyType(
    {
        Kind.SLEPT: lambda body: ("baking", f"until {body['wake'][11:19]} UTC"),
        Kind.INTENT: lambda _: ("begun", ""),
        Kind.ASKED: lambda body: ("asking", one_line(body["what"])),
        Kind.SIGNALLED: lambda body: (
            "answered",
            one_line(f"{body['event']} by {body['by']}"),
        ),
    }
)
"""What the last row of a step without an outcome says of it."""


def served(view: RunView) -> dict[str, Any]:
    """Give what served each environment when the run last looked.

    Returns:
        Deployments as the journal holds them, by environment; empty where it never
        looked.
    """
    for row in reversed(view.rows):
        value = row.data.get("value")
        found = _routine_in(value) if isinstance(value, Mapping) else None
        if found is not None:
            return {place: found[place] for place in ("production", "staging")}

    return {}


def _routine_in(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    inner = value.get("routine")
    candidate = inner if isinstance(inner, Mapping) else value
    return candidate if {"production", "staging"} <= set(candidate) else None


def realm_of(view: RunView) -> Realm:
    """Give whose routine a run is about."""
    return Realm.at(view.history.started.get("place") or Cloud.ESA)


def moves(view: RunView) -> tuple[str, ...]:
    """Give the commands that make sense now."""
    run, realm = view.run.id, realm_of(view)
    routine = clean(view.run.subject.removeprefix(realm.subject("")))
    if view.history.is_ended and is_fleet(view):
        return (f"esa-flows report {run}",)

    if view.history.is_ended:
        return (f"esa-flows versions list {routine}{realm.flag}",) if routine else ()

    if _window(view):
        return (
            f"esa-flows approve {run} --ignore-freeze REASON",
            f"esa-flows abort {run}{realm.flag}",
        )

    if question(view):
        return (
            f"esa-flows approve {run}",
            f"esa-flows approve {run} --deny",
            f"esa-flows abort {run}{realm.flag}",
        )

    if view.is_driven:
        return (f"esa-flows pause {run}", f"esa-flows abort {run}{realm.flag}")

    return (
        f"esa-flows resume {run}{realm.flag}",
        f"esa-flows abort {run}{realm.flag}",
    )
