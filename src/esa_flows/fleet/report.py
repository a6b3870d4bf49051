"""How a rollout ended, routine by routine and wave by wave: for people and programs."""

import enum
from collections import Counter
from collections.abc import Iterable
from typing import Self

from attrs import frozen

from esa_flows.model import RoutineId, Split, VersionId
from esa_flows.release.report import Outcome, Report

__all__ = ["Ended", "RolloutReport", "RoutineEnd", "RoutineReport", "WaveReport"]


class RoutineEnd(enum.StrEnum):
    """How one routine of a rollout fared."""

    RELEASED = "released"
    UNCHANGED = "unchanged"
    ROLLED_BACK = "rolled back"
    """It failed and went back by itself."""

    FAILED = "failed"
    """It failed before any visitor saw it."""

    CONFLICT = "conflict"
    STUCK = "stuck"
    TAKEN_BACK = "taken back"
    """It was released, or on its way, and went back with its wave or with all."""

    SKIPPED = "skipped"
    """What it depends on failed, so it was not begun."""

    REFUSED = "refused"
    """The plan said no already."""

    NOT_BEGUN = "not begun"
    """The rollout ended before its turn."""


FAILURES = frozenset(
    {RoutineEnd.ROLLED_BACK, RoutineEnd.FAILED, RoutineEnd.CONFLICT, RoutineEnd.STUCK}
)
"""What is charged to the failure budget."""

_ENDS = {
    Outcome.RELEASED: RoutineEnd.RELEASED,
    Outcome.UNCHANGED: RoutineEnd.UNCHANGED,
    Outcome.ROLLED_BACK: RoutineEnd.ROLLED_BACK,
    Outcome.CONFLICT: RoutineEnd.CONFLICT,
    Outcome.STUCK: RoutineEnd.STUCK,
    Outcome.ABORTED: RoutineEnd.TAKEN_BACK,
}


@frozen(kw_only=True)
class RoutineReport:
    """How one routine of a rollout fared.

    Attributes:
        routine: Which one.
        wave: The number of its wave, from 1; 0 where it is in none.
        end: How it fared.
        run: The run that brought it there; empty where none was begun.
        version: The version it was about; None where it did not get so far.
        before: What served production before.
        production: What served production when it was last seen.
        production_as_before: Whether that is what served before.
        seconds: How long it was worked on, bakes included.
        reason: Why, in a sentence; empty where all went well.
        next_move: What a person can do now; empty where nothing is left to do.
        notes: What else a person should know.
    """

    routine: RoutineId
    wave: int = 0
    end: RoutineEnd
    run: str = ""
    version: VersionId | None = None
    before: Split | None = None
    production: Split | None = None
    production_as_before: bool = True
    seconds: float = 0.0
    reason: str = ""
    next_move: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: Report, *, wave: int, seconds: float = 0.0) -> Self:
        """Make it from the report of the routine's own run.

        Args:
            report: How that run ended.
            wave: The number of its wave.
            seconds: How long it took.
        """
        before, now = report.before, report.production
        return cls(
            routine=report.id,
            wave=wave,
            end=_ENDS.get(report.outcome, RoutineEnd.FAILED),
            run=report.run,
            version=report.version,
            before=before.split if before else None,
            production=now.split if now else None,
            production_as_before=report.production_as_before,
            seconds=seconds,
            reason=report.reason,
            next_move=report.next_move,
            notes=report.notes,
        )

    @property
    def has_failed(self) -> bool:
        """Whether it is charged to the failure budget."""
        return self.end in FAILURES


@frozen(kw_only=True)
class WaveReport:
    """How a wave went.

    Attributes:
        number: Its number, from 1.
        name: What it is called; empty where it has no name.
        routines: How many it has.
        ends: How many of them fared how.
        median: Seconds half of its releases took at most; 0 where none was begun.
        slowest: Seconds 95 of 100 took at most.
        seconds: How long it took, bake and approval included.
        approved_by: Who let the rollout go on after it; empty where nobody was asked.
    """

    number: int
    name: str = ""
    routines: int
    ends: dict[RoutineEnd, int]
    median: float = 0.0
    slowest: float = 0.0
    seconds: float = 0.0
    approved_by: str = ""

    @classmethod
    def of(
        cls,
        number: int,
        reports: Iterable[RoutineReport],
        *,
        name: str = "",
        seconds: float = 0.0,
        approved_by: str = "",
    ) -> Self:
        """Make it from what its routines' reports say.

        Args:
            number: Its number.
            reports: Of all its routines.
            name: What it is called.
            seconds: How long it took.
            approved_by: Who let the rollout go on after it.
        """
        its = tuple(reports)
        times = sorted(report.seconds for report in its if report.run)
        return cls(
            number=number,
            name=name,
            routines=len(its),
            ends=dict(Counter(report.end for report in its)),
            median=_at(times, 50),
            slowest=_at(times, 95),
            seconds=seconds,
            approved_by=approved_by,
        )

    @property
    def is_begun(self) -> bool:
        """Whether any of its routines was begun."""
        idle = {RoutineEnd.NOT_BEGUN, RoutineEnd.SKIPPED}
        return any(end not in idle for end in self.ends)


class Ended(enum.StrEnum):
    """How a rollout ended."""

    DONE = "done"
    DONE_WITH_FAILURES = "done with failures"
    STOPPED = "stopped"
    """Its budget was passed, or a person said no; what is released stays."""

    ROLLED_BACK = "rolled back"
    """Everything in the scope of the way back serves what it served before."""

    PARTLY_ROLLED_BACK = "partly rolled back"
    """Some of it does not: a person is needed."""


@frozen(kw_only=True)
class RolloutReport:
    """How a rollout ended.

    Attributes:
        run: Its id; its routines' runs are called after it.
        name: What it is called.
        ended: How.
        was_aborted: Whether a person asked it to go back.
        routines: How each one fared, in the order of the waves.
        waves: How each wave went.
        tolerated: How many might have failed.
        reason: Why it did not go well; empty where it did.
        next_move: What a person can do now.
        notes: What else a person should know.
    """

    run: str
    name: str = ""
    ended: Ended
    was_aborted: bool = False
    routines: tuple[RoutineReport, ...]
    waves: tuple[WaveReport, ...] = ()
    tolerated: int = 0
    reason: str = ""
    next_move: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether every routine serves what it shall, as far as the plan meant."""
        return self.ended is Ended.DONE

    @property
    def failures(self) -> int:
        """How many failed, as the budget counts."""
        return sum(report.has_failed for report in self.routines)

    @property
    def ends(self) -> dict[RoutineEnd, int]:
        """How many fared how."""
        return dict(Counter(report.end for report in self.routines))

    @property
    def stuck(self) -> tuple[RoutineReport, ...]:
        """Those that serve neither what they should nor what they did."""
        return tuple(r for r in self.routines if r.end is RoutineEnd.STUCK)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {end}" for end, count in self.ends.items())
        told = f"Rollout {self.run}: {self.ended}. {counts}."
        return " ".join(p for p in (told, self.reason, self.next_move) if p)


def _at(times: list[float], percent: int) -> float:
    """Give the time that so many of a hundred took at most; 0 for none."""
    if not times:
        return 0.0

    return times[min(len(times) - 1, -(-percent * len(times) // 100) - 1)]
