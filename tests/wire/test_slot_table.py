"""A table of slots that several see."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from esa_flows.wire.learned import Learned
from esa_flows.wire.slot_table import SIZE, SlotTable


def tables(count: int) -> list[SlotTable]:
    """Make what several processes see of the same memory."""
    memory = memoryview(bytearray(SIZE))
    return [SlotTable(memory, owner, 1.0) for owner in range(1, count + 1)]


def take(table: SlotTable, now: float, calls: int) -> float:
    """Take a slot as most do."""
    return table.take(now, calls, is_urgent=False)


def test_slots_are_shared() -> None:
    """What one has lent the other cannot have."""
    one, two = tables(2)
    waits = [take(one, 5.0, 2), take(two, 5.0, 2), take(one, 5.0, 2)]

    assert waits == [0.0, 0.0, 1.0]
    assert one.in_flight == two.in_flight == 2


def test_a_settled_slot_rests_for_everybody() -> None:
    """It is ready when the one who lent it says, and not before."""
    one, two = tables(2)
    take(one, 5.0, 1)
    one.settle(6.5, is_answer=True)

    assert take(two, 6.0, 1) == 0.5
    assert take(two, 6.5, 1) == 0.0


def test_each_keeps_to_its_own_limit() -> None:
    """A client that is set to fewer calls counts the others' and takes fewer."""
    one, two = tables(2)
    assert [take(one, 5.0, 3) for _ in range(2)] == [0.0, 0.0]

    assert take(two, 5.0, 2) == 1.0
    assert take(one, 5.0, 3) == 0.0


def test_an_urgent_call_goes_before_the_others_of_another_process() -> None:
    """Who waits for a way back gets the next slot; then the others go on."""
    one, two = tables(2)
    take(one, 5.0, 1)
    one.settle(6.0, is_answer=True)
    waited = two.take(5.5, 1, is_urgent=True)

    assert waited == 0.5
    assert take(one, 6.0, 1) > 0
    assert two.take(6.0, 1, is_urgent=True) == 0.0

    two.settle(6.0, is_answer=False)

    assert take(one, 6.0, 1) == 0.0


def test_somebody_urgent_who_dies_holds_nobody_up_for_long() -> None:
    """The wish ends by itself, right after the slot it waited for is ready."""
    one, two = tables(2)
    take(one, 5.0, 1)
    one.settle(6.0, is_answer=True)
    two.take(5.5, 1, is_urgent=True)

    assert take(one, 6.03, 1) == 0.0


def test_only_accepted_calls_of_the_last_period_are_told() -> None:
    """Everybody's, but neither refused ones nor those in flight."""
    one, two = tables(2)
    for table, is_answer in ((one, True), (two, True), (two, False)):
        take(table, 5.0, 9)
        table.settle(6.0, is_answer=is_answer)

    take(one, 5.0, 9)

    assert one.accepted(5.5) == 2
    assert one.accepted(6.0) == 0


def test_what_one_learns_the_others_know() -> None:
    """Rate and pause are shared; nothing is known at first."""
    one, two = tables(2)
    before = two.learned
    one.learned = Learned(calls=58.0, since=10.0, paused_until=12.0)
    after = two.learned
    one.learned = Learned(paused_until=13.0)
    paused = two.learned
    one.learned = Learned(calls=40.0, since=20.0)

    assert (before.calls, before.since) == (math.inf, -math.inf)
    assert after == Learned(calls=58.0, since=10.0, paused_until=12.0)
    assert paused == Learned(calls=58.0, since=10.0, paused_until=13.0)
    assert two.learned == Learned(calls=40.0, since=20.0, paused_until=13.0)


def test_slots_of_the_dead_come_back_and_those_of_the_living_do_not() -> None:
    """They rest first, for their calls may have been counted a moment ago."""
    one, two, three = tables(3)
    for table in (one, two, three):
        take(table, 5.0, 3)

    assert three.strangers() == {1, 2}
    assert three.reclaim({1}, 7.0, 5.0) == 1
    assert take(three, 6.9, 3) > 0
    assert take(three, 7.0, 3) == 0.0
    assert take(three, 7.0, 3) > 0


def test_a_slot_that_rests_beyond_reason_is_of_another_boot() -> None:
    """Where boots cannot be told apart a clock that began anew mends itself."""
    one, two = tables(2)
    take(one, 90_000.0, 1)
    one.settle(90_001.0, is_answer=True)

    assert take(two, 30.0, 1) == 1.0
    assert two.reclaim(set(), 32.0, 30.0) == 1
    assert take(two, 32.0, 1) == 0.0


def test_a_table_shows_its_state() -> None:
    """A line for a log; once closed the memory is free."""
    one, two = tables(2)
    take(one, 5.0, 2)
    shown = repr(one), repr(two)
    one.close()
    two.close()

    assert shown == (
        "<SlotTable 1 in flight, 1 ours>",
        "<SlotTable 1 in flight, 0 ours>",
    )


@given(
    calls=st.integers(1, 4),
    moves=st.lists(
        st.tuples(
            st.floats(0, 0.7),
            st.integers(0, 2),
            st.sampled_from(["take", "urgent", "settle", "lose", "die"]),
        ),
        max_size=120,
    ),
)
def test_together_never_more_than_n_in_a_period(
    calls: int, moves: list[tuple[float, int, str]]
) -> None:
    """Three share; some die with slots in hand: no period sees more than N calls."""
    memory = memoryview(bytearray(SIZE))
    number = 3
    three = [SlotTable(memory, n, 1.0) for n in (1, 2, 3)]
    out, now = [0, 0, 0], 1.0
    counted: list[float] = []
    for pause, who, move in moves:
        now += pause
        if move in {"take", "urgent"}:
            is_urgent = move == "urgent"
            out[who] += three[who].take(now, calls, is_urgent=is_urgent) == 0
        elif move == "die":
            # Its calls are counted at the last moment, then somebody finds it dead.
            counted += [now + 0.5] * out[who]
            number += 1
            gone, three[who] = three[who], SlotTable(memory, number, 1.0)
            three[who].reclaim({gone._owner}, now + 1.5, now)
            out[who] = 0
        elif out[who]:
            late = 0.5 if move == "lose" else 0.0
            three[who].settle(now + late + 1.0, is_answer=not late)
            counted.append(now + late)
            out[who] -= 1

    counted.sort()
    pairs = zip(counted, counted[calls:], strict=False)

    assert all(after - before >= 0.999999 for before, after in pairs)
    assert sum(out) == three[0].in_flight <= calls
