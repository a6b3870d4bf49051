"""Several runners and somebody at the console, on one routine."""

from __future__ import annotations

import pytest
from tests.crash.crowd import crowd_of, play_crowd

MANY = 32
"""Crowds; `make sweep` plays many more."""


@pytest.mark.parametrize("begin", range(0, MANY, 16))
def test_nobody_breaks_a_promise_in_a_crowd(begin: int) -> None:
    """Nobody's code is overwritten knowingly, nothing unread is served, all end."""
    for seed in range(begin, begin + 16):
        played = play_crowd(seed)

        assert (seed, str(crowd_of(seed)), ()) == (
            seed,
            str(crowd_of(seed)),
            played.violations,
        )
        assert (seed, "over") == (seed, played.world.outcome)
