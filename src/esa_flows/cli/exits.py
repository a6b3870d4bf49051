"""Exit codes: what a script or a CI job can rely on; pure.

====  ==================================================================
   0  done, or nothing to do
   1  a bug, or a program of one's own that breaks a rule
   2  what was given cannot be used; nothing was sent
   3  `plan --detailed-exitcode`: something would be changed
  10  failed; production serves what it served before
  11  failed; production does not, or may not: a person is needed
  12  aborted by a person; production serves what it served before
  13  paused; `esa-flows resume RUN` goes on
  14  somebody else changed what was about to be changed
  15  another run, or another process, is at it; or a freeze window is in force
  16  a rollout is through, and no more failed than may
  17  timed out
 130  interrupted by Ctrl-C; 143 by SIGTERM; the journal is intact
====  ==================================================================
"""

from __future__ import annotations

import enum

from esa_flows.errors import (
    Aborted,
    AlreadyRunning,
    Conflict,
    DeadlineExceeded,
    EsaFlowsError,
    Frozen,
    InvalidInput,
    JournalCorrupt,
    JournalError,
    JournalTooNew,
    LeaseLost,
    Misuse,
    Paused,
    ReleaseFailed,
    RunInProgress,
    StepChanged,
    UnknownRun,
)
from esa_flows.release.report import Outcome, Report

__all__ = ["Exit", "exit_code"]


class Exit(enum.IntEnum):
    """What the process tells its caller."""

    OK = 0
    BUG = 1
    UNUSABLE = 2
    CHANGES = 3
    FAILED = 10
    NOT_AS_BEFORE = 11
    ABORTED = 12
    PAUSED = 13
    CONFLICT = 14
    BUSY = 15
    WITH_FAILURES = 16
    TIMED_OUT = 17
    INTERRUPTED = 130
    TERMINATED = 143


_BY_ERROR: tuple[tuple[tuple[type[BaseException], ...], Exit], ...] = (
    ((InvalidInput, UnknownRun, StepChanged), Exit.UNUSABLE),
    ((JournalTooNew, JournalCorrupt), Exit.UNUSABLE),
    ((Conflict,), Exit.CONFLICT),
    ((RunInProgress, AlreadyRunning, LeaseLost, Frozen), Exit.BUSY),
    ((DeadlineExceeded,), Exit.TIMED_OUT),
    ((Aborted,), Exit.ABORTED),
    ((Paused,), Exit.PAUSED),
    ((Misuse,), Exit.BUG),
    ((EsaFlowsError,), Exit.FAILED),
    ((KeyboardInterrupt,), Exit.INTERRUPTED),
)

_BY_OUTCOME = {
    Outcome.RELEASED: Exit.OK,
    Outcome.UNCHANGED: Exit.OK,
    Outcome.PAUSED: Exit.PAUSED,
    Outcome.CONFLICT: Exit.CONFLICT,
    Outcome.STUCK: Exit.NOT_AS_BEFORE,
}


def exit_code(end: Report | BaseException | None, *, under_way: bool = False) -> Exit:
    """Give the exit code for how something ended.

    Args:
        end: A report, what was raised, or None where all went well.
        under_way: Whether a run had begun: then trouble with the journal leaves
            something to resume.
    """
    if end is None:
        return Exit.OK

    if isinstance(end, Report):
        return _of_report(end)

    if isinstance(end, ReleaseFailed):
        return _of_failure(end)

    if isinstance(end, JournalError):
        return Exit.PAUSED if under_way else Exit.UNUSABLE

    return next((code for kinds, code in _BY_ERROR if isinstance(end, kinds)), Exit.BUG)


def _of_report(report: Report) -> Exit:
    if report.is_good:
        return Exit.OK

    if report.outcome in _BY_OUTCOME:
        return _BY_OUTCOME[report.outcome]

    if not report.production_as_before:
        return Exit.NOT_AS_BEFORE

    return Exit.ABORTED if report.outcome is Outcome.ABORTED else Exit.FAILED


def _of_failure(error: ReleaseFailed) -> Exit:
    if isinstance(error.report, Report):
        found = _of_report(error.report)
        was_aborted = isinstance(error.__cause__, Aborted)
        return Exit.ABORTED if found is Exit.FAILED and was_aborted else found

    return Exit.FAILED if error.production_as_before else Exit.NOT_AS_BEFORE
