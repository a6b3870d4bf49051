"""The exit code for how a rollout ended; pure."""

from __future__ import annotations

from esa_flows.cli.exits import Exit
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd

__all__ = ["rollout_exit", "way_back_exit"]


def rollout_exit(report: RolloutReport, *, is_strict: bool = False) -> Exit:
    """Give the exit code for how a rollout ended.

    Args:
        report: How.
        is_strict: Whether failures within the budget are told by a code of their own.
    """
    if report.ended is Ended.PARTLY_ROLLED_BACK or report.stuck:
        return Exit.NOT_AS_BEFORE

    if report.was_aborted:
        return Exit.ABORTED

    if report.ended is Ended.DONE_WITH_FAILURES:
        return Exit.WITH_FAILURES if is_strict else Exit.OK

    return Exit.OK if report.is_good else Exit.FAILED


def way_back_exit(report: RolloutReport) -> Exit:
    """Give the exit code for how a way back ended that was asked for.

    Args:
        report: How.
    """
    if report.ended is Ended.ROLLED_BACK:
        return Exit.OK

    if report.stuck:
        return Exit.NOT_AS_BEFORE

    return Exit.CONFLICT if report.ends.get(RoutineEnd.CONFLICT) else Exit.FAILED
