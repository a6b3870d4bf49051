"""A run drawn for a terminal: one line per step, at most 24; pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from esa_flows.cli.frame import MOST_LINES, Frame, cut
from esa_flows.cli.progress import Line, Mark, Progress
from esa_flows.cli.text import abbreviated, counted, seconds_words
from esa_flows.cli.words import step_words

__all__ = ["drawn"]

_AROUND = 5
"""Lines that are no steps: title, what was left out, a blank, two at the foot."""

_WIDE = 110
"""Columns from which on ids are shown whole."""

_MARKS = {
    Mark.DOING: ("●", "cyan"),
    Mark.LOOKING: ("◌", "yellow"),
    Mark.WAITING: ("◌", "yellow"),
    Mark.BAKING: ("◔", "blue"),
    Mark.ASKING: ("?", "magenta"),
    Mark.DONE: ("✔", "green"),
    Mark.KNOWN: ("·", "dim"),
    Mark.FAILED: ("✖", "red"),
    Mark.STOPPED: ("■", "yellow"),
}


def drawn(progress: Progress, frame: Frame) -> RenderableType:
    """Draw a run.

    Args:
        progress: What it has done.
        frame: Everything else.
    """
    room = max(1, min(frame.height, MOST_LINES) - _AROUND)
    lines = progress.lines
    shown = lines if frame.is_last else lines[-room:]
    parts: list[RenderableType] = [
        frame.head(progress.run, is_resumed=progress.resumed)
    ]
    if len(shown) < len(lines):
        left_out = len(lines) - len(shown)
        earlier = counted(left_out, "earlier step")
        parts.append(frame.fit(Text(f"  … {earlier}", style="dim")))

    parts.append(_steps(shown, frame))
    if not frame.is_last:
        parts += [Text(), *_foot(progress, frame)]

    return Group(*parts)


def _steps(lines: tuple[Line, ...], frame: Frame) -> Table:
    table = frame.grid(narrowest=24)
    for line in lines:
        table.add_row(*_row(line, frame))

    return table


def _row(line: Line, frame: Frame) -> tuple[Text, Text, Text, Text]:
    mark, style = _MARKS[line.mark]
    bold = "bold" if line.is_open else ""
    red = "red" if line.mark is Mark.FAILED else ""
    return (
        Text(frame.shown(mark), style=style),
        Text(_fit(step_words(line.identity), frame), style=bold),
        Text(_time(line, frame), style="dim"),
        Text(_fit(_said(line, frame), frame), style=red),
    )


def _fit(text: str, frame: Frame) -> str:
    return text if frame.width >= _WIDE else abbreviated(text)


def _time(line: Line, frame: Frame) -> str:
    if line.mark is Mark.KNOWN:
        return "before"

    if line.seconds is not None:
        return seconds_words(line.seconds)

    return seconds_words(max(0.0, frame.now - line.began)) if line.is_open else ""


def _said(line: Line, frame: Frame) -> str:
    left = frame.left(line.until)
    if line.mark is Mark.BAKING:
        return f"{left} left"

    return f"again in {left}: {line.said}" if line.mark is Mark.WAITING else line.said


def _foot(progress: Progress, frame: Frame) -> list[Text]:
    calls = counted(frame.calls, "call")
    spent = Text(f"  {frame.elapsed} elapsed, {calls}", style="dim")
    if progress.news:
        spent.append(f"  {progress.news}", style="not dim yellow")

    return [spent, cut(Text(f"  {frame.advice}", style="dim"))]
