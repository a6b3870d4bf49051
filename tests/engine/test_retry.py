"""What follows a failed attempt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.backoff import Backoff
from esa_flows.engine.retry import Again, GiveUp, Retry, must_look
from esa_flows.errors import (
    AccessDenied,
    CallError,
    Conflict,
    NotSent,
    OutcomeUnknown,
    QuotaExceeded,
    Throttled,
)
from esa_flows.model import Duration

RETRY = Retry(
    attempts=3,
    within="10s",
    backoff=Backoff(base=1.0, most=8.0),
    throttled=Backoff(base=2.0, most=8.0),
)


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), Conflict("x"), QuotaExceeded("x"), AccessDenied("x")],
    ids=lambda error: type(error).__name__,
)
def test_a_definite_answer_is_never_tried_again(error: Exception) -> None:
    """What will not change is given up at once, without counting as patience."""
    assert RETRY.after(error, attempt=1, elapsed=0.0, chance=0.5) == GiveUp(tried=False)


@pytest.mark.parametrize(
    ("error", "look"),
    [
        (NotSent("x"), False),
        (Throttled("x"), False),
        (OutcomeUnknown("x"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_an_unknown_outcome_is_looked_at(error: CallError, *, look: bool) -> None:
    """What certainly was not executed is repeated as it is."""
    after = RETRY.after(error, attempt=1, elapsed=0.0, chance=0.0)

    assert after == Again(wait=0.0)
    assert look is must_look(error)


def test_what_is_no_call_leaves_nothing_to_look_for() -> None:
    """Only the provider can have done something."""
    assert not must_look(ValueError("x"))


def test_waits_follow_the_backoff() -> None:
    """Each attempt may wait twice as long as the one before."""
    waits = [
        RETRY.after(NotSent("x"), attempt=n, elapsed=0.0, chance=1.0) for n in (1, 2)
    ]

    assert waits == [Again(wait=1.0), Again(wait=2.0)]


def test_a_throttled_call_waits_as_asked() -> None:
    """The provider's hint is never undercut, and its own backoff comes on top."""
    after = RETRY.after(
        Throttled("x", retry_after=3.0), attempt=1, elapsed=0.0, chance=0.5
    )

    assert after == Again(wait=4.0)


def test_patience_ends_with_the_attempts() -> None:
    """The last attempt is the last."""
    assert RETRY.after(NotSent("x"), attempt=3, elapsed=0.0, chance=0.0) == GiveUp(
        tried=True
    )


@pytest.mark.parametrize(
    ("elapsed", "after"),
    [(9.0, Again(wait=1.0)), (9.1, GiveUp(tried=True))],
)
def test_patience_ends_with_the_time(elapsed: float, after: Again | GiveUp) -> None:
    """A wait that would end too late is not begun."""
    assert RETRY.after(NotSent("x"), attempt=1, elapsed=elapsed, chance=1.0) == after


@pytest.mark.parametrize(
    ("error", "attempt", "wait"),
    [
        (NotSent("x"), 1, 0.1),
        (NotSent("x"), 12, 20.0),
        (Throttled("x"), 1, 1.0),
        (Throttled("x"), 12, 20.0),
    ],
    ids=["trouble", "more trouble", "a throttle", "more throttles"],
)
def test_the_usual_patience_waits_so_long(
    error: CallError, attempt: int, wait: float
) -> None:
    """Longer after the provider counted too many calls; 20 s at most."""
    patient = Retry(attempts=20)

    assert Again(wait=wait) == patient.after(
        error, attempt=attempt, elapsed=0.0, chance=1.0
    )


def test_a_limit_is_written_as_people_write_it() -> None:
    """Text and durations are the same limit."""
    assert Retry(within="2m") == Retry(within=Duration(120)) == Retry()


@given(st.integers(1, 20), st.floats(0, 200), st.floats(0, 1), st.floats(0, 60))
def test_no_wait_goes_past_the_limit(
    attempt: int, elapsed: float, chance: float, hint: float
) -> None:
    """Whatever chance says, an attempt begins within the limit or not at all."""
    after = Retry().after(
        Throttled("x", retry_after=hint),
        attempt=attempt,
        elapsed=elapsed,
        chance=chance,
    )

    if isinstance(after, Again):
        assert hint <= after.wait <= hint + 20.0
        assert elapsed + after.wait <= 120
        assert attempt < 8
