"""Scenarios drawn from a seed: several disturbances, and ones that never stop."""

from __future__ import annotations

import pytest
from tests.crash.draw import drawn, unsafe
from tests.crash.scenario import play_alone

SEED = 1
MANY = 200
"""Scenarios of each kind; `make crash` plays as many as one likes."""


@pytest.mark.parametrize("begin", range(0, MANY, 50))
def test_two_or_three_disturbances_change_nothing_in_the_end(begin: int) -> None:
    """It ends where it ends undisturbed, or fails safely and is done again."""
    for number in range(begin, begin + 50):
        scenario = drawn(SEED, number)

        assert (str(scenario), ()) == (str(scenario), play_alone(scenario).violations)


@pytest.mark.parametrize("begin", range(0, MANY, 50))
def test_disturbances_that_never_stop_break_no_promise(begin: int) -> None:
    """Wherever it ends, or not, what may never happen does not."""
    for number in range(begin, begin + 50):
        scenario = unsafe(SEED, number)

        assert (str(scenario), ()) == (str(scenario), play_alone(scenario).violations)


def test_a_seed_tells_everything() -> None:
    """The same number is the same scenario, and plays the same."""
    one, again = play_alone(drawn(7, 3)), play_alone(drawn(7, 3))

    assert str(drawn(7, 3)) == str(drawn(7, 3))
    assert str(drawn(7, 3)) != str(drawn(8, 3))
    assert list(map(str, one.world.acts)) == list(map(str, again.world.acts))
