"""Learning the true cap from refusals."""

from __future__ import annotations

import pytest

from esa_flows.errors import Throttled
from esa_flows.wire.learned import Learned, Reach, reach_of


def refused(known: Learned, now: float, accepted: int, wait: float = 0.0) -> Learned:
    """Give what is known after a refusal, at most 100 calls being set."""
    return known.throttled(most=100, accepted=accepted, now=now, retry_after=wait)


def test_nothing_learned_allows_what_is_set() -> None:
    """Without a refusal the settings count, at any time."""
    assert Learned().allowed(100, 0.0) == 100
    assert Learned().pause(0.0) == 0.0


def test_a_refusal_sets_the_rate_just_below_what_was_accepted() -> None:
    """60 were taken in the last second: 58 are tried from now on."""
    assert refused(Learned(), 10.0, 60).allowed(100, 10.0) == 58


def test_refusals_of_one_second_cut_once() -> None:
    """A burst of refusals tells one thing, not twenty."""
    known = refused(refused(Learned(), 10.0, 60), 10.9, 30)

    assert known.allowed(100, 10.9) == 58
    assert refused(known, 11.0, 50).allowed(100, 11.0) == 48


def test_a_cut_never_allows_more_than_before() -> None:
    """A refusal cannot raise the rate, however many were accepted."""
    known = refused(refused(Learned(), 10.0, 40), 12.0, 90)

    assert known.allowed(100, 12.0) == 38


def test_one_call_more_is_tried_every_four_clean_seconds() -> None:
    """The rate grows slowly, and not above what is set."""
    known = refused(Learned(), 10.0, 60)

    assert [known.allowed(100, t) for t in (13.9, 14.0, 18.0)] == [58, 59, 60]
    assert known.allowed(59, 30.0) == 59
    assert known.allowed(100, 1_000.0) == 100


def test_somebody_elses_burst_does_not_stop_us() -> None:
    """Refused although we sent next to nothing: a few calls stay allowed."""
    assert refused(Learned(), 10.0, 1).allowed(100, 10.0) == 5
    assert refused(Learned(), 10.0, 0).allowed(3, 10.0) == 3


def test_the_wait_asked_for_is_everybodys() -> None:
    """Nothing leaves before it is over; a shorter one does not end a longer one."""
    known = refused(Learned(), 10.0, 60, 5.0)

    assert known.pause(12.0) == 3.0
    assert refused(known, 12.0, 60, 1.0).pause(12.0) == 3.0
    assert known.pause(15.0) == 0.0


@pytest.mark.parametrize(
    ("code", "reach"),
    [
        ("Throttling.Api", Reach.OPERATION),
        ("Throttling.User", Reach.ACCOUNT),
        ("Throttling", Reach.ACCOUNT),
        ("", Reach.ACCOUNT),
    ],
)
def test_a_refusal_that_does_not_say_counts_for_the_account(
    code: str, reach: Reach
) -> None:
    """Only a refusal of one operation spares the others."""
    assert reach_of(Throttled("Too many.", code=code)) is reach


def test_two_who_learned_know_the_later_cut_and_the_longer_pause() -> None:
    """Whoever shares a store meets what the other has learned meanwhile."""
    early = Learned(calls=58.0, since=10.0, paused_until=40.0)
    late = Learned(calls=70.0, since=30.0, paused_until=35.0)
    both = Learned(calls=70.0, since=30.0, paused_until=40.0)

    assert early.merged(late) == late.merged(early) == both
    assert Learned().merged(early) == early.merged(Learned()) == early
