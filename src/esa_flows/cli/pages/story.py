"""What a report tells of a run, whatever it is written as: values alone."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from attrs import field, frozen

__all__ = [
    "CaseEnd",
    "GateSeen",
    "Lane",
    "Phase",
    "RoutineLine",
    "Span",
    "Story",
    "Verdict",
    "WaveLine",
]


class Verdict(enum.Enum):
    """How it went, at a glance."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    OPEN = "open"
    """It has not ended."""


class Phase(enum.Enum):
    """What a stretch of time was spent on."""

    LOOK = "look"
    ROOM = "make room"
    UPLOAD = "upload and verify"
    STAGING = "staging"
    GATE = "gate"
    SHARE = "production"
    BAKE = "bake"
    PERSON = "a person"
    BACK = "way back"
    WINDOW = "freeze window"
    PAUSE = "paused"
    OTHER = "other"


class CaseEnd(enum.Enum):
    """How a case ended, as test reports know it."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen(kw_only=True)
class Span:
    """A stretch of time.

    Attributes:
        phase: What it was spent on.
        begin: Seconds since the run began.
        end: Seconds since the run began.
        label: What was done, in words.
        has_failed: Whether it failed.
    """

    phase: Phase
    begin: float
    end: float
    label: str
    has_failed: bool = False


@frozen(kw_only=True)
class Lane:
    """A row of the timeline, or several thin ones under one name.

    Attributes:
        label: What it is about.
        note: A few words more.
        rows: The spans of each thin row.
    """

    label: str
    note: str = ""
    rows: tuple[tuple[Span, ...], ...]


@frozen(kw_only=True)
class GateSeen:
    """One answer of a gate.

    Attributes:
        at: Seconds since the run began.
        gate: Which gate.
        routine: About which routine.
        verdict: `pass`, `inconclusive`, `error` or `fail`.
        reason: Why.
        value: What was measured; None where it is no number.
        limit: What it is held against; None where that is no number.
    """

    at: float
    gate: str
    routine: str
    verdict: str
    reason: str
    value: float | None = None
    limit: float | None = None


@frozen(kw_only=True)
class RoutineLine:
    """How one routine fared.

    Attributes:
        name: Which one.
        wave: The number of its wave; 0 where there are none.
        outcome: How it fared, in a word or two.
        verdict: The same, at a glance.
        case: The same, as test reports know it.
        change: What served production before, and what serves it now.
        steps: Shares it went through.
        calls: Calls under the cap that it took.
        seconds: How long it took; None where it was not begun.
        note: Why, or what else there is to say.
        run: Its run.
    """

    name: str
    wave: int = 0
    outcome: str
    verdict: Verdict
    case: CaseEnd = CaseEnd.PASSED
    change: str = ""
    steps: str = ""
    calls: int = 0
    seconds: float | None = None
    note: str = ""
    run: str = ""


@frozen(kw_only=True)
class WaveLine:
    """How a wave went.

    Attributes:
        label: What it is called.
        routines: How many it has.
        ends: How many fared how, in words.
        half: Seconds half of its routines took at most.
        most: Seconds 95 of 100 took at most.
        calls: Calls under the cap that it took.
        seconds: How long it took in all.
        note: Who agreed, and what else there is.
    """

    label: str
    routines: int
    ends: str
    half: float
    most: float
    calls: int
    seconds: float
    note: str = ""


@frozen(kw_only=True)
class Story:
    """What a report tells.

    Attributes:
        run: The run's id.
        title: What was done to what.
        headline: How it ended, in a sentence.
        verdict: The same, at a glance.
        state: Where the run stands.
        began: Wall time, UTC.
        seconds: From its begin to its last record.
        reason: Why it did not go well; empty where it did.
        next_move: What can be done now.
        back: Whether one can go back, how, and how long that takes.
        facts: What else is known, with what it is called.
        lanes: The timeline.
        calls: Calls under the cap in each second that had any, by seconds since the
            begin.
        verbs: All calls, by verb, uploads too.
        cap: Calls allowed in any second.
        readings: What gates said.
        routines: How each routine fared.
        waves: How each wave went.
        notes: What else a person should know.
        lines: What happened, line by line.
        left_out: Lines that were left out.
    """

    run: str
    title: str
    headline: str
    verdict: Verdict
    state: str
    began: dt.datetime
    seconds: float
    reason: str = ""
    next_move: str = ""
    back: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    lanes: tuple[Lane, ...] = ()
    calls: Mapping[int, int] = field(factory=dict, hash=False)
    verbs: Mapping[str, int] = field(factory=dict, hash=False)
    cap: int = 100
    readings: tuple[GateSeen, ...] = ()
    routines: tuple[RoutineLine, ...] = ()
    waves: tuple[WaveLine, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def peak(self) -> int:
        """Most calls in one second, as recorded steps tell."""
        return max(self.calls.values(), default=0)

    @property
    def total(self) -> int:
        """All calls that count under the cap."""
        return sum(self.calls.values())

    @property
    def uploads(self) -> int:
        """All calls that do not."""
        return sum(self.verbs.values()) - self.total
