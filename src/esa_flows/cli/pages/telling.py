"""From the journal's view of a run to the story that reports tell: pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from esa_flows.api.cloud import Op
from esa_flows.cli.lines import narrated
from esa_flows.cli.pages.spans import Strip, strip
from esa_flows.cli.pages.story import (
    CaseEnd,
    GateSeen,
    Lane,
    Phase,
    RoutineLine,
    Span,
    Story,
    Verdict,
)
from esa_flows.cli.standing import (
    moves,
    outcome,
    question,
    realm_of,
    report_of,
    standing,
)
from esa_flows.cli.text import clean, one_line, seconds_words, served_words
from esa_flows.cli.words import step_words
from esa_flows.engine.codec import encode
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.retold import retold
from esa_flows.engine.view import RunView
from esa_flows.engine.work import Identity
from esa_flows.release.report import Outcome, Report
from esa_flows.steps.prune import Pruned

__all__ = ["LINES", "gates_of", "shares_of", "story_of", "verbs_of"]

LINES = 2_000
"""Lines that a report tells at most; the journal has all."""

_LANES = 40
_GOOD = frozenset(
    {Outcome.RELEASED, Outcome.UNCHANGED, Outcome.PRUNED, Outcome.RESTORED}
)


def story_of(view: RunView, *, cap: int = 100) -> Story:
    """Tell one run that has no runs of its own.

    Args:
        view: The run.
        cap: Calls allowed in any second.
    """
    told = retold(view.rows)
    began = view.run.started_at
    until = told[-1].at if told else began
    seen, report = strip(told, since=began, until=until), report_of(view)
    subject = one_line(view.run.subject)
    lines = tuple(filter(None, map(narrated, told)))
    seconds = (until - began).total_seconds()
    return Story(
        run=view.run.id,
        title=f"{one_line(view.run.flow)} {subject}".strip(),
        headline=_headline(view, report),
        verdict=_verdict(view, report),
        state=standing(view),
        began=began,
        seconds=seconds,
        reason=clean(report.reason) if report else _reason(view),
        next_move=_next(view, report),
        back=_back(view, report, seen),
        facts=_facts(view, report),
        lanes=_lanes(seen),
        calls=seen.calls,
        verbs=verbs_of(seen.verbs),
        cap=cap,
        readings=gates_of(told, since=began, routine=subject),
        routines=_routines(view, report, seen, seconds),
        notes=tuple(map(clean, report.notes)) if report else (),
        lines=lines[:LINES],
        left_out=max(0, len(lines) - LINES),
    )


# --- how it ended -------------------------------------------------------------------


def _headline(view: RunView, report: Report | None) -> str:
    if report is not None:
        serves = served_words(report.production)
        return f"{report.outcome.capitalize()}. Production serves {serves}."

    asked = question(view)
    return f"Waits for a person: {asked}" if asked else standing(view).capitalize()


def _verdict(view: RunView, report: Report | None) -> Verdict:
    if not view.history.is_ended:
        return Verdict.OPEN

    if report is None:
        failed = "error" in (view.history.ended or {})
        return Verdict.BAD if failed else Verdict.GOOD

    if report.outcome in _GOOD and report.is_good:
        return Verdict.GOOD

    return Verdict.WARN if report.production_as_before else Verdict.BAD


def _reason(view: RunView) -> str:
    return "" if question(view) else clean(outcome(view))


def _next(view: RunView, report: Report | None) -> str:
    if report is not None:
        return clean(report.next_move)

    return "" if view.history.is_ended else " or ".join(moves(view))


def _back(view: RunView, report: Report | None, seen: Strip) -> str:
    """Say whether one can go back, how, and how long that takes."""
    if not view.history.is_ended:
        run, flag = view.run.id, realm_of(view).flag
        return f"To go back to what served before: esa-flows abort {run}{flag}"

    if report is None:
        return ""

    if report.outcome is Outcome.RELEASED and report.is_good:
        return _way_back(report, seen)

    if report.production_as_before:
        return "Nothing to roll back: production serves what it served before."

    return "Not as before: a person is needed."


def _way_back(report: Report, seen: Strip) -> str:
    if report.before is None:
        return "Safe to roll back: no, nothing served production before."

    command = f"esa-flows rollback {report.routine}{report.realm.flag}"
    shares = [span for span in seen.spans if span.phase is Phase.SHARE][-2:]
    looks = [span for span in seen.spans if span.phase is Phase.LOOK][:1]
    took = sum(span.end - span.begin for span in (*shares, *looks))
    return f"Safe to roll back: yes, {command} (about {seconds_words(took)})"


def _facts(view: RunView, report: Report | None) -> tuple[tuple[str, str], ...]:
    facts = [("cloud", realm_of(view).cloud.label)]
    if report is not None:
        version = str(report.version or "none was made")
        facts += [
            ("version", version),
            ("before", served_words(report.before)),
            ("production", served_words(report.production)),
            ("staging", served_words(report.staging)),
        ]
        facts += [("deleted", _pruned(gone)) for gone in report.pruned]

    return tuple(facts)


def _pruned(gone: Pruned) -> str:
    kept = f"its code kept as {gone.backup.short}" if gone.backup else "not kept"
    return f"version {gone.version}, {kept}"


# --- what it did --------------------------------------------------------------------


def _lanes(seen: Strip) -> tuple[Lane, ...]:
    """Give each step a lane of its own; where they are many, each phase."""
    labels = list(dict.fromkeys(span.label for span in seen.spans))
    if len(labels) <= _LANES:
        named = [
            (label, [s for s in seen.spans if s.label == label]) for label in labels
        ]
    else:
        phases = dict.fromkeys(span.phase for span in seen.spans)
        named = [(p.value, [s for s in seen.spans if s.phase is p]) for p in phases]

    return tuple(
        Lane(label=label, note=_took(spans), rows=(tuple(spans),))
        for label, spans in named
    )


def _took(spans: Iterable[Span]) -> str:
    return took_words(sum(span.end - span.begin for span in spans))


def took_words(seconds: float) -> str:
    """Say a length of time as `seconds_words` does, in milliseconds where it is short.

    Args:
        seconds: How long.
    """
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else seconds_words(seconds)


def _routines(
    view: RunView, report: Report | None, seen: Strip, seconds: float
) -> tuple[RoutineLine, ...]:
    if report is None:
        return ()

    before, now = served_words(report.before), served_words(report.production)
    verdict = _verdict(view, report)
    line = RoutineLine(
        name=one_line(report.routine),
        outcome=report.outcome.value,
        verdict=verdict,
        case=CaseEnd.PASSED if verdict is Verdict.GOOD else CaseEnd.FAILED,
        change=now if before == now else f"{before} → {now}",
        steps=shares_of(retold(view.rows)),
        calls=seen.calls.total(),
        seconds=seconds,
        note=one_line(report.reason or " ".join(report.notes)),
        run=view.run.id,
    )
    return (line,)


def shares_of(told: Iterable[Happening]) -> str:
    """Give the shares of production that a run went through, in words.

    Args:
        told: What it told.
    """
    shares = []
    for happening in told:
        identity = Identity.read(happening.step)
        if happening.moment is not Moment.STEP_DONE or identity is None:
            continue

        place, _, share = identity.key.partition(":")
        if (identity.name, place) == ("deploy", "production") and share[:4] != "back":
            shares.append(f"{share} %" if share.isdigit() else share)

    return " · ".join(shares)


def gates_of(
    told: Iterable[Happening], *, since: dt.datetime, routine: str
) -> tuple[GateSeen, ...]:
    """Give what gates said.

    Args:
        told: What a run told.
        since: What seconds are counted from.
        routine: What the run is about.
    """
    readings = []
    for happening in told:
        value = encode(happening.facts.get("value"))
        if isinstance(value, Mapping) and {"verdict", "reason", "facts"} <= set(value):
            at = (happening.at - since).total_seconds()
            readings.append(_reading(value, happening.step, at, routine))

    return tuple(readings)


def _reading(value: Mapping[str, Any], step: str, at: float, routine: str) -> GateSeen:
    facts = value["facts"]
    return GateSeen(
        at=at,
        gate=_gate(step),
        routine=routine,
        verdict=str(value["verdict"]),
        reason=one_line(value["reason"]),
        value=_number(facts.get("value")),
        limit=_number(facts.get("threshold")),
    )


def _gate(step: str) -> str:
    """Give the name of the gate that a step read."""
    identity = Identity.read(step)
    if identity is not None and identity.name == "read_gate":
        return identity.key.split(":")[-2]

    return step_words(step)


def _number(fact: object) -> float | None:
    is_number = isinstance(fact, int | float) and not isinstance(fact, bool)
    return float(fact) if is_number else None  # type: ignore[arg-type]


def verbs_of(calls: Mapping[str, int]) -> dict[str, int]:
    """Give calls by the words that plans use, most first.

    Args:
        calls: By the verbs' names.
    """
    named = {
        str(Op[name].value[0]) if name in Op.__members__ else name.lower(): count
        for name, count in calls.items()
    }
    return dict(sorted(named.items(), key=lambda pair: (-pair[1], pair[0])))
