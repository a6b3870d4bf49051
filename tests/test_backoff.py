"""Waits between attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.backoff import Backoff
from esa_flows.errors import Misuse

positive = st.floats(1e-3, 1e3)


def test_bounds_double_up_to_the_most() -> None:
    """Each attempt may wait twice as long, and none longer than the limit."""
    backoff = Backoff(base=0.5, most=3.0)

    assert [backoff.bound(n) for n in (0, 1, 2, 3, 4, 5)] == [0.5, 0.5, 1, 2, 3, 3]


def test_a_great_number_of_attempts_is_no_overflow() -> None:
    """However often something failed, the wait is a number of seconds."""
    assert Backoff().bound(10**9) == 20.0
    assert Backoff(base=1.0, most=1e12).bound(10**9) == 2.0**30


def test_a_wait_begins_with_a_twentieth_of_a_second() -> None:
    """Where nothing else is said; and nothing is added where nobody hinted."""
    assert Backoff().wait(1, 1.0) == 0.05
    assert Backoff().wait(1, 0.0) == 0.0


@given(positive, positive, st.integers(1, 10**6), st.floats(0, 1), st.floats(0, 100))
def test_a_wait_is_between_the_hint_and_its_bound(
    base: float, most: float, attempt: int, chance: float, hint: float
) -> None:
    """The hint is never undercut, and chance never goes past the bound."""
    backoff = Backoff(base=base, most=most)
    wait = backoff.wait(attempt, chance, hint=hint)

    assert hint <= wait <= hint + backoff.bound(attempt)
    assert backoff.bound(attempt) <= most


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_a_wait_that_is_none_is_refused(seconds: float) -> None:
    """Bounds are positive and finite."""
    with pytest.raises(Misuse, match=f"{seconds} s is no wait between attempts."):
        Backoff(base=seconds)

    with pytest.raises(Misuse):
        Backoff(most=seconds)
