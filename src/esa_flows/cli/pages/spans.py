"""Where the time of one run went, and which calls it made when: pure.

Folded from what the run told, live or again from its rows. Steps are told when they
end, with how long they took; what is under way goes to the end of what is known.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from attrs import define, evolve, field

from esa_flows.api.cloud import Op
from esa_flows.cli.pages.story import Phase, Span
from esa_flows.cli.results import answer_words
from esa_flows.cli.words import step_words
from esa_flows.engine.codec import encode
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.work import Identity
from esa_flows.gates.verdict import Verdict
from esa_flows.model.freeze import FROZEN, awaits_end

__all__ = ["Strip", "merged", "phase_of", "strip"]

_BY_NAME: Mapping[str, Phase] = MappingProxyType(
    {
        "approve": Phase.PERSON,
        "ask_staging": Phase.GATE,
        "commit": Phase.UPLOAD,
        "create_routine": Phase.LOOK,
        "look": Phase.LOOK,
        "observe": Phase.LOOK,
        "post_package": Phase.UPLOAD,
        "post_to_oss": Phase.UPLOAD,
        "prune": Phase.ROOM,
        "read_quota": Phase.ROOM,
        "read_variables": Phase.LOOK,
        "request_assets_slot": Phase.UPLOAD,
        "request_slot": Phase.UPLOAD,
        "save_code": Phase.ROOM,
        "sleep": Phase.BAKE,
        "still_serves": Phase.STAGING,
        "sweep": Phase.UPLOAD,
        "take_over": Phase.LOOK,
        "verify": Phase.UPLOAD,
        "verify_package": Phase.UPLOAD,
    }
)
_WHERE = {"staging": Phase.STAGING, "production": Phase.SHARE}
_POST = Op.POST.name


@define
class Strip:
    """One run's time.

    Attributes:
        spans: Where it went, by their begin.
        calls: Calls that count under the cap in each second since the begin.
        verbs: All calls, by verb.
    """

    spans: tuple[Span, ...] = ()
    calls: Counter[int] = field(factory=Counter)
    verbs: Counter[str] = field(factory=Counter)


def phase_of(step: str) -> Phase:
    """Tell what a step is a part of.

    Args:
        step: Its identity.
    """
    if awaits_end(step):
        return Phase.WINDOW

    identity = Identity.read(step) or Identity((), step)
    words = identity.key.split(":")
    if "back" in words or "unwind" in words:
        return Phase.BACK

    if "gate" in identity.name:
        return Phase.GATE

    if identity.name in {"deploy", "read_back"}:
        return _WHERE.get(words[0], Phase.OTHER)

    return _BY_NAME.get(identity.name, Phase.OTHER)


def strip(
    told: Iterable[Happening], *, since: dt.datetime, until: dt.datetime
) -> Strip:
    """Fold what a run told.

    Args:
        told: In order.
        since: What seconds are counted from.
        until: Where what is still under way is cut.
    """
    folding = _Folding(since)
    for happening in told:
        folding.take(happening)

    return folding.end(until)


def merged(spans: Iterable[Span], *, gap: float) -> tuple[Span, ...]:
    """Give spans with neighbours of one phase made one, for rows that are thin.

    Args:
        spans: By their begin.
        gap: Seconds between two that do not count.
    """
    made: list[Span] = []
    for span in spans:
        last = made[-1] if made else None
        if (
            last is not None
            and (last.phase, last.has_failed) == (span.phase, span.has_failed)
            and span.begin - last.end <= gap
        ):
            made[-1] = evolve(last, end=max(last.end, span.end), label=span.phase.value)
            continue

        made.append(span)

    return tuple(made)


@define
class _Folding:
    """What is known so far."""

    since: dt.datetime
    spans: list[Span] = field(factory=list)
    open: dict[str, float] = field(factory=dict)
    strip: Strip = field(factory=Strip)

    def take(self, happening: Happening) -> None:
        at, step = self._seconds(happening.at), happening.step
        if happening.moment in _OPENING:
            self.open.setdefault(step, at)
        elif happening.moment in _CLOSING:
            self._close(happening, at)
        elif happening.moment is Moment.RUN_STOPPED:
            self._stop(at)
        elif happening.moment is Moment.RUN_RESUMED and _PAUSE in self.open:
            self._add(Phase.PAUSE, self.open.pop(_PAUSE), at, "paused")

    def end(self, until: dt.datetime) -> Strip:
        """Cut what is open, and give all."""
        now = self._seconds(until)
        for step, begin in self.open.items():
            paused = step == _PAUSE
            phase = Phase.PAUSE if paused else phase_of(step)
            self._add(phase, begin, now, "paused" if paused else step_words(step))

        self.strip.spans = tuple(sorted(self.spans, key=lambda span: span.begin))
        return self.strip

    def _close(self, happening: Happening, at: float) -> None:
        # That a window is over is told by the limit of the question about it.
        step = happening.step.replace(f"timeout[{FROZEN}:", f"approve[{FROZEN}:")
        facts = happening.facts
        took = at - float(facts.get("seconds", 0.0))
        begin = self.open.pop(step, took) if phase_of(step) in _WAITS else took
        self.open.pop(step, None)
        has_failed = _has_failed(happening)
        begin = max(0.0, min(begin, at))
        self._add(phase_of(step), begin, at, step_words(step), has_failed=has_failed)
        self._count(facts.get("sent", {}), at)

    def _count(self, sent: Mapping[str, Sequence[float]], end: float) -> None:
        """Count a step's calls where they were sent."""
        for verb, times in sent.items():
            self.strip.verbs[verb] += len(times)
            if verb != _POST:
                self.strip.calls.update(int(max(0.0, end - ago)) for ago in times)

    def _stop(self, at: float) -> None:
        for step, begin in self.open.items():
            if step != _PAUSE:
                self._add(phase_of(step), begin, at, step_words(step))

        self.open = {_PAUSE: self.open.get(_PAUSE, at)}

    def _add(
        self,
        phase: Phase,
        begin: float,
        end: float,
        label: str,
        *,
        has_failed: bool = False,
    ) -> None:
        name = _NUMBER.sub("", label) if phase in {Phase.GATE, Phase.BAKE} else label
        self.spans.append(
            Span(phase=phase, begin=begin, end=end, label=name, has_failed=has_failed)
        )

    def _seconds(self, at: dt.datetime) -> float:
        return (at - self.since).total_seconds()


def _has_failed(happening: Happening) -> bool:
    """Tell whether a step failed, or a gate said that something had."""
    facts = happening.facts
    if happening.moment is Moment.STEP_FAILED:
        if awaits_end(happening.step):
            return False

        return not answer_words(happening.step, str(facts.get("why", "")))

    value = encode(facts.get("value"))
    return isinstance(value, Mapping) and value.get("verdict") in _BAD


_BAD = frozenset({Verdict.FAIL.value, Verdict.ERROR.value})
_NUMBER = re.compile(r" \(\d+\)$")
"""What tells the readings of a gate apart."""

_PAUSE = ""
_WAITS = frozenset({Phase.BAKE, Phase.PERSON, Phase.WINDOW})
"""What lasts from its first row on, over restarts."""

_OPENING = frozenset({Moment.SLEEPING, Moment.ASKING, Moment.STEP_STARTED})
_CLOSING = frozenset({Moment.STEP_DONE, Moment.STEP_FAILED})
