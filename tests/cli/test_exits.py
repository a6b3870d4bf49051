"""Exit codes, as a table."""

from __future__ import annotations

import pytest
from tests.cli.reports import failure, report

from esa_flows import errors
from esa_flows.cli.exits import Exit, exit_code
from esa_flows.release.report import Outcome, Report

GOOD = [
    (None, 0),
    (report(Outcome.RELEASED), 0),
    (report(Outcome.UNCHANGED), 0),
    (report(Outcome.ROLLED_BACK), 0),
]
BAD = [
    (report(Outcome.ROLLED_BACK, reason="The gate."), 10),
    (report(Outcome.FAILED, reason="The gate."), 10),
    (report(Outcome.FAILED, reason="It.", production_as_before=False), 11),
    (report(Outcome.ROLLED_BACK, reason="It.", production_as_before=False), 11),
    (report(Outcome.STUCK, reason="It."), 11),
    (report(Outcome.ABORTED, reason="Asked."), 12),
    (report(Outcome.ABORTED, reason="Asked.", production_as_before=False), 11),
    (report(Outcome.PAUSED, reason="Asked."), 13),
    (report(Outcome.PAUSED, reason="It.", production_as_before=False), 13),
    (report(Outcome.CONFLICT, reason="Somebody."), 14),
]
RAISED: list[tuple[BaseException, int]] = [
    (errors.InvalidInput("."), 2),
    (errors.NoCredentials("."), 2),
    (errors.UnknownRun("."), 2),
    (errors.StepChanged("."), 2),
    (errors.JournalTooNew("."), 2),
    (errors.JournalCorrupt("."), 2),
    (errors.JournalUnavailable("."), 2),
    (errors.BadCredentials("."), 10),
    (errors.AccessDenied("."), 10),
    (errors.NotSent("."), 10),
    (errors.OutcomeUnknown("."), 10),
    (errors.RoutineNotFound("."), 10),
    (errors.GateFailed("."), 10),
    (errors.StepFailed("."), 10),
    (errors.Aborted("."), 12),
    (errors.Paused("."), 13),
    (errors.Conflict("."), 14),
    (errors.RunInProgress("."), 15),
    (errors.AlreadyRunning("."), 15),
    (errors.LeaseLost("."), 15),
    (errors.DeadlineExceeded("."), 17),
    (errors.Misuse("."), 1),
    (errors.StepMisuse("."), 1),
    (ValueError("."), 1),
    (KeyboardInterrupt(), 130),
    (errors.ReleaseFailed(".", report=None, production_as_before=True), 10),
    (errors.ReleaseFailed(".", report=None, production_as_before=False), 11),
]


@pytest.mark.parametrize(("end", "code"), [*GOOD, *BAD, *RAISED])
def test_every_end_has_its_code(end: Report | BaseException | None, code: int) -> None:
    """A script can tell the ends apart that it must treat differently."""
    assert code == exit_code(end)


@pytest.mark.parametrize(("end", "code"), BAD)
def test_a_failed_release_has_the_code_of_its_report(end: Report, code: int) -> None:
    """A raised failure and its report say the same."""
    assert code == exit_code(failure(end))


def test_an_abort_before_anything_was_done_is_an_abort() -> None:
    """A release whose run was aborted before its first change is no failure."""
    ended = report(Outcome.FAILED, reason="Asked.")

    assert Exit.ABORTED is exit_code(failure(ended, cause=errors.Aborted("Asked.")))


@pytest.mark.parametrize(
    "error", [errors.JournalUnavailable("."), errors.JournalCorrupt(".")]
)
def test_trouble_with_the_journal_under_way_leaves_something_to_resume(
    error: errors.JournalError,
) -> None:
    """A run that had begun is paused by a journal that fails."""
    assert Exit.PAUSED is exit_code(error, under_way=True)
