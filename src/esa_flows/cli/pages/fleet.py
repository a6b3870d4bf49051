"""From the journal's view of a rollout to the story that reports tell: pure.

The runs of its routines are taken in one at a time, so that a large fleet needs no more
than what is told of it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from attrs import define, field

from esa_flows.cli.pages.spans import Strip, merged, strip
from esa_flows.cli.pages.story import (
    CaseEnd,
    GateSeen,
    Lane,
    RoutineLine,
    Span,
    Story,
    Verdict,
    WaveLine,
)
from esa_flows.cli.pages.telling import (
    LINES,
    gates_of,
    shares_of,
    took_words,
    verbs_of,
)
from esa_flows.cli.rollouts.kinds import outline_of
from esa_flows.cli.rollouts.lines import FleetLines, in_order
from esa_flows.cli.rollouts.outline import Outline, OutlinedWave, routine_of
from esa_flows.cli.rollouts.progress import FleetProgress
from esa_flows.cli.rollouts.summary import change_words, ends_words, safety
from esa_flows.cli.standing import question, rollout_report_of, standing
from esa_flows.cli.text import clean, counted, one_line
from esa_flows.engine.journal import NewRun, Row
from esa_flows.engine.observe import Happening
from esa_flows.engine.retold import retold
from esa_flows.engine.view import RunView
from esa_flows.fleet.report import (
    Ended,
    RolloutReport,
    RoutineEnd,
    RoutineReport,
    WaveReport,
)

__all__ = ["FleetTelling"]

_ROWS = 120
"""Routines of a wave that are drawn: of more, those in trouble and some others."""

_TOLD = 40_000
"""Happenings that are kept for the lines at most."""

_BAD = frozenset({RoutineEnd.STUCK, RoutineEnd.CONFLICT})
_QUIET = frozenset({RoutineEnd.RELEASED, RoutineEnd.UNCHANGED})
_BACK = frozenset({RoutineEnd.TAKEN_BACK, RoutineEnd.UNCHANGED})
_SKIPPED = frozenset({RoutineEnd.SKIPPED, RoutineEnd.NOT_BEGUN, RoutineEnd.REFUSED})


@define
class FleetTelling:
    """Makes the story of a rollout, or of a way back.

    Args:
        view: Its run.
        cap: Calls allowed in any second.
    """

    _view: RunView
    _cap: int = 100
    _outline: Outline = field(init=False)
    _strips: dict[str, list[Strip]] = field(factory=dict)
    _runs: dict[str, str] = field(factory=dict)
    _shares: dict[str, str] = field(factory=dict)
    _readings: list[GateSeen] = field(factory=list)
    _told: list[Happening] = field(factory=list)
    _until: dt.datetime = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._outline = outline_of(self._view, cap=self._cap)
        self._told += retold(self._view.rows)
        self._until = self._told[-1].at

    def take(self, run: NewRun, rows: Sequence[Row]) -> None:
        """Take in a run of one of its routines.

        Args:
            run: The run.
            rows: Its rows.
        """
        told = retold(rows)
        if not told:
            return

        self._until = max(self._until, told[-1].at)
        name, since = routine_of(run.subject), self._view.run.started_at
        made = strip(told, since=since, until=told[-1].at)
        self._strips.setdefault(name, []).append(made)
        self._runs[name] = run.id
        self._shares[name] = self._shares.get(name, "") or shares_of(told)
        self._readings += gates_of(told, since=since, routine=name)
        if len(self._told) < _TOLD:
            self._told += told

    def story(self) -> Story:
        """Give the story of all that was taken in."""
        view, report = self._view, rollout_report_of(self._view)
        since = view.run.started_at
        own = strip(retold(view.rows), since=since, until=self._until)
        strips = [own, *(s for its in self._strips.values() for s in its)]
        seconds = (self._until - since).total_seconds()
        lines, verdict = tuple(self._lines()), self._verdict(report)
        return Story(
            run=view.run.id,
            title=self._outline.title,
            headline=self._headline(report),
            verdict=verdict,
            state=standing(view),
            began=since,
            seconds=seconds,
            reason=clean(report.reason) if report else "",
            next_move=clean(report.next_move)
            if report and verdict is not Verdict.GOOD
            else "",
            back=self._back(report),
            facts=self._facts(report, sum(s.calls.total() for s in strips), seconds),
            lanes=tuple(self._lanes(own, report, seconds)),
            calls=sum((s.calls for s in strips), Counter()),
            verbs=verbs_of(sum((s.verbs for s in strips), Counter())),
            cap=self._outline.cap,
            readings=tuple(sorted(self._readings, key=lambda reading: reading.at)),
            routines=tuple(self._routine(each) for each in self._reports(report)),
            waves=tuple(map(self._wave, report.waves)) if report else (),
            notes=tuple(map(clean, report.notes)) if report else (),
            lines=lines[:LINES],
            left_out=max(0, len(lines) - LINES),
        )

    def __repr__(self) -> str:
        return f"<FleetTelling of {self._view.run.id} [{len(self._strips)} routines]>"

    # --- how it went

    @property
    def _meant(self) -> frozenset[RoutineEnd]:
        """How routines fare where all goes well."""
        return _BACK if self._outline.is_back else _QUIET

    def _verdict(self, report: RolloutReport | None) -> Verdict:
        if report is None:
            return Verdict.BAD if self._view.history.is_ended else Verdict.OPEN

        is_back = self._outline.is_back and report.ended is Ended.ROLLED_BACK
        if report.is_good or is_back:
            return Verdict.GOOD

        needs_person = report.ended is Ended.PARTLY_ROLLED_BACK or bool(report.stuck)
        return Verdict.BAD if needs_person else Verdict.WARN

    def _headline(self, report: RolloutReport | None) -> str:
        if report is None:
            asked = question(self._view)
            state = standing(self._view).capitalize()
            return f"Waits for a person: {asked}" if asked else state

        ends = ", ".join(f"{count} {end}" for end, count in report.ends.items())
        return f"{report.ended.value.capitalize()}: {ends}."

    def _back(self, report: RolloutReport | None) -> str:
        if report is None:
            where, verb = (
                ("on", "resume") if self._outline.is_back else ("back", "abort")
            )
            return f"To go {where}: esa-flows {verb} {self._view.run.id}"

        return f"Safe to roll back: {safety(report)}"

    def _facts(
        self, report: RolloutReport | None, calls: int, seconds: float
    ) -> tuple[tuple[str, str], ...]:
        outline = self._outline
        if outline.is_back:
            told = f"{calls:,} under the cap; {outline.calls:,} planned"
            return ("routines", str(outline.size)), ("calls", told)

        facts = [
            ("routines", f"{outline.size} in {counted(len(outline.waves), 'wave')}"),
            ("may fail", str(outline.tolerated)),
        ]
        if report is not None:
            facts.append(("failed", str(report.failures)))

        if outline.seconds:
            least, took = took_words(outline.seconds), took_words(seconds)
            facts += [
                ("calls", f"{calls:,} under the cap; {outline.calls:,} planned"),
                ("time", f"{took}; at least {least} planned, bound by {outline.bound}"),
            ]

        return tuple(facts)

    # --- the timeline

    def _lanes(
        self, own: Strip, report: RolloutReport | None, seconds: float
    ) -> Iterator[Lane]:
        ends = report.routines if report else ()
        bad = {str(each.routine) for each in ends if each.has_failed}
        for wave in self._outline.waves:
            rows = [
                merged(self._spans(name), gap=seconds / 400)
                for name in _drawn(wave, bad)
                if name in self._strips
            ]
            if rows:
                yield Lane(label=wave.label, note=_note(wave, rows), rows=tuple(rows))

        if own.spans:
            yield Lane(label="between waves", rows=(own.spans,))

    def _spans(self, name: str) -> list[Span]:
        spans = (span for made in self._strips[name] for span in made.spans)
        return sorted(spans, key=lambda span: span.begin)

    # --- the tables

    def _reports(self, report: RolloutReport | None) -> Sequence[RoutineReport]:
        return report.routines if report else ()

    def _routine(self, each: RoutineReport) -> RoutineLine:
        name = str(each.routine)
        return RoutineLine(
            name=name,
            wave=each.wave,
            outcome=each.end.value,
            verdict=_routine_verdict(each, self._meant),
            case=_case(each, self._meant),
            change=change_words(each),
            steps=self._shares.get(name, ""),
            calls=self._calls((name,)),
            seconds=each.seconds if each.run else None,
            note=one_line(each.reason or " ".join(each.notes)),
            run=self._runs.get(name, each.run),
        )

    def _wave(self, wave: WaveReport) -> WaveLine:
        number = wave.number
        planned = next((w for w in self._outline.waves if w.number == number), None)
        return WaveLine(
            label=planned.label if planned else f"wave {number}",
            routines=wave.routines,
            ends=ends_words(wave),
            half=wave.median,
            most=wave.slowest,
            calls=self._calls(planned.routines if planned else ()),
            seconds=wave.seconds,
            note=f"approved by {wave.approved_by}" if wave.approved_by else "",
        )

    def _calls(self, names: Iterable[str]) -> int:
        strips = (made for name in names for made in self._strips.get(name, ()))
        return sum(made.calls.total() for made in strips)

    def _lines(self) -> Iterator[str]:
        progress = FleetProgress(outline=self._outline)
        lines = FleetLines(progress)
        for happening in in_order(self._told, self._view.run.id):
            now = happening.at.timestamp()
            yield from lines.lines(happening, progress.take(happening, now))


def _routine_verdict(each: RoutineReport, meant: Collection[RoutineEnd]) -> Verdict:
    if each.end in meant:
        return Verdict.GOOD

    return Verdict.BAD if each.end in _BAD else Verdict.WARN


def _case(each: RoutineReport, meant: Collection[RoutineEnd]) -> CaseEnd:
    if each.end in meant:
        return CaseEnd.PASSED

    return CaseEnd.SKIPPED if each.end in _SKIPPED else CaseEnd.FAILED


def _drawn(wave: OutlinedWave, bad: set[str]) -> Sequence[str]:
    """Give the routines of a wave that are drawn: those in trouble in any case."""
    names = wave.routines
    if len(names) <= _ROWS:
        return names

    every = -(-len(names) // _ROWS)
    return [n for place, n in enumerate(names) if n in bad or place % every == 0]


def _note(wave: OutlinedWave, rows: Sequence[Sequence[Span]]) -> str:
    begin = min(span.begin for row in rows for span in row)
    end = max(span.end for row in rows for span in row)
    size, drawn = len(wave.routines), len(rows)
    shown = f"{drawn} of {size}" if drawn < size else str(size)
    return f"{shown} · {took_words(end - begin)}"
