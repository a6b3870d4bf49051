"""Every call and every record of every flow is struck once, in every way."""

from __future__ import annotations

from itertools import islice

import pytest
from tests.crash.draw import singles
from tests.crash.plays import OLDER, PLAYS, Play
from tests.crash.scenario import play_alone
from tests.protocol.plots import TOLD, stray_of

NEVER = ("A", "B", "C", "D", "E", "H", "I", "J", "K", "L")
"""What holds wherever it ends."""

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


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("play", OLDER, ids=str)
def test_one_disturbance_anywhere_breaks_no_promise_on_the_older_cloud(
    play: Play, part: int
) -> None:
    """A revision may be left over there; nothing else may happen."""
    for scenario in islice(singles(play), part, None, PARTS):
        found = play_alone(scenario).violations
        broken = tuple(each for each in found if each.startswith(NEVER))

        assert (str(scenario), ()) == (str(scenario), broken)
