"""Every call and every record of every flow is struck once, in every way."""

from __future__ import annotations

from itertools import islice

import pytest
from tests.crash.draw import singles
from tests.crash.plays import PLAYS, Play
from tests.crash.scenario import play_alone
from tests.protocol.plots import TOLD, stray_of

PARTS = 4
"""Tests that share the scenarios of a flow."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("play", PLAYS, ids=str)
def test_one_disturbance_anywhere_changes_nothing_in_the_end(
    play: Play, part: int
) -> None:
    """The same end, no version too many, no broken promise; as the model has it."""
    for scenario in islice(singles(play), part, None, PARTS):
        played = play_alone(scenario)
        stray = stray_of(play, played.world) if play in TOLD else ""

        assert (str(scenario), (), "") == (str(scenario), played.violations, stray)
