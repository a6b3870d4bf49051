"""Lending slots, without waiting."""

from __future__ import annotations

import inspect
import math

from hypothesis import given
from hypothesis import strategies as st

from esa_flows.wire.learned import Learned
from esa_flows.wire.slots import Fate, Slots, Wish


def test_all_are_ready_at_first() -> None:
    """N slots can be taken at once, and not one more."""
    slots = Slots()
    waits = [slots.take(0.0, 3) for _ in range(4)]

    assert waits == [0.0, 0.0, 0.0, math.inf]
    assert slots.in_flight == 3


def test_a_settled_slot_rests_until_it_is_ready() -> None:
    """Not earlier: the server may have counted the call at the last moment."""
    slots = Slots()
    slots.take(0.0, 1)
    slots.settle(1.5, Fate.ANSWERED)

    assert slots.take(0.5, 1) == 1.0
    assert slots.take(1.4, 1) > 0
    assert slots.take(1.5, 1) == 0.0


def test_a_lost_call_does_not_hold_back_answered_ones() -> None:
    """The earliest slot goes first, whichever way it came back."""
    slots = Slots()
    slots.take(0.0, 2)
    slots.take(0.0, 2)
    slots.settle(6.0, Fate.UNKNOWN)
    slots.settle(1.0, Fate.ANSWERED)

    assert slots.take(0.5, 2) == 0.5
    assert slots.take(1.0, 2) == 0.0
    assert slots.take(1.0, 2) == 5.0


def test_an_unspent_slot_is_ready_at_once() -> None:
    """A request that never left was not counted by anybody."""
    slots = Slots()
    slots.take(7.0, 1)
    slots.settle(7.0, Fate.UNSPENT)

    assert slots.take(7.0, 1) == 0.0
    assert slots.in_flight == 1


def test_fewer_calls_count_from_now_on() -> None:
    """A limit that falls takes effect with the next call, whatever was lent before."""
    slots = Slots()
    for _ in range(4):
        slots.take(0.0, 4)
        slots.settle(1.0, Fate.ANSWERED)

    assert slots.take(0.5, 2) == 0.5
    assert slots.take(1.0, 2) == 0.0


def test_only_accepted_calls_of_the_last_period_are_told() -> None:
    """What was refused, lost or unspent, or is older, was not taken just now."""
    slots = Slots()
    for ready, fate in ((1.0, Fate.ANSWERED), (2.0, Fate.ANSWERED)):
        slots.take(0.0, 9)
        slots.settle(ready, fate)

    for fate in (Fate.REFUSED, Fate.UNKNOWN, Fate.UNSPENT):
        slots.take(0.0, 9)
        slots.settle(2.0, fate)

    assert slots.accepted(1.5) == 1


async def test_memory_needs_no_care() -> None:
    """Nobody leaves anything behind in one's own memory."""
    slots = Slots()
    await slots.care(0.0, Wish(calls=1))

    assert slots.needs_care(0.0, Wish(calls=1)) is False
    assert Learned() == slots.learned
    assert slots.is_here


def test_whoever_says_nothing_wants_nothing() -> None:
    """A wish is for no slots and waits for others; a store begins with none lent."""
    assert Wish(calls=1, slots=0, is_urgent=False) == Wish(calls=1)
    assert ["learned"] == list(inspect.signature(Slots).parameters)


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
    slots = Slots()
    now = 0.0
    counted: list[float] = []
    for pause, move in moves:
        now += pause
        if move == "take":
            slots.take(now, calls)
        elif slots.in_flight and move == "settle":
            slots.settle(now + 1.0, Fate.ANSWERED)
            counted.append(now)
        elif slots.in_flight and move == "lose":
            slots.settle(now + 1.5, Fate.UNKNOWN)
            counted.append(now + 0.5)
        elif slots.in_flight:
            slots.settle(now, Fate.UNSPENT)

    counted.sort()
    late = zip(counted, counted[calls:], strict=False)

    assert all(after - before >= 0.999999 for before, after in late)
    assert 0 <= slots.in_flight <= calls
