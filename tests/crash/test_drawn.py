"""Scenarios drawn from a seed: several disturbances, and ones that never stop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.crash.draw import drawn, drawn_over_http, unsafe
from tests.crash.scenario import Scenario, play_alone
from tests.crash.sweep import broken_in

SEED = 2
MANY = 60
"""Scenarios of each kind; `make sweep` plays many more, from another seed."""


@pytest.mark.parametrize("begin", range(0, MANY, 30))
@pytest.mark.parametrize("draw", [drawn, unsafe, drawn_over_http])
def test_whatever_goes_wrong_no_promise_is_broken(
    draw: Callable[[int, int], Scenario], begin: int
) -> None:
    """It ends where it ends undisturbed, or fails safely and is done again.

    Where it never stops going wrong, what may never happen does not; and it is all the
    same through the real HTTP client.
    """
    for number in range(begin, begin + 30):
        scenario = draw(SEED, number)
        found = broken_in(scenario, play_alone(scenario))

        assert (str(scenario), ()) == (str(scenario), found)


def test_a_seed_tells_everything() -> None:
    """The same number is the same scenario, and plays the same."""
    one, again = play_alone(drawn(7, 3)), play_alone(drawn(7, 3))

    assert str(drawn(7, 3)) == str(drawn(7, 3))
    assert str(drawn(7, 3)) != str(drawn(8, 3))
    assert list(map(str, one.world.acts)) == list(map(str, again.world.acts))


def test_the_http_client_changes_nothing() -> None:
    """The same calls and records, whoever carries them."""
    short, long = play_alone(drawn(7, 4)), play_alone(drawn_over_http(7, 4))

    assert list(map(str, short.world.acts)) == list(map(str, long.world.acts))
