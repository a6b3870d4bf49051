"""Spreading calls over the second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from esa_flows.wire.pace import Pace


def test_a_burst_leaves_at_once_and_the_rest_one_by_one() -> None:
    """So many calls go together after a pause, then each waits its spacing."""
    pace = Pace(burst=3)
    waits = []
    for _ in range(5):
        wait = pace.wait(10.0)
        waits.append(wait)
        pace.left(10.0 + wait, 0.5)

    # The fourth and fifth left half a second later each, as they had to.
    assert waits == [0.0, 0.0, 0.0, 0.5, 1.0]


def test_nobody_waits_at_first_or_for_less_than_rounding() -> None:
    """A clock may begin at 0; a sum of spacings is off by a millionth at most."""
    pace = Pace(burst=1)
    first = pace.wait(0.0)
    pace.left(-1.0, 1.0)

    assert (first, pace.wait(-1e-6), pace.wait(-0.5)) == (0.0, 0.0, 0.5)


def test_a_stall_is_made_good_up_to_the_burst() -> None:
    """After a stall as many calls leave at once as were missed, not more than that."""
    pace = Pace(burst=3)
    for moment in (0.0, 0.0, 0.0, 0.5, 1.0):
        pace.left(moment, 0.5)

    gone = 0
    while pace.wait(2.0) == 0:
        pace.left(2.0, 0.5)
        gone += 1

    assert gone == 2


@given(
    burst=st.integers(1, 60),
    pauses=st.lists(st.floats(0, 0.2), min_size=1, max_size=200),
)
def test_no_span_holds_more_than_burst_and_spacing_allow(
    burst: int, pauses: list[float]
) -> None:
    """In any span T at most burst + T / spacing calls leave."""
    pace, spacing, now = Pace(burst=burst), 0.01, 5.0
    left = []
    for pause in pauses:
        now += pause
        if pace.wait(now) == 0:
            pace.left(now, spacing)
            left.append(now)

    assert all(
        i - j + 1 <= burst + (left[i] - left[j]) / spacing + 1e-6
        for i in range(len(left))
        for j in range(i + 1)
    )


def test_room_is_what_may_leave_without_a_wait() -> None:
    """A full burst at first, none less after a stall, and one where one is due."""
    pace = Pace(burst=3)
    rooms = [pace.room(10.0, 0.5)]
    for _ in range(3):
        pace.left(10.0, 0.5)
        rooms.append(pace.room(10.0, 0.5))

    rooms += [pace.room(moment, 0.5) for moment in (10.5, 11.0, 60.0)]

    assert rooms == [3, 2, 1, 0, 1, 2, 3]
