"""How a rollout ended, as values."""

from __future__ import annotations

import pytest

from esa_flows.fleet.report import (
    Ended,
    RolloutReport,
    RoutineEnd,
    RoutineReport,
    WaveReport,
)
from esa_flows.model import Deployment, RoutineId, RoutineName, Split, VersionId
from esa_flows.release.report import Outcome, Report

OLD, NEW = VersionId("1"), VersionId("2")


def _routine(name: str, end: RoutineEnd, seconds: float = 0.0) -> RoutineReport:
    run = "r.1" if seconds else ""
    return RoutineReport(
        routine=RoutineId(name), end=end, seconds=seconds, run=run, wave=1
    )


@pytest.mark.parametrize(
    ("outcome", "end", "is_failure"),
    [
        (Outcome.RELEASED, RoutineEnd.RELEASED, False),
        (Outcome.UNCHANGED, RoutineEnd.UNCHANGED, False),
        (Outcome.ROLLED_BACK, RoutineEnd.ROLLED_BACK, True),
        (Outcome.FAILED, RoutineEnd.FAILED, True),
        (Outcome.CONFLICT, RoutineEnd.CONFLICT, True),
        (Outcome.STUCK, RoutineEnd.STUCK, True),
        (Outcome.ABORTED, RoutineEnd.TAKEN_BACK, False),
    ],
)
def test_a_routine_s_own_report_says_how_it_fared(
    outcome: Outcome, end: RoutineEnd, *, is_failure: bool
) -> None:
    """What a release ended with is what its rollout reports."""
    report = Report(
        run="r.1",
        routine=RoutineName("shop"),
        account="eu",
        outcome=outcome,
        before=Deployment(split=Split.whole(OLD)),
        production=Deployment(split=Split.whole(NEW)),
    )
    told = RoutineReport.of(report, wave=2, seconds=1.5)

    assert "eu/shop" == told.routine
    assert (end, 2, 1.5) == (told.end, told.wave, told.seconds)
    assert (Split.whole(OLD), Split.whole(NEW)) == (told.before, told.production)
    assert is_failure is told.has_failed


def test_a_routine_that_served_nothing_has_no_split() -> None:
    """A first release comes from nothing."""
    report = Report(run="r.1", routine=RoutineName("shop"), outcome=Outcome.FAILED)
    told = RoutineReport.of(report, wave=1)

    assert (None, None) == (told.before, told.production)


def test_a_wave_tells_counts_and_times() -> None:
    """Half, and 95 of 100, took at most so long; who was not begun took nothing."""
    its = [_routine(f"r{n}", RoutineEnd.RELEASED, n) for n in range(1, 21)]
    idle = _routine("idle", RoutineEnd.NOT_BEGUN)
    wave = WaveReport.of(1, [*its, idle], name="one", seconds=30.0)

    assert {RoutineEnd.RELEASED: 20, RoutineEnd.NOT_BEGUN: 1} == wave.ends
    assert (10, 19, 21) == (wave.median, wave.slowest, wave.routines)
    assert wave.is_begun


def test_a_wave_that_was_not_begun() -> None:
    """It has no times, and says so."""
    wave = WaveReport.of(2, [_routine("idle", RoutineEnd.NOT_BEGUN)])

    assert (0.0, 0.0, False) == (wave.median, wave.slowest, wave.is_begun)


def test_a_rollout_tells_itself_in_a_line() -> None:
    """For logs: what it is, how it ended, how many fared how, what to do."""
    report = RolloutReport(
        run="abcd",
        ended=Ended.PARTLY_ROLLED_BACK,
        routines=(
            _routine("cart", RoutineEnd.STUCK),
            _routine("shop", RoutineEnd.RELEASED),
        ),
        reason="It did not go well.",
    )

    assert (
        "Rollout abcd: partly rolled back. 1 stuck, 1 released. It did not go well."
    ) == str(report)
    assert (1, ("cart",)) == (
        report.failures,
        tuple(each.routine for each in report.stuck),
    )
    assert not report.is_good
