"""A run as a story of plain lines, for logs; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType

from esa_flows.cli.results import answer_words, result_words
from esa_flows.cli.text import brief, clean, one_line, seconds_words
from esa_flows.cli.words import step_words
from esa_flows.engine.codec import encode
from esa_flows.engine.history import ANSWERS
from esa_flows.engine.journal import SignalVerb
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.state import Event
from esa_flows.model.freeze import awaits_end

__all__ = ["LOOKING", "annotation", "narrated"]

LOOKING = "looking whether an earlier attempt took effect"


def narrated(happening: Happening) -> str:
    """Tell one thing a run did, in one line; empty where it is not worth one.

    Args:
        happening: What the run told.
    """
    told = _told(happening)
    if told and "." in happening.run and happening.step:
        told = f"{happening.run}: {told}"

    return f"{happening.at.astimezone(dt.UTC):%H:%M:%S}  {told}" if told else ""


def _told(happening: Happening) -> str:
    say = _SAYERS.get(happening.moment)
    return one_line(say(happening, step_words(happening.step))) if say else ""


def _waiting(happening: Happening, what: str) -> str:
    wait = seconds_words(happening.facts["seconds"])
    return f"{what}: waiting {wait}, because: {brief(happening.facts['why'])}"


def _done(happening: Happening, what: str) -> str:
    value = encode(happening.facts.get("value"))
    said = result_words(happening.step, value) or "done"
    return f"{what}: {said} ({seconds_words(happening.facts['seconds'])})"


def _failed(happening: Happening, what: str) -> str:
    if awaits_end(happening.step):
        return f"{what}: it is over"

    why = brief(happening.facts["why"])
    answer = answer_words(happening.step, why)
    return f"{what}: {answer}" if answer else f"{what}: failed: {why}"


def _sleeping(happening: Happening, what: str) -> str:
    seconds = happening.facts["seconds"]
    end = happening.at.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)
    return f"{what}: {seconds_words(seconds)}, until {end:%H:%M:%S} UTC"


def _asking(happening: Happening, what: str) -> str:
    asked = brief(happening.facts["what"])
    if awaits_end(happening.step):
        return f"{what}: {asked} Now with: {_EARLY.format(run=happening.run)}"

    return f"{what}: {asked} Answer with: esa-flows approve {happening.run} [--deny]"


_EARLY = "esa-flows approve {run} --ignore-freeze REASON"


def _signalled(happening: Happening, what: str) -> str:
    event, by = happening.facts["event"], happening.facts.get("by", "")
    if event in ANSWERS:
        said = "agrees" if event == SignalVerb.APPROVE else "says no"
        return f"{what}: {by} {said}" if happening.step else ""

    return f"{event} asked for by {by}" if event in _ASKED else ""


_ASKED = frozenset({Event.ABORT.value, Event.PAUSE.value})
_SAYERS: Mapping[Moment, Callable[[Happening, str], str]] = MappingProxyType(
    {
        Moment.RUN_STARTED: lambda h, _: f"run {h.run} begins",
        Moment.RUN_RESUMED: lambda h, _: f"run {h.run} goes on where it was",
        Moment.STEP_LOOKING: lambda _, what: f"{what}: {LOOKING}",
        Moment.STEP_WAITING: _waiting,
        Moment.STEP_DONE: _done,
        Moment.STEP_FAILED: _failed,
        Moment.STEP_STUCK: lambda h, _: brief(h.facts["why"]),
        Moment.SLEEPING: _sleeping,
        Moment.ASKING: _asking,
        Moment.SIGNALLED: _signalled,
    }
)


def annotation(kind: str, text: str, *, title: str = "") -> str:
    """Give a workflow command that GitHub shows beside the job.

    Source: GitHub Actions, Workflow commands.

    Args:
        kind: `error`, `warning`, `notice` or `group`.
        text: What to show.
        title: Short form.
    """
    properties = f" title={_escaped(title, ':,')}" if title else ""
    return f"::{kind}{properties}::{_escaped(clean(text))}"


def _escaped(text: str, more: str = "") -> str:
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")

    return text
