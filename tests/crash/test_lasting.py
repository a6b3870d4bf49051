"""What goes wrong goes on going wrong; and the provider behaves the other way."""

from __future__ import annotations

from itertools import islice

import pytest
from tests.crash.draw import positions, singles
from tests.crash.plays import PLAYS, Play
from tests.crash.scenario import play_alone

EACH_LASTING = 8
EACH_HARSH = 32
"""Of so many scenarios one is played here; `make crash MODE=singles` plays them all."""


@pytest.mark.parametrize("play", PLAYS, ids=str)
def test_a_lasting_disturbance_stops_a_run_where_it_is_or_fails_it_safely(
    play: Play,
) -> None:
    """Once it is lifted a resume, or another release, comes to the right end."""
    for scenario in islice(singles(play, lasting=True), 1, None, EACH_LASTING):
        assert (str(scenario), ()) == (str(scenario), play_alone(scenario).violations)


@pytest.mark.parametrize("play", PLAYS, ids=str)
def test_one_disturbance_changes_nothing_however_the_provider_behaves(
    play: Play,
) -> None:
    """Under every position of the switches that matters."""
    for harsh in positions(play)[1:]:
        begin = harsh + len(play.name)
        for scenario in islice(singles(play, harsh), begin, None, EACH_HARSH):
            found = play_alone(scenario).violations

            assert (str(scenario), ()) == (str(scenario), found)
