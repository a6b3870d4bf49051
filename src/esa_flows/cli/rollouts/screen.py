"""A rollout drawn for a terminal: at most 24 lines, however large the fleet; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import frozen
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from esa_flows.cli.frame import MOST_LINES, SPARKS, Frame, cut
from esa_flows.cli.rollouts.outline import OutlinedWave
from esa_flows.cli.rollouts.progress import BAD, ENDS, FleetProgress, Member, Stand
from esa_flows.cli.text import abbreviated, one_line, seconds_words

__all__ = ["FleetFrame", "drawn_fleet"]

_WAVES = 7
"""Waves that are shown: those around the one under way."""

_AROUND = 7
"""Lines that are neither waves nor routines."""

_BAR = 10
_MARKS = {
    Stand.WAITING: (" ", "dim"),
    Stand.PREPARING: ("◌", "cyan"),
    Stand.READY: ("◌", "cyan"),
    Stand.EXPOSING: ("●", "cyan"),
    Stand.BAKING: ("◔", "blue"),
    Stand.ASKING: ("?", "magenta"),
    Stand.GOING_BACK: ("◀", "yellow"),
    Stand.RELEASED: ("✔", "green"),
    Stand.UNCHANGED: ("·", "dim"),
    Stand.FAILED: ("✖", "red"),
    Stand.ROLLED_BACK: ("✖", "red"),
    Stand.TAKEN_BACK: ("◀", "yellow"),
    Stand.CONFLICT: ("✖", "red"),
    Stand.STUCK: ("✖", "bold red"),
}
_RANK = {
    stand: rank
    for rank, stand in enumerate(
        (
            Stand.STUCK,
            Stand.ASKING,
            Stand.GOING_BACK,
            Stand.ROLLED_BACK,
            Stand.CONFLICT,
            Stand.FAILED,
            Stand.EXPOSING,
            Stand.BAKING,
            Stand.PREPARING,
            Stand.TAKEN_BACK,
        )
    )
}
"""Who is shown first; those that are not here are shown as numbers alone."""


@frozen(kw_only=True)
class FleetFrame(Frame):
    """What a picture of a rollout needs beside the progress.

    Attributes:
        rates: Calls in each of the last seconds, the newest last.
        advice: What the keyboard can do.
        has_keys: Whether single keys are heeded.
        details: Whether every routine of the present wave is shown, as far as they fit.
        is_sure: Whether a key answers the question before an abort.
        trouble: Why the last key did nothing.
    """

    rates: tuple[int, ...] = ()
    advice: str = "Ctrl-C pauses the rollout"
    has_keys: bool = False
    details: bool = False
    is_sure: bool = False
    trouble: str = ""


def drawn_fleet(progress: FleetProgress, frame: FleetFrame) -> RenderableType:
    """Draw a rollout.

    Args:
        progress: What it has done.
        frame: Everything else.
    """
    height = min(frame.height, MOST_LINES)
    most = 1 if frame.details else _WAVES
    waves = _around(progress, min(most, max(1, height - _AROUND)))
    room = height - _AROUND - len(waves)
    parts: list[RenderableType] = [*_head(progress, frame), Text()]
    parts.append(_waves(progress, frame, waves))
    members = _shown(progress, room, details=frame.details)
    if members and not frame.is_last:
        parts += [Text(), _members(members, frame)]

    return Group(*parts, *([] if frame.is_last else _foot(progress, frame)))


# --- above --------------------------------------------------------------------------


def _head(progress: FleetProgress, frame: FleetFrame) -> list[Text]:
    outline = progress.outline
    done, size = progress.done, outline.size
    title = frame.head(progress.run, is_resumed=progress.resumed)
    line = cut(Text())
    if progress.wave:
        line.append(f"wave {progress.wave}/{len(outline.waves)}  ", style="bold")

    line.append(_bar(done / max(1, size)), style="green")
    line.append(f" {done}/{size}  {frame.elapsed} elapsed")
    left = progress.left(frame.now)
    if left and not frame.is_last and not progress.window:
        line.append(f"  at least {seconds_words(left)} left", style="dim")

    return [title, *map(frame.fit, (line, _numbers(progress, frame)))]


def _bar(share: float) -> str:
    full = int(share * _BAR)
    return "▰" * full + "▱" * (_BAR - full)


def _numbers(progress: FleetProgress, frame: FleetFrame) -> Text:
    outline = progress.outline
    planned = f"/{outline.calls:,}" if outline.calls else ""
    line = cut(Text(f"calls {frame.calls:,}{planned} "))
    if not frame.is_last:
        rate = frame.rates[-1] if frame.rates else 0
        line.append(_sparks(frame.rates, outline.cap), style="cyan")
        line.append(f" {rate}/s of {outline.cap}  ")

    failures = progress.failures
    style = "red" if failures else ""
    line.append(f" failures {failures} of {outline.tolerated}", style=style)
    if progress.exposed and not frame.is_last:
        line.append(f"  roll back now {seconds_words(progress.back)}", style="dim")

    return line


def _sparks(rates: Sequence[int], cap: int) -> str:
    most = len(SPARKS) - 1
    return "".join(SPARKS[min(most, rate * most // max(1, cap))] for rate in rates)


# --- the waves ----------------------------------------------------------------------


def _around(progress: FleetProgress, most: int) -> Sequence[OutlinedWave]:
    """Give those waves that are worth a line: the present one in the middle."""
    waves = progress.outline.waves
    begin = max(0, min(progress.wave - 1 - most // 2, len(waves) - most))
    return waves[begin : begin + most]


def _waves(
    progress: FleetProgress, frame: FleetFrame, waves: Iterable[OutlinedWave]
) -> Table:
    table = frame.grid(narrowest=12, widest=28)
    for wave in waves:
        counts = progress.counts(wave)
        over = sum(counts[stand] for stand in ENDS)
        mark, style = _wave_mark(progress, wave, over, counts)
        table.add_row(
            Text(frame.shown(mark), style=style),
            frame.fit(Text(one_line(wave.label), style="bold")),
            Text(f"{over}/{len(wave.routines)}"),
            frame.fit(_said(progress, wave, counts, frame)),
        )

    return table


def _wave_mark(
    progress: FleetProgress, wave: OutlinedWave, over: int, counts: Counter[Stand]
) -> tuple[str, str]:
    if over == len(wave.routines):
        if not any(counts[stand] for stand in BAD):
            return "✔", "green"

        is_borne = progress.failures <= progress.outline.tolerated
        return ("!", "yellow") if is_borne else ("✖", "red")

    is_begun = counts[Stand.WAITING] < len(wave.routines)
    return ("●", "cyan") if is_begun or wave.number == progress.wave else (" ", "dim")


def _said(
    progress: FleetProgress,
    wave: OutlinedWave,
    counts: Counter[Stand],
    frame: FleetFrame,
) -> Text:
    """Say how many of a wave stand where; of one to come, what is planned."""
    told = [f"{stand.value} {counts[stand]}" for stand in Stand if counts[stand] > 0]
    if counts[Stand.WAITING] == len(wave.routines):
        bake = f"bake {seconds_words(wave.bake)}" if wave.bake else ""
        return Text("  ".join(filter(None, (wave.steps, bake))), style="dim")

    text = Text(" · ".join(told))
    if wave.number == progress.wave and progress.baking > frame.now:
        text.append(f"   bake {frame.left(progress.baking)} left", style="blue")

    return text


# --- the routines -------------------------------------------------------------------


def _shown(progress: FleetProgress, room: int, *, details: bool) -> Sequence[Member]:
    """Give the routines that are worth a line: trouble first, then what moved last.

    Of those that moved within a second the first in the plan is the first here. In
    detail all those of the present wave are worth one.
    """
    worth = (
        member
        for member in progress.members.values()
        if member.stand in _RANK or (details and member.wave == progress.wave)
    )
    last = len(_RANK)
    order = sorted(worth, key=lambda m: (_RANK.get(m.stand, last), -int(m.moved)))
    return order[: max(0, room)]


def _members(members: Iterable[Member], frame: FleetFrame) -> Table:
    table = frame.grid(narrowest=12, widest=28)
    for member in members:
        mark, style = _MARKS[member.stand]
        said = Text(_story(member, frame), style="red" if member.stand in BAD else "")
        table.add_row(
            Text(frame.shown(mark), style=style),
            Text(one_line(member.name)),
            Text(member.share),
            frame.fit(said),
        )

    return table


def _story(member: Member, frame: FleetFrame) -> str:
    if member.stand is Stand.BAKING and member.until:
        return f"baking, {frame.left(member.until)} left"

    said = abbreviated(one_line(member.said))
    return f"{member.stand.value}: {said}" if said else member.stand.value


# --- below --------------------------------------------------------------------------


def _foot(progress: FleetProgress, frame: FleetFrame) -> list[Text]:
    run, going_back = progress.run, f"esa-flows abort {progress.run}"
    if frame.is_sure:
        asked = f"  Take back all that this rollout released? {_SURE}"
        return _below(frame, Text(asked, style="bold yellow"))

    if frame.trouble:
        return _below(frame, Text(f"  {one_line(frame.trouble)}", style="yellow"))

    if progress.question:
        answers = f"  esa-flows approve {run} [--deny] · or: {going_back}"
        if frame.has_keys:
            answers = f"  [a]pprove {_KEYS} · no: esa-flows approve {run} --deny"

        lines = [Text(f"  ? {one_line(progress.question)}", style="magenta")]
        return _below(frame, *lines, Text(answers, style="magenta"))

    if progress.window and not progress.news:
        early = f"  now: esa-flows approve {run} --ignore-freeze REASON"
        window = Text(f"  {one_line(progress.window)}", style="blue")
        others = f"{early} · {going_back}"
        if frame.has_keys:
            others = f"  {_KEYS} · now: approve {run} --ignore-freeze REASON"

        return _below(frame, window, Text(others, style="dim"))

    lines = [Text(f"  {progress.news}", style="yellow")] if progress.news else []
    more = "" if progress.outline.is_back else f" · to go back: {going_back}"
    advice = f"  {frame.advice}{more}"
    if frame.has_keys:
        advice = f"  {_KEYS} · Ctrl-C pauses, too"

    return _below(frame, *lines, Text(advice, style="dim"))


_KEYS = "[p]ause [x] abort [d]etails"
_SURE = "[y]es · any other key: no"


def _below(frame: FleetFrame, *lines: Text) -> list[Text]:
    return [Text(), *(frame.fit(cut(line)) for line in lines)]
