"""Lending slots, without waiting."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from esa_flows.wire.slots import Slots


def test_all_are_ready_at_first() -> None:
    """N slots can be taken at once, and not one more."""
    slots = Slots(calls=3, period=1.0)
    taken = [slots.take(0.0) for _ in range(4)]

    assert taken == [True, True, True, False]
    assert slots.in_flight == 3
    assert math.inf == slots.next_ready


def test_an_answer_frees_a_slot_one_period_later() -> None:
    """Not earlier: the server may have counted the call at the last moment."""
    slots = Slots(calls=1, period=1.0)
    slots.take(0.0)
    slots.settle(0.5)

    assert slots.next_ready == 1.5
    assert not slots.take(1.4999)
    assert slots.take(1.5)


def test_a_lost_call_frees_its_slot_after_the_grace_too() -> None:
    """It may still be under way, so it is counted as late as it can be."""
    slots = Slots(calls=1, period=1.0)
    slots.take(0.0)
    slots.settle(0.5, grace=2.0)

    assert slots.next_ready == 3.5


def test_a_lost_call_does_not_hold_back_answered_ones() -> None:
    """The earliest slot goes first, whichever way it came back."""
    slots = Slots(calls=2, period=1.0)
    slots.take(0.0)
    slots.take(0.0)
    slots.settle(0.1, grace=5.0)
    slots.settle(0.2)

    assert slots.next_ready == 1.2
    assert slots.take(1.2)
    assert slots.next_ready == 6.1
    assert slots.take(6.1)


def test_an_unspent_slot_is_ready_at_once() -> None:
    """A request that never left was not counted by anybody."""
    slots = Slots(calls=1, period=1.0)
    slots.take(7.0)
    slots.give_back()

    assert slots.take(7.0)
    assert slots.in_flight == 1


@given(
    calls=st.integers(1, 5),
    moves=st.lists(
        st.tuples(
            st.floats(0, 0.7), st.sampled_from(["take", "settle", "lose", "back"])
        ),
        max_size=120,
    ),
)
def test_never_more_than_n_in_a_period(
    calls: int, moves: list[tuple[float, str]]
) -> None:
    """Whatever happens, no period sees more than N calls counted at their latest."""
    slots = Slots(calls=calls, period=1.0)
    now = 0.0
    counted: list[float] = []
    for pause, move in moves:
        now += pause
        if move == "take":
            slots.take(now)
        elif slots.in_flight and move == "settle":
            slots.settle(now)
            counted.append(now)
        elif slots.in_flight and move == "lose":
            slots.settle(now, grace=0.5)
            counted.append(now + 0.5)
        elif slots.in_flight:
            slots.give_back()

    counted.sort()
    late = zip(counted, counted[calls:], strict=False)

    assert all(after - before >= 0.999999 for before, after in late)
    assert 0 <= slots.in_flight <= calls
