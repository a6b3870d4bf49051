"""A rollout's plan shown to people: what happens, when, at what cost; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import RenderableType

from esa_flows.api.cloud import Op
from esa_flows.cli.rollouts.outline import bound_words
from esa_flows.cli.tables import table
from esa_flows.cli.text import counted, labelled, one_line, seconds_words
from esa_flows.fleet.plan import (
    Bound,
    Course,
    PlannedAccount,
    PlannedRoutine,
    PlannedWave,
    RolloutPlan,
)
from esa_flows.fleet.spec import Mode
from esa_flows.model import Duration

__all__ = ["planned_rollout"]

_HEADINGS = ("WAVE", "ROUTINES", "STEPS", "BAKE", "GATES", "ASKS", "AT LEAST", "BACK")
_OF_ACCOUNTS = (
    "ACCOUNT",
    "ACCESS KEY",
    "ROUTINES",
    "CALLS",
    "CAP",
    "A CALL",
    "AT LEAST",
)
_LISTED = 10
_POST = Op.POST.value[0]


def planned_rollout(plan: RolloutPlan) -> Iterator[RenderableType]:
    """Tell what a rollout will do.

    Args:
        plan: Its plan.
    """
    count = counted(len(plan.routines), "routine")
    yield f"{one_line(plan.name or 'rollout')}: {count} (run {plan.run})"
    yield from _courses(plan)
    if plan.has_changes:
        yield ""
        yield table(_HEADINGS, map(_wave, plan.waves))
        yield ""
        yield from _accounts(plan)
        yield from _costs(plan)

    yield from (labelled("note", one_line(note)) for note in plan.notes)


def _courses(plan: RolloutPlan) -> Iterator[str]:
    for course in Course:
        its = plan.of(course)
        if its:
            yield labelled(course, f"{len(its)}{_reasons(course, its)}")

    deletes = [r for r in plan.routines if r.slots and r.slots.goes]
    if deletes:
        gone = sum(each.slots.goes for each in deletes if each.slots)
        told = f"{counted(gone, 'version')} of {counted(len(deletes), 'routine')}"
        yield labelled("prune", f"{told}, the code saved first")


def _reasons(course: Course, routines: Sequence[PlannedRoutine]) -> str:
    """Say why, where a person has to know."""
    if course is not Course.REFUSE:
        return ""

    told = [f"\n    {each.routine}: {one_line(each.why)}" for each in routines]
    more = len(told) - _LISTED
    rest = f"\n    and {more} more" if more > 0 else ""
    return "".join(told[:_LISTED]) + rest


def _wave(wave: PlannedWave) -> tuple[str, ...]:
    return (
        f"{wave.number} {wave.name}".strip(),
        str(len(wave.routines)),
        " | ".join(wave.steps) or "-",
        str(wave.bake) if wave.bake.seconds else "-",
        ", ".join(wave.gates) or "-",
        "yes" if wave.approve else "-",
        _length(wave.minimum_time),
        _length(wave.rollback),
    )


def _costs(plan: RolloutPlan) -> Iterator[str]:
    verbs = sorted(plan.calls.items(), key=lambda item: -item[1])
    told = " · ".join(f"{verb} {count:,}" for verb, count in verbs if verb != _POST)
    uploads = counted(plan.calls.get(_POST, 0), "upload")
    yield labelled("calls", f"{plan.capped_calls:,} and {uploads} ({told})")
    if not plan.accounts:
        rate = f"at most {plan.calls_per_second} calls a second"
        yield labelled("cap", f"{rate}; a call takes {_milliseconds(plan.latency)}")

    if plan.limit is not None:
        room = "the rest is for others; the way back has the whole cap"
        yield labelled("limit", f"{plan.limit} calls a second in each account: {room}")

    least = _length(plan.minimum_time)
    yield labelled("takes", f"at least {least}, bound by {_bound(plan)}")
    yield labelled("back", f"all of it in {_length(plan.rollback_time)}")
    yield from _frozen(plan)
    yield labelled("failures", _failures(plan))
    yield from _exposures(plan.waves)


def _frozen(plan: RolloutPlan) -> Iterator[str]:
    """Say when nothing new is exposed next, and whether that is met."""
    window = plan.window
    if window is None:
        return

    ends = plan.ends_at.astimezone(ZoneInfo(window.timezone))
    if window.has_begun(plan.made_at):
        what = "it is in force: what is begun now waits for its end"
    elif plan.meets_window:
        what = "this plan runs into it, and waits there for its end"
    else:
        what = f"this plan ends {ends:%a %Y-%m-%d %H:%M} at the earliest"

    yield labelled("frozen", f"{window}; {what}")


def _accounts(plan: RolloutPlan) -> Iterator[RenderableType]:
    """Tell what each account takes, where there are further ones."""
    if plan.accounts:
        yield table(_OF_ACCOUNTS, map(_account, plan.accounts))
        yield ""


def _account(each: PlannedAccount) -> tuple[str, ...]:
    return (
        each.name or "(own)",
        each.access_key or "-",
        str(each.routines),
        f"{each.capped_calls:,}",
        f"{each.calls_per_second}/s",
        _milliseconds(each.latency),
        _length(each.least),
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _bound(plan: RolloutPlan) -> str:
    if plan.bound is Bound.CAP and plan.slowest:
        return f"the cap of {plan.slowest.name or 'your own account'}"

    return bound_words(plan.bound)


def _failures(plan: RolloutPlan) -> str:
    budget = plan.budget
    rounded = f" ({budget.fleet}, rounded down)" if budget.fleet.is_percent else ""
    wave = f"; in one wave more than {budget.wave}" if budget.wave else ""
    kept = "strict" if budget.mode is Mode.STRICT else "soft"
    then = {
        "stop": "nothing more begins",
        "rollback-wave": "its wave goes back",
        "rollback-all": "all goes back",
    }[budget.on_exhausted]
    return f"ends at more than {plan.tolerated}{rounded}{wave}, {kept}; then {then}"


def _exposures(waves: Iterable[PlannedWave]) -> Iterator[str]:
    for wave in waves:
        if wave.routines:
            how = "made ready first, then " if wave.prepares else ""
            told = f"{how}{wave.exposed} at once exposed and unproven ({wave.why})"
            yield labelled(f"wave {wave.number}", told)


def _length(duration: Duration) -> str:
    return seconds_words(duration.seconds)
