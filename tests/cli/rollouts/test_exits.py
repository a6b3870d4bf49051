"""Exit codes of rollouts."""

from __future__ import annotations

import pytest

from esa_flows.cli.exits import Exit
from esa_flows.cli.rollouts.exits import rollout_exit, way_back_exit
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd, RoutineReport
from esa_flows.model import RoutineId


def _report(
    ended: Ended, end: RoutineEnd, *, was_aborted: bool = False
) -> RolloutReport:
    routine = RoutineReport(routine=RoutineId("shop"), end=end)
    return RolloutReport(
        run="7k2f7k2f7k2f", ended=ended, routines=(routine,), was_aborted=was_aborted
    )


@pytest.mark.parametrize(
    ("ended", "end", "code"),
    [
        (Ended.DONE, RoutineEnd.RELEASED, Exit.OK),
        (Ended.DONE_WITH_FAILURES, RoutineEnd.FAILED, Exit.OK),
        (Ended.DONE_WITH_FAILURES, RoutineEnd.STUCK, Exit.NOT_AS_BEFORE),
        (Ended.STOPPED, RoutineEnd.FAILED, Exit.FAILED),
        (Ended.ROLLED_BACK, RoutineEnd.TAKEN_BACK, Exit.FAILED),
        (Ended.PARTLY_ROLLED_BACK, RoutineEnd.CONFLICT, Exit.NOT_AS_BEFORE),
    ],
)
def test_how_a_rollout_ended_is_told(ended: Ended, end: RoutineEnd, code: Exit) -> None:
    """As for a single release: safe, or a person is needed."""
    assert code is rollout_exit(_report(ended, end))


def test_failures_within_the_budget_are_told_where_that_is_wanted() -> None:
    """By a code that nothing else has."""
    report = _report(Ended.DONE_WITH_FAILURES, RoutineEnd.FAILED)

    assert (16, 0) == (rollout_exit(report, is_strict=True), rollout_exit(report))


def test_an_aborted_rollout() -> None:
    """A person asked for it."""
    report = _report(Ended.ROLLED_BACK, RoutineEnd.TAKEN_BACK, was_aborted=True)

    assert Exit.ABORTED is rollout_exit(report)


@pytest.mark.parametrize(
    ("ended", "end", "code"),
    [
        (Ended.ROLLED_BACK, RoutineEnd.TAKEN_BACK, Exit.OK),
        (Ended.PARTLY_ROLLED_BACK, RoutineEnd.CONFLICT, Exit.CONFLICT),
        (Ended.PARTLY_ROLLED_BACK, RoutineEnd.STUCK, Exit.NOT_AS_BEFORE),
        (Ended.PARTLY_ROLLED_BACK, RoutineEnd.FAILED, Exit.FAILED),
    ],
)
def test_how_a_way_back_ended_is_told(
    ended: Ended, end: RoutineEnd, code: Exit
) -> None:
    """It was asked for: that all is back is a success."""
    assert code is way_back_exit(_report(ended, end, was_aborted=True))
