"""How a rollout ended, for people in a table and for programs as JSON; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import RenderableType

from esa_flows.cli.summary import Spent
from esa_flows.cli.tables import table
from esa_flows.cli.text import (
    abbreviated,
    clean,
    counted,
    labelled,
    one_line,
    seconds_words,
)
from esa_flows.fleet.report import (
    Ended,
    RolloutReport,
    RoutineEnd,
    RoutineReport,
    WaveReport,
)
from esa_flows.model import Split

__all__ = [
    "change_words",
    "ends_words",
    "rollout_json",
    "rollout_summary",
    "safety",
    "shares_json",
    "split_words",
]

_LISTED = 40
"""Routines up to which all are listed; of more, those that did not go well."""

_QUIET = frozenset({RoutineEnd.RELEASED, RoutineEnd.UNCHANGED})
_HEADINGS = ("WAVE", "ROUTINE", "OUTCOME", "SERVED → SERVES", "TIME", "NOTE")


def rollout_summary(
    report: RolloutReport, spent: Spent, *, back: str = ""
) -> Iterator[RenderableType]:
    """Tell how a rollout ended.

    Args:
        report: Its report.
        spent: What it took.
        back: How long it takes to take all of it back; empty where nobody knows.
    """
    name = one_line(report.name or "rollout")
    yield f"{name}: {report.ended} (run {report.run})"
    listed = _listed(report.routines)
    if listed:
        yield ""
        yield table(_HEADINGS, map(_row, listed))
        yield ""

    left = len(report.routines) - len(listed)
    if left and listed:
        yield f"  … and {counted(left, 'routine')} more, of which all went well"

    yield from (labelled(_label(wave), _wave(wave)) for wave in report.waves)
    yield labelled("failures", f"{report.failures}, tolerated {report.tolerated}")
    yield labelled("took", str(spent))
    yield from (labelled("note", one_line(note)) for note in report.notes)
    yield f"Safe to roll back: {safety(report, back)}"


def rollout_json(report: RolloutReport, spent: Spent) -> dict[str, Any]:
    """Give a report as plain JSON values.

    Args:
        report: The report.
        spent: What it took.
    """
    return {
        "run": report.run,
        "name": report.name,
        "outcome": report.ended.value,
        "failures": report.failures,
        "tolerated": report.tolerated,
        "reason": clean(report.reason),
        "next_move": clean(report.next_move),
        "routines": [_routine_json(each) for each in report.routines],
        "waves": [_wave_json(wave) for wave in report.waves],
        "notes": [clean(note) for note in report.notes],
        "calls": spent.calls,
        "uploads": spent.uploads,
        "seconds": round(spent.seconds, 3),
    }


def _listed(routines: Sequence[RoutineReport]) -> Sequence[RoutineReport]:
    if len(routines) <= _LISTED:
        return routines

    return [each for each in routines if each.end not in _QUIET][:_LISTED]


def _row(each: RoutineReport) -> tuple[str, ...]:
    return (
        str(each.wave or ""),
        each.routine,
        each.end.value,
        abbreviated(change_words(each)),
        seconds_words(each.seconds) if each.run else "",
        abbreviated(one_line(each.reason or " ".join(each.notes))),
    )


def change_words(each: RoutineReport) -> str:
    """Say what served production before, and what serves it now.

    Args:
        each: How a routine fared.
    """
    before, now = split_words(each.before), split_words(each.production)
    return now if before == now else f"{before} → {now}"


def split_words(split: Split | None) -> str:
    """Say what an environment serves.

    Args:
        split: The versions and their shares; None for nothing.
    """
    return str(split) if split else "nothing"


def _label(wave: WaveReport) -> str:
    return f"wave {wave.number}"


def _wave(wave: WaveReport) -> str:
    if not wave.is_begun:
        return ends_words(wave)

    approved = f", approved by {one_line(wave.approved_by)}" * bool(wave.approved_by)
    return (
        f"{ends_words(wave)}; 95 % within {seconds_words(wave.slowest)},"
        f" {seconds_words(wave.seconds)} in all{approved}"
    )


def ends_words(wave: WaveReport) -> str:
    """Say how many of a wave's routines fared how.

    Args:
        wave: How it went.
    """
    return ", ".join(_counts(wave.ends.items()))


def _counts(ends: Iterable[tuple[RoutineEnd, int]]) -> Iterator[str]:
    order = list(RoutineEnd)
    for end, count in sorted(ends, key=lambda pair: order.index(pair[0])):
        yield f"{count} {end.value}"


def safety(report: RolloutReport, back: str = "") -> str:
    """Say whether one can go back, and how.

    Args:
        report: How it ended.
        back: How long it takes to take all of it back; empty where nobody knows.
    """
    released = report.ends.get(RoutineEnd.RELEASED, 0)
    if report.ended is Ended.PARTLY_ROLLED_BACK or report.stuck:
        return "no, a person is needed first"

    if not released:
        return "nothing is left to roll back"

    least = f", at least {back}" * bool(back)
    size = counted(released, "routine")
    return f"yes, with esa-flows rollback --run {report.run} ({size}{least})"


def _routine_json(each: RoutineReport) -> dict[str, Any]:
    return {
        "routine": each.routine,
        "wave": each.wave,
        "outcome": each.end.value,
        "run": each.run,
        "version": each.version,
        "before": shares_json(each.before),
        "production": shares_json(each.production),
        "production_as_before": each.production_as_before,
        "seconds": round(each.seconds, 3),
        "reason": clean(each.reason),
        "next_move": clean(each.next_move),
        "notes": [clean(note) for note in each.notes],
    }


def shares_json(split: Split | None) -> dict[str, int] | None:
    """Give shares by version; None where nothing serves.

    Args:
        split: The versions and their shares.
    """
    if split is None:
        return None

    return {str(share.version): share.percentage for share in split.shares}


def _wave_json(wave: WaveReport) -> dict[str, Any]:
    return {
        "wave": wave.number,
        "name": wave.name,
        "routines": wave.routines,
        "ends": {end.value: count for end, count in wave.ends.items()},
        "median": round(wave.median, 3),
        "slowest": round(wave.slowest, 3),
        "seconds": round(wave.seconds, 3),
        "approved_by": wave.approved_by,
    }
