"""Gates and tallies, as machines of moments."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.localcloud.switches import CapWindow
from esa_flows.localcloud.throttle import Gate, Tally, make_gate

MOMENTS = st.lists(st.integers(0, 5 * 64).map(lambda tick: tick / 64), max_size=60)


def passed(gate: Gate, moments: Iterable[float]) -> list[float]:
    """Return the moments at which the gate let a call pass."""
    kept = []
    for at in moments:
        if gate.wait(at) == 0.0:
            gate.take()
            kept.append(at)

    return kept


def fullest(moments: list[float]) -> int:
    """Count the fullest half-open second the slow way."""
    return max(
        (sum(start <= at < start + 1.0 for at in moments) for start in moments),
        default=0,
    )


@given(MOMENTS)
def test_sliding_gate_never_passes_more_than_its_cap(moments: list[float]) -> None:
    """No half-open second holds more admitted calls than the cap."""
    kept = passed(make_gate("sliding", 3), sorted(moments))

    assert fullest(kept) <= 3


def test_sliding_gate_tells_the_wait() -> None:
    """The wait ends when the oldest call leaves the window."""
    gate = make_gate("sliding", 2)
    passed(gate, [0.25, 0.5])

    assert (gate.wait(1.0), gate.wait(1.25), gate.remain()) == (0.25, 0.0, 1)


def test_fixed_gate_starts_anew_with_each_tick() -> None:
    """Two full seconds meet at the tick: the trap for clients that count per second."""
    kept = passed(make_gate("fixed", 2), [0.8, 0.9, 0.95, 1.0, 1.1, 1.2])

    assert kept == [0.8, 0.9, 1.0, 1.1]


def test_fixed_gate_tells_the_wait() -> None:
    """The wait ends with the second."""
    gate = make_gate("fixed", 1)
    passed(gate, [4.5])

    assert gate.wait(4.75) == 0.25


def test_bucket_gate_refills_steadily() -> None:
    """A full bucket passes a burst, then a call per token."""
    kept = passed(make_gate("bucket", 4), [0, 0, 0, 0, 0, 0.25, 0.25, 9, 9, 9, 9, 9])

    assert kept == [0, 0, 0, 0, 0.25, 9, 9, 9, 9]


def test_bucket_gate_tells_the_wait() -> None:
    """The wait ends with the next whole token."""
    gate = make_gate("bucket", 2)
    passed(gate, [0, 0])

    assert (gate.wait(0), gate.wait(0.25)) == (0.5, 0.25)


@pytest.mark.parametrize("window", ["sliding", "fixed", "bucket"])
def test_gates_tell_what_remains(window: CapWindow) -> None:
    """What remains goes down with each call that passes."""
    gate = make_gate(window, 3)
    passed(gate, [0, 0])

    assert gate.remain() == 1


@given(MOMENTS)
def test_tally_counts_the_fullest_sliding_second(moments: list[float]) -> None:
    """Whatever the order of arrival, the peak is that of the fullest second."""
    tally = Tally()
    for at in moments:
        tally.count(at)

    assert (len(moments), fullest(moments)) == (tally.calls, tally.peak_sliding)


def test_tally_counts_fixed_seconds() -> None:
    """A burst over a tick is one sliding second but two fixed ones."""
    tally = Tally()
    for at in (0.9, 0.9, 1.1):
        tally.count(at)

    assert (tally.peak_sliding, tally.peak_fixed) == (3, 2)


def test_tally_forgets_old_moments() -> None:
    """A long run costs no memory."""
    tally = Tally()
    for index in range(10_000):
        tally.count(index * 0.1)

    assert len(tally._recent) < 200
    assert len(tally._seconds) <= 61
    assert 10 <= tally.peak_sliding <= 11
