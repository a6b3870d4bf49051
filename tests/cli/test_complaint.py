"""An error as a person meets it."""

from __future__ import annotations

from tests.cli.reports import failure, report

from esa_flows.cli.complaint import Complaint, bug, complaint
from esa_flows.errors import AccessDenied, InvalidInput, Paused
from esa_flows.release.report import Outcome

DENIED = AccessDenied(
    "GetRoutine is not allowed.",
    next_move="Attach this policy.",
    operation="GetRoutine",
    code="Forbidden.RAM",
    request_id="AB-1",
    recommend="https://api.example/1",
)


def test_a_refused_call_has_everything_to_quote() -> None:
    """What happened, what now, what to quote, where to read: in this order."""
    assert (
        ("error", "GetRoutine is not allowed."),
        ("next", "Attach this policy."),
        ("facts", "operation GetRoutine, code Forbidden.RAM, request AB-1"),
        ("see", "https://api.example/1"),
    ) == complaint(DENIED).lines()


def test_an_error_without_a_call() -> None:
    """Nothing is shown that is not there."""
    assert (("error", "It is empty."),) == complaint(
        InvalidInput("It is empty.")
    ).lines()


def test_a_failed_release_shows_its_cause() -> None:
    """The cause's sentence and facts, and both next moves."""
    ended = report(Outcome.PAUSED, reason=str(DENIED), next_move="Go on with: x")

    told = complaint(failure(ended, cause=DENIED))

    assert "shop: paused. GetRoutine is not allowed." == told.message
    assert "Attach this policy. Go on with: x" == told.next_move
    assert "Forbidden.RAM" == told.code
    assert "ReleaseFailed" == told.type


def test_a_next_move_is_not_said_twice() -> None:
    """Where the report's move has the cause's in it, one is enough."""
    ended = report(Outcome.PAUSED, reason="It.", next_move="Go on: x or back: y")

    told = complaint(failure(ended, cause=Paused("It.", next_move="Go on: x")))

    assert "Go on: x or back: y" == told.next_move


def test_a_failed_release_that_its_flow_decided() -> None:
    """Without a cause the release's own sentence is shown."""
    told = complaint(failure(report(Outcome.FAILED, reason="The gate.")))

    assert "shop: failed. The gate." == told.message


def test_nothing_steers() -> None:
    """Sentences with the provider's words in them are cleaned."""
    told = complaint(InvalidInput("a\x1b[2Jb", next_move="c\rd"))

    assert "\x1b" not in told.message
    assert "\r" not in told.next_move


def test_a_bug_says_how_to_find_it() -> None:
    """A bug is called one, with the way to its traceback."""
    told = bug(KeyError("x"))

    assert "This is a bug: KeyError: 'x'" == told.message
    assert "ESA_FLOWS_DEBUG=1" in told.next_move


def test_as_json() -> None:
    """Programs get every part by name."""
    assert {
        "type": "T",
        "message": "m",
        "next_move": "",
        "operation": "",
        "code": "",
        "request_id": "",
        "recommend": "",
    } == Complaint(type="T", message="m").to_json()
