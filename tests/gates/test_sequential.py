"""How many requests tell a bad rate of errors from a usual one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import InvalidInput
from esa_flows.gates.sequential import ErrorRate, percent_of
from esa_flows.gates.verdict import Verdict


@pytest.mark.parametrize(
    ("usual", "limit", "whole", "at_five"),
    [(0.1, 1.0, 432, 8_689), (1.0, 2.0, 933, 18_954)],
)
def test_the_numbers_of_the_textbook(
    usual: float, limit: float, whole: int, at_five: int
) -> None:
    """0.1 % from 1 % takes about 430 requests, 1 % from 2 % about 930; at 5 % more."""
    rate = ErrorRate(limit=limit, usual=usual)

    assert whole == rate.expected_requests()
    assert at_five == rate.expected_requests(share=5)


def test_good_answers_alone_settle_it_in_the_end() -> None:
    """The number that is told to be missing is the number that is missing."""
    rate = ErrorRate(limit=1.0)
    more = rate.more_needed(0, 0)

    assert 330 == more
    assert Verdict.INCONCLUSIVE is rate.judge(more - 1, 0)
    assert Verdict.PASS is rate.judge(more, 0)
    assert 0 == rate.more_needed(more, 0)


@given(
    limit=st.floats(0.5, 50),
    share=st.integers(1, 100),
    seen=st.integers(0, 3000),
    bad=st.integers(0, 30),
)
def test_what_is_missing_is_exact(
    limit: float, share: int, seen: int, bad: int
) -> None:
    """Whatever came before: with the number told it passes, with one less it waits."""
    rate = ErrorRate(limit=limit)
    bad = min(bad, seen)
    more = rate.more_needed(seen, bad, share=share)

    assert Verdict.PASS is rate.judge(seen + more + 1, bad, share=share)
    if more > 1:
        assert Verdict.PASS is not rate.judge(seen + more - 2, bad, share=share)


def test_a_bad_answer_is_none_of_the_good_ones() -> None:
    """One among a hundred: it weighs for itself, and ninety-nine against it."""
    assert 486 == ErrorRate(limit=1.0).more_needed(100, 1)


def test_bad_answers_fail_at_once() -> None:
    """A canary that answers nothing but errors is found with the third request."""
    rate = ErrorRate(limit=1.0)

    verdicts = [rate.judge(n, n) for n in range(4)]

    assert [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.FAIL] == verdicts[:3]


def test_it_is_as_often_wrong_as_it_may_be() -> None:
    """Played a thousand times: false alarms and misses stay below what was allowed."""
    dice = random.Random(7)
    rate = ErrorRate(limit=10.0, usual=2.0)

    def played(truth: float) -> Verdict:
        """Ask until it is settled."""
        seen = bad = 0
        while not (verdict := rate.judge(seen, bad)).is_settled:
            seen += 1
            bad += dice.random() < truth

        return verdict

    alarms = sum(played(0.02) is Verdict.FAIL for _ in range(1000))
    misses = sum(played(0.10) is Verdict.PASS for _ in range(1000))

    assert alarms <= 20
    assert misses <= 70


def test_a_small_share_needs_more() -> None:
    """At 5 % of the traffic twenty times as much, give or take."""
    rate = ErrorRate(limit=1.0)

    ratio = rate.more_needed(0, 0, share=5) / rate.more_needed(0, 0)

    assert 19 < ratio < 21


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"limit": 0.0}, "0 % is no rate of errors (limit)"),
        ({"limit": 100.0}, "100 % is no rate of errors (limit)"),
        ({"limit": 1.0, "usual": 1.0}, "cannot be usual where less than 1 %"),
        ({"limit": 1.0, "miss": 0.5}, "0.5 is no probability of being wrong (miss)"),
        ({"limit": 1.0, "false_alarm": 0.0}, "(false_alarm)"),
    ],
)
def test_what_is_no_rate_is_refused(given: dict[str, float], why: str) -> None:
    """Each sentence says what may be given."""
    with pytest.raises(InvalidInput) as caught:
        ErrorRate(**given)

    assert why in str(caught.value)


def test_percentages_are_read() -> None:
    """With the sign or without it."""
    assert (1.0, 0.1) == (percent_of("1%"), percent_of(" 0.1 "))
    with pytest.raises(InvalidInput, match="'much' is no percentage"):
        percent_of("much")


def test_a_rate_says_what_it_wants() -> None:
    """For sentences."""
    assert "less than 1 % of errors" == str(ErrorRate(limit=1.0))
