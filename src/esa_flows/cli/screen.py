"""A run drawn for a terminal: one line per step, at most 24; pure."""

from __future__ import annotations

from attrs import field, frozen
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from esa_flows.cli.progress import Line, Mark, Progress
from esa_flows.cli.text import abbreviated, counted, one_line, seconds_words
from esa_flows.cli.words import step_words

__all__ = ["MOST_LINES", "Frame", "drawn"]

MOST_LINES = 24
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
_ASCII = {
    "●": ">",
    "◌": "~",
    "◔": "~",
    "✔": "+",
    "·": ".",
    "✖": "x",
    "■": "=",
    "?": "?",
}


@frozen(kw_only=True)
class Frame:
    """What a picture needs beside the progress.

    Attributes:
        title: What is done to what.
        now: Seconds on the progress's clock.
        began: When it began, on the same clock.
        calls: Calls made so far.
        advice: What the keyboard can do.
        width: Columns there are.
        height: Lines there are.
        is_last: Whether nothing more will happen.
        is_ascii: Whether only ASCII can be shown.
    """

    title: str = field(converter=one_line)
    now: float
    began: float
    calls: int
    advice: str = "Ctrl-C pauses the run; it can be resumed"
    width: int = 80
    height: int = MOST_LINES
    is_last: bool = False
    is_ascii: bool = False


def drawn(progress: Progress, frame: Frame) -> RenderableType:
    """Draw a run.

    Args:
        progress: What it has done.
        frame: Everything else.
    """
    room = max(1, min(frame.height, MOST_LINES) - _AROUND)
    lines = progress.lines
    shown = lines if frame.is_last else lines[-room:]
    parts: list[RenderableType] = [_title(progress, frame)]
    if len(shown) < len(lines):
        left_out = len(lines) - len(shown)
        earlier = counted(left_out, "earlier step")
        parts.append(Text(f"  … {earlier}", style="dim"))

    parts.append(_steps(shown, frame))
    if not frame.is_last:
        parts += [Text(), *_foot(progress, frame)]

    return Group(*parts)


def _title(progress: Progress, frame: Frame) -> Text:
    again = "  resumed" if progress.resumed else ""
    title = Text(frame.title, style="bold", no_wrap=True, overflow="ellipsis")
    return title.append(f"  run {progress.run or '…'}{again}", style="not bold dim")


def _steps(lines: tuple[Line, ...], frame: Frame) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=2, justify="right")
    table.add_column(no_wrap=True, overflow="ellipsis", min_width=24)
    table.add_column(no_wrap=True, justify="right", min_width=7)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for line in lines:
        table.add_row(*_row(line, frame))

    return table


def _row(line: Line, frame: Frame) -> tuple[Text, Text, Text, Text]:
    mark, style = _MARKS[line.mark]
    shown = _ASCII[mark] if frame.is_ascii else mark
    bold = "bold" if line.is_open else ""
    red = "red" if line.mark is Mark.FAILED else ""
    return (
        Text(shown, style=style),
        Text(_fit(step_words(line.identity), frame), style=bold),
        Text(_time(line, frame.now), style="dim"),
        Text(_fit(_said(line, frame.now), frame), style=red),
    )


def _fit(text: str, frame: Frame) -> str:
    return text if frame.width >= _WIDE else abbreviated(text)


def _time(line: Line, now: float) -> str:
    if line.mark is Mark.KNOWN:
        return "before"

    if line.seconds is not None:
        return seconds_words(line.seconds)

    return seconds_words(max(0.0, now - line.began)) if line.is_open else ""


def _said(line: Line, now: float) -> str:
    left = seconds_words(max(0.0, line.until - now))
    if line.mark is Mark.BAKING:
        return f"{left} left"

    return f"again in {left}: {line.said}" if line.mark is Mark.WAITING else line.said


def _foot(progress: Progress, frame: Frame) -> list[Text]:
    elapsed = seconds_words(max(0.0, frame.now - frame.began))
    spent = Text(f"  {elapsed} elapsed, {counted(frame.calls, 'call')}", style="dim")
    if progress.news:
        spent.append(f"  {progress.news}", style="not dim yellow")

    advice = f"  {frame.advice}"
    return [spent, Text(advice, style="dim", no_wrap=True, overflow="ellipsis")]
