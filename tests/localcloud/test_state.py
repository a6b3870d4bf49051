"""Transitions of the memory: refused ones change nothing."""

from __future__ import annotations

import random

import pytest

from esa_flows.localcloud import CloudError, State

from .desk import START, desk


def test_ids_grow_even_when_the_clock_stands_or_goes_back() -> None:
    """Unique and larger than every one before."""
    state = State()
    dice = random.Random(0)
    first = state.new_id(START, dice)
    second = state.new_id(START, dice)
    third = state.new_id(START.replace(year=2020), dice)

    assert first < second < third


def test_ids_are_exact_nanoseconds() -> None:
    """No float rounds them: the microseconds of the moment are all there."""
    moment = START.replace(microsecond=123456)

    assert State().new_id(moment, random.Random(0)).startswith("1767323045123456")


def test_a_routine_is_created_once() -> None:
    """The refusal leaves the first as it was."""
    state = State()
    first = state.create_routine("1", "hello", description="a", now=START)

    with pytest.raises(CloudError, match="RoutineAlreadyExist"):
        state.create_routine("1", "hello", description="b", now=START)

    assert state.routine("1", "hello") is first


def test_accounts_do_not_see_each_other() -> None:
    """The same name twice, two routines, two records."""
    state = State()
    one = state.create_routine("1", "hello", description="", now=START)
    two = state.create_routine("2", "hello", description="", now=START)

    assert state.of_account("1") == [one]
    assert one.record != two.record
    assert len(state.records) == 2


def test_reprs_are_short_and_hold_no_code() -> None:
    """Names and counts."""
    made = desk()
    version = made.version()
    made.deploy("staging", {version: 100})
    routine = made.cloud.console.routine("hello")

    assert repr(made.cloud.state) == "<State: 1 routines, 1 keys>"
    assert repr(routine) == (
        f"<Routine hello: 1 versions, {{'staging': {{'{version}': 100}}}}>"
    )
    assert "Response" not in repr(routine.versions) + repr(routine.slot)
