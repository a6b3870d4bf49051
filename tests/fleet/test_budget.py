"""How many may be exposed, held against a simulation of every order of ends."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.fleet.budget import (
    Limits,
    Standing,
    is_passed,
    limits_of,
    most_exposed,
    room,
)
from esa_flows.fleet.spec import FailureBudget, Member, Mode, Rollout

LIMITS = st.builds(
    Limits,
    fleet=st.integers(0, 6),
    wave=st.none() | st.integers(0, 4),
    mode=st.sampled_from(Mode),
    concurrency=st.integers(1, 8),
    slow_start=st.booleans(),
)


def _played(
    limits: Limits, fates: list[bool], choices: st.DataObject
) -> tuple[Standing, int]:
    """Expose whenever there is room, end in any order; give the end and the most."""
    now, under_way, left, most = Standing(), list[bool](), list(fates), 0
    while left or under_way:
        while left and room(limits, now):
            under_way.append(left.pop(0))
            now = evolve(now, exposed=now.exposed + 1)

        most = max(most, now.exposed)
        if not under_way:
            break

        which = choices.draw(st.integers(0, len(under_way) - 1))
        is_good = under_way.pop(which)
        now = evolve(
            now,
            exposed=now.exposed - 1,
            proven=now.proven + is_good,
            failures=now.failures + (not is_good),
            in_wave=now.in_wave + (not is_good),
        )

    return now, most


@given(LIMITS, st.lists(st.booleans(), max_size=30), st.data())
def test_the_budget_holds_in_every_order(
    limits: Limits, fates: list[bool], choices: st.DataObject
) -> None:
    """Strict: one too many at most. Soft: what was under way on top, at most."""
    end, most = _played(limits, fates, choices)
    tolerated = min(limits.fleet, limits.fleet if limits.wave is None else limits.wave)
    if limits.mode is Mode.STRICT:
        assert end.failures <= tolerated + 1
    else:
        assert end.failures <= tolerated + limits.concurrency

    assert most <= limits.concurrency
    assert is_passed(limits, end) is (end.failures > tolerated)


@given(LIMITS, st.lists(st.booleans(), max_size=30), st.data())
def test_nobody_is_left_while_the_budget_lasts(
    limits: Limits, fates: list[bool], choices: st.DataObject
) -> None:
    """There is always room for one, until it is passed."""
    end, _ = _played(limits, fates, choices)
    if not is_passed(limits, end):
        assert len(fates) == end.proven + end.failures


@given(LIMITS, st.integers(1, 30))
def test_what_the_plan_prints_is_reached_and_never_passed(
    limits: Limits, count: int
) -> None:
    """Where nothing fails, so many are exposed at once, and no more."""
    told, why = most_exposed(limits, count)

    assert told <= count
    assert why
    assert told == min(count, room(limits, Standing(proven=count)))


def test_a_slow_start_doubles() -> None:
    """One, then two, then four."""
    limits = Limits(fleet=100, slow_start=True)

    assert [1, 2, 4, 8] == [room(limits, Standing(proven=n)) for n in (0, 1, 3, 7)]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(fleet=0), (1, "strict: 0 more may fail")),
        (Limits(fleet=2), (3, "strict: 2 more may fail")),
        (Limits(fleet=9, wave=1), (2, "strict: 1 more may fail")),
        (Limits(fleet=99), (20, "all of them")),
        (Limits(fleet=99, concurrency=8), (8, "the concurrency")),
        (Limits(fleet=0, mode=Mode.SOFT, concurrency=8), (8, "the concurrency")),
    ],
)
def test_the_plan_says_why(limits: Limits, told: tuple[int, str]) -> None:
    """Of twenty routines so many are exposed at once, for this reason."""
    assert told == most_exposed(limits, 20)


def test_all_at_once_is_no_bound() -> None:
    """Where just as many may be exposed as there are; and that is what is usual."""
    assert (3, "all of them") == most_exposed(Limits(fleet=2), 3)
    assert (64, "all of them") == most_exposed(Limits(fleet=99), 64)
    assert 64 == most_exposed(Limits(fleet=99), 65)[0]


def test_tolerances_are_rounded_down() -> None:
    """Two per cent of 121 are 2; of a wave of 12 none."""
    budget = FailureBudget(fleet="2%", wave="2%")
    rollout = Rollout(members=[Member("shop", b"x")], budget=budget, concurrency=7)
    limits = limits_of(rollout, fleet=121, wave=12)

    assert (2, 0, 7) == (limits.fleet, limits.wave, limits.concurrency)


def test_a_passed_budget_has_no_room() -> None:
    """Nothing more is exposed, whatever the mode."""
    for mode in Mode:
        limits = Limits(fleet=1, mode=mode)

        assert 0 == room(limits, Standing(failures=2))
