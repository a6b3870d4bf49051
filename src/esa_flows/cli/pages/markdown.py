"""A report as Markdown, for the summary of a CI job: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from esa_flows.cli.pages.story import GateSeen, RoutineLine, Story, Verdict, WaveLine
from esa_flows.cli.text import (
    abbreviated,
    calls_words,
    counted,
    moment_words,
    one_line,
    seconds_words,
)

__all__ = ["markdown"]

_MARKS = {
    Verdict.GOOD: "✅",
    Verdict.WARN: "⚠️",
    Verdict.BAD: "❌",
    Verdict.OPEN: "⏳",
}
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#$@!&])")
_SHOWN = 50
"""Routines up to which all are listed; of more, those that did not go well."""


def markdown(story: Story) -> str:
    """Write a report as Markdown.

    Args:
        story: What it tells.
    """
    blocks = [
        f"## {_MARKS[story.verdict]} {_plain(story.title)}",
        f"**{_plain(story.headline)}**",
        _plain(story.reason),
        f"Next: {_plain(story.next_move)}" if story.next_move else "",
        _plain(story.back),
        _waves(story.waves),
        _routines(story.routines),
        _gates(story.readings),
        "\n".join(f"- {_plain(note)}" for note in story.notes),
        _foot(story),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _foot(story: Story) -> str:
    calls = calls_words(story.total, story.uploads)
    peak = f", at most {story.peak} in one second" if story.calls else ""
    return (
        f"<sub>run {_plain(story.run)} · {moment_words(story.began)} UTC ·"
        f" {seconds_words(story.seconds)} · {calls}{peak}</sub>"
    )


def _waves(waves: Sequence[WaveLine]) -> str:
    heads = ("wave", "routines", "how they fared", "95 % within", "calls", "took")
    rows = (
        (
            wave.label,
            str(wave.routines),
            wave.ends,
            seconds_words(wave.most),
            str(wave.calls),
            seconds_words(wave.seconds),
        )
        for wave in waves
    )
    return _table(heads, rows) if waves else ""


def _routines(routines: Sequence[RoutineLine]) -> str:
    if not routines:
        return ""

    bad = [line for line in routines if line.verdict is not Verdict.GOOD]
    is_small = len(routines) <= _SHOWN
    order = sorted(routines, key=lambda line: line not in bad) if is_small else bad
    heads = ("routine", "outcome", "served → serves", "shares", "time", "note")
    rows = (
        (
            line.name,
            line.outcome,
            abbreviated(line.change),
            line.steps,
            "" if line.seconds is None else seconds_words(line.seconds),
            line.note,
        )
        for line in order[:_SHOWN]
    )
    left = len(routines) - min(len(order), _SHOWN)
    more = f"… and {counted(left, 'routine')} more" if left else ""
    return "\n\n".join(filter(None, (_table(heads, rows) if order else "", more)))


def _gates(readings: Sequence[GateSeen]) -> str:
    told = [reading for reading in readings if reading.verdict != "pass"]
    return "\n".join(
        f"- {_plain(seen.routine)}: {_plain(seen.gate)}: **{_plain(seen.verdict)}**:"
        f" {_plain(seen.reason)}"
        for seen in told[:_SHOWN]
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = tuple(heads)
    lines = [names, ("---",) * len(names), *(tuple(map(_plain, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Give a text of which Markdown, and GitHub, make nothing but text."""
    return _SPECIAL.sub(r"\\\1", one_line(text))
