"""How long a wave takes at least."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.fleet.budget import Limits
from esa_flows.fleet.makespan import RULE, Chain, Pace, calls_seconds, play, under_caps
from esa_flows.wire.lane import Lane

WIDE = Limits(fleet=10**6, concurrency=64)
UP = (Lane.UPLOAD,)
PACE = Pace(calls=100, latency=0.08)


def test_one_routine_is_bound_by_its_answers() -> None:
    """Eight calls and an upload, then three, of 80 ms each; and its bakes."""
    chain = Chain(ready=UP * 8, uploads=1, exposed=(0.0, 0.0, 600.0))

    assert 600 + 12 * 0.08 == pytest.approx(play([chain], WIDE, PACE, prepares=True))


def test_a_fleet_is_bound_by_the_cap() -> None:
    """A thousand routines of eleven calls each: the strict rate, and little more."""
    chains = [Chain(ready=UP * 8, uploads=1, exposed=(0.0,) * 3)] * 1000
    found = play(chains, WIDE, PACE, prepares=True)

    assert found == pytest.approx(calls_seconds(11_000, PACE), rel=0.02)
    assert found == pytest.approx(11_000 * (RULE.period + 0.08) / 100, rel=0.02)


@pytest.mark.parametrize(("prepares", "seconds"), [(True, 286), (False, 800)])
def test_ready_first_is_faster_where_one_may_be_exposed(
    seconds: int, *, prepares: bool
) -> None:
    """Of ten calls only three wait for each other then, beside those of the others."""
    chains = [Chain(ready=UP * 7, exposed=(0.0,) * 3)] * 1000
    strict = Limits(fleet=0, concurrency=64)
    found = play(chains, strict, PACE, prepares=prepares)

    assert found == pytest.approx(seconds, rel=0.01)


def test_bakes_of_a_strict_wave_come_one_after_the_other() -> None:
    """Ten bakes of a minute, two at a time."""
    chains = [Chain(ready=UP * 8, exposed=(0.0, 60.0))] * 10
    found = play(chains, Limits(fleet=1), PACE, prepares=True)

    assert 5 * 60 < found < 5 * 60 + 5


def test_nothing_takes_no_time() -> None:
    """A wave without routines."""
    assert 0.0 == play([], WIDE, PACE, prepares=True)


@given(
    exposed=st.lists(st.integers(0, 5), min_size=1, max_size=40),
    calls=st.integers(1, 20),
    concurrency=st.integers(1, 8),
    slow=st.booleans(),
    prepares=st.booleans(),
)
def test_it_is_never_faster_than_the_cap_or_the_longest_chain(
    exposed: list[int], calls: int, concurrency: int, *, slow: bool, prepares: bool
) -> None:
    """Whatever the limits are; and it ends."""
    pace = Pace(calls=calls, latency=0.1)
    chains = [Chain(ready=UP * 3, exposed=(0.0,) * (1 + more)) for more in exposed]
    limits = Limits(fleet=5, concurrency=concurrency, slow_start=slow)
    found = play(chains, limits, pace, prepares=prepares)
    every = sum(chain.calls for chain in chains)

    assert found >= calls_seconds(every, pace) - 1e-6
    assert found >= max(chain.calls for chain in chains) * 0.1 - 1e-6


def test_accounts_go_beside_each_other() -> None:
    """Half of the fleet in each of two: half of the time; the slower one counts."""
    chains = [
        Chain(ready=UP * 8, exposed=(0.0,) * 3, account=("", "eu")[place % 2])
        for place in range(400)
    ]
    slow = Pace(calls=100, latency=0.08, others={"eu": Pace(calls=25, latency=0.08)})
    alone = play([evolve(c, account="") for c in chains], WIDE, PACE, prepares=True)
    both = play(chains, WIDE, PACE, prepares=True)
    one_slow = play(chains, WIDE, slow, prepares=True)

    assert both == pytest.approx(alone / 2, rel=0.05)
    assert one_slow == pytest.approx(calls_seconds(2200, slow.at("eu")), rel=0.05)
    assert 4.0 == pytest.approx(
        under_caps({"": 2200, "eu": 2200}, slow) / calls_seconds(2200, PACE), rel=0.05
    )
    assert 0.0 == under_caps({}, slow)
