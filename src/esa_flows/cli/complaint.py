"""An error as a person meets it: what happened, what now, what to quote; pure."""

from __future__ import annotations

from typing import Any

from attrs import asdict, frozen

from esa_flows.cli.text import clean, one_line
from esa_flows.errors import CallError, EsaFlowsError, ReleaseFailed
from esa_flows.release.report import Report

__all__ = ["Complaint", "bug", "complaint"]


@frozen(kw_only=True)
class Complaint:
    """An error told to a person.

    Attributes:
        type: Its class in the error tree.
        message: What happened, in a sentence.
        next_move: What to do now; empty where there is nothing to do.
        operation: The provider's operation.
        code: The provider's code.
        request_id: The provider's name for the call.
        recommend: The provider's own page about it.
    """

    type: str
    message: str
    next_move: str = ""
    operation: str = ""
    code: str = ""
    request_id: str = ""
    recommend: str = ""

    @property
    def facts(self) -> str:
        """What to quote to the provider's support; empty where there is nothing."""
        named = (
            ("operation", self.operation),
            ("code", self.code),
            ("request", self.request_id),
        )
        return ", ".join(f"{name} {value}" for name, value in named if value)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Give what to show: a label and a text for each line."""
        shown = (
            ("error", self.message),
            ("next", self.next_move),
            ("facts", self.facts),
            ("see", self.recommend),
        )
        return tuple((label, text) for label, text in shown if text)

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)


def complaint(error: EsaFlowsError) -> Complaint:
    """Tell an error of ours.

    Args:
        error: What was raised.
    """
    cause = _cause(error)
    call = cause if isinstance(cause, CallError) else CallError("")
    return Complaint(
        type=type(error).__name__,
        message=clean(_message(error, cause)).strip(),
        next_move=clean(_next_move(error.next_move.strip(), cause.next_move.strip())),
        operation=one_line(call.operation),
        code=one_line(call.code),
        request_id=one_line(call.request_id),
        recommend=one_line(call.recommend),
    )


def bug(error: Exception) -> Complaint:
    """Tell an error that should not be.

    Args:
        error: What was raised.
    """
    return Complaint(
        type="Bug",
        message=f"This is a bug: {type(error).__name__}: {clean(error)}",
        next_move="Run it again with ESA_FLOWS_DEBUG=1 to see where, and report that."
        " What a run has done is in the journal: esa-flows runs",
    )


def _cause(error: EsaFlowsError) -> EsaFlowsError:
    """Give what made a release fail: its facts are worth more than a retelling."""
    cause = error.__cause__
    is_retold = isinstance(error, ReleaseFailed) and isinstance(cause, EsaFlowsError)
    return cause if is_retold and isinstance(cause, EsaFlowsError) else error


def _next_move(own: str, of_cause: str) -> str:
    """Join two next moves, of which one may say what the other does."""
    return own if of_cause in own else f"{of_cause} {own}".strip()


def _message(error: EsaFlowsError, cause: EsaFlowsError) -> str:
    report = getattr(error, "report", None)
    if cause is error or not isinstance(report, Report):
        return error.message

    return f"{report.routine}: {report.outcome}. {cause.message}"
