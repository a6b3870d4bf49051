"""A way back shown before it is gone: what goes where, at what cost; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from esa_flows.cli.rollouts.summary import shares_json, split_words
from esa_flows.cli.tables import table
from esa_flows.cli.text import (
    abbreviated,
    clean,
    counted,
    labelled,
    one_line,
    seconds_words,
)
from esa_flows.fleet.report import RoutineReport
from esa_flows.fleet.way_back import Return, WayBack

__all__ = ["way_back_json", "way_back_words"]

_LISTED = 40
"""Routines up to which all are listed; of more, the first."""

_HEADINGS = ("WAVE", "ROUTINE", "SERVES → SHALL SERVE")


def way_back_words(plan: WayBack) -> Iterator[RenderableType]:
    """Tell what goes back, and what does not.

    Args:
        plan: The way back.
    """
    size = counted(len(plan.returns), "routine")
    verb = "goes" if len(plan.returns) == 1 else "go"
    of = f" (rollout {plan.run})" if plan.run else ""
    yield f"{one_line(plan.name)}: {size} {verb} back{of}"
    if plan.returns:
        yield ""
        yield table(_HEADINGS, map(_row, plan.returns[:_LISTED]))
        yield ""

    left = len(plan.returns) - _LISTED
    if left > 0:
        yield f"  … and {counted(left, 'routine')} more"

    if plan.unfinished:
        runs = counted(len(plan.unfinished), "run")
        yield labelled("aborts", f"{runs} under way, which takes their routines back")

    if plan.stays:
        yield labelled("stays", f"{len(plan.stays)}{_reasons(plan)}")

    yield labelled("calls", _cost(plan))
    if plan.joins:
        yield labelled("joins", f"run {plan.joins}, which has begun to do this")


def way_back_json(plan: WayBack) -> dict[str, Any]:
    """Give a way back as plain JSON values.

    Args:
        plan: The way back.
    """
    return {
        "name": clean(plan.name),
        "rollout": plan.run,
        "goes": [_return_json(each) for each in plan.returns],
        "stays": [_stay_json(each) for each in plan.stays],
        "aborts": list(plan.unfinished),
        "joins": plan.joins,
        "calls": plan.calls,
        "production_seconds": round(plan.production_time.seconds, 3),
        "seconds": round(plan.minimum_time.seconds, 3),
    }


def _row(each: Return) -> tuple[str, ...]:
    serves = split_words(each.serves)
    change = f"{serves} → {split_words(each.to)}" if each.to else "staging alone"
    if each.to == each.serves:
        change = f"{serves}, as before"

    return str(each.wave or ""), each.routine, abbreviated(change)


def _reasons(plan: WayBack) -> str:
    told = [f"\n    {each.routine}: {one_line(each.reason)}" for each in plan.stays]
    more = len(told) - _LISTED
    rest = f"\n    and {more} more" if more > 0 else ""
    return "".join(told[:_LISTED]) + rest


def _cost(plan: WayBack) -> str:
    first = seconds_words(plan.production_time.seconds)
    every = seconds_words(plan.minimum_time.seconds)
    told = f"{plan.calls:,}; production of all at least {first}"
    return told if first == every else f"{told}, with staging {every}"


def _return_json(each: Return) -> dict[str, Any]:
    return {
        "routine": each.routine,
        "wave": each.wave,
        "serves": shares_json(each.serves),
        "to": shares_json(each.to),
        "calls": each.calls,
    }


def _stay_json(each: RoutineReport) -> dict[str, Any]:
    return {
        "routine": each.routine,
        "wave": each.wave,
        "outcome": each.end.value,
        "reason": clean(each.reason),
        "next_move": clean(each.next_move),
    }
