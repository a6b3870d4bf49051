"""What the journal is told when a run leaves a process."""

from __future__ import annotations

import pytest

from esa_flows.engine.ending import LastRow, Raised, Returned, last_row
from esa_flows.engine.journal import Kind
from esa_flows.errors import (
    Aborted,
    AccessDenied,
    AccountBlocked,
    JournalCorrupt,
    JournalUnavailable,
    LeaseLost,
    NotSent,
    Paused,
    Refused,
    StepChanged,
    StepMisuse,
)


def short(row: LastRow | None) -> tuple[Kind, str, str] | None:
    """Give kind, event and class of error."""
    if row is None:
        return None

    return row.kind, row.body["event"], row.body.get("error", {}).get("type", "")


@pytest.mark.parametrize(
    "stopped",
    [
        LeaseLost("gone"),
        JournalUnavailable("full"),
        JournalCorrupt("bad"),
        Paused("a person asked"),
    ],
)
@pytest.mark.parametrize("result", [None, Returned(1, 1), Raised(ValueError("x"))])
def test_nothing_is_written_where_nothing_may_or_need_be(
    stopped: Exception, result: Returned | Raised | None
) -> None:
    """Somebody else drives it, nobody can write, or the pause is written already."""
    assert None is last_row(acted=True, stopped=stopped, result=result)


@pytest.mark.parametrize("stopped", [AccessDenied("no"), NotSent("no way")])
def test_trouble_pauses_what_was_begun_and_fails_what_was_not(
    stopped: Exception,
) -> None:
    """A run that changed nothing leaves nothing to go on with."""
    told = type(stopped).__name__

    assert (Kind.SIGNALLED, "pause", told) == short(
        last_row(acted=True, stopped=stopped, result=None)
    )
    assert (Kind.ENDED, "fail", told) == short(
        last_row(acted=False, stopped=stopped, result=None)
    )


@pytest.mark.parametrize("acted", [True, False])
def test_a_value_is_success(*, acted: bool) -> None:
    """The row has the value as the journal gets it."""
    row = last_row(acted=acted, stopped=None, result=Returned({1}, [1]))

    assert LastRow(Kind.ENDED, {"event": "succeed", "value": [1]}) == row


def test_a_value_that_outran_an_abort_is_success() -> None:
    """All was done before the flow could meet it, and nothing was put back."""
    row = last_row(acted=True, stopped=None, result=Returned(1, 1), outran=True)

    assert LastRow(Kind.ENDED, {"event": "outrun", "value": 1}) == row


@pytest.mark.parametrize(
    ("error", "acted", "row"),
    [
        (Refused("no"), True, (Kind.ENDED, "fail", "Refused")),
        (Refused("no"), False, (Kind.ENDED, "fail", "Refused")),
        (Aborted("asked"), True, (Kind.ENDED, "succeed", "Aborted")),
        (StepChanged("other"), True, (Kind.SIGNALLED, "pause", "StepChanged")),
        (StepChanged("other"), False, (Kind.SIGNALLED, "pause", "StepChanged")),
        (StepMisuse("wrong"), True, (Kind.SIGNALLED, "pause", "StepMisuse")),
        (StepMisuse("wrong"), False, (Kind.ENDED, "fail", "StepMisuse")),
        (AccountBlocked("money"), True, (Kind.SIGNALLED, "pause", "AccountBlocked")),
        (AccountBlocked("money"), False, (Kind.ENDED, "fail", "AccountBlocked")),
        (ValueError("bug"), True, (Kind.SIGNALLED, "pause", "StepFailed")),
        (ValueError("bug"), False, (Kind.ENDED, "fail", "StepFailed")),
    ],
)
def test_an_answer_ends_a_run_and_a_bug_pauses_it(
    error: Exception,
    *,
    acted: bool,
    row: tuple[Kind, str, str],
) -> None:
    """What mended code can go on with is not ended where something was begun."""
    assert row == short(last_row(acted=acted, stopped=None, result=Raised(error)))


def test_a_cancelled_run_is_paused() -> None:
    """Who stopped it and why stands in the row."""
    row = last_row(acted=False, stopped=None, result=None)

    assert (Kind.SIGNALLED, "pause", "Paused") == short(row)
    assert row is not None
    assert ("host", "The host cancelled it.") == (row.body["by"], row.body["why"])
