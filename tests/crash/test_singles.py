"""Calls and records of every flow are struck once, in every way.

One scenario in eight, of rollouts one in forty: `make sweep` plays every one of them,
on both backends.
"""

from __future__ import annotations

from itertools import islice

import pytest
from tests.crash.draw import BACKENDS, losses, on_both, positions, singles
from tests.crash.every import EVERY, play_named
from tests.crash.fleets import FLEETS
from tests.crash.plays import PLAYS, Play
from tests.crash.scenario import HARSH, play_alone, undisturbed
from tests.crash.sweep import broken_in

EACH = 8
EACH_LASTING = 40
EACH_HARSH = 250
EACH_LOST = 60
"""Of so many scenarios one is played here."""


def _each(play: Play, each: int) -> int:
    """Give how many scenarios there are for one: a rollout's are long."""
    return each * 5 if play.fleet else each


@pytest.mark.parametrize("play", EVERY, ids=str)
def test_one_disturbance_anywhere_changes_nothing_in_the_end(play: Play) -> None:
    """The same end, no version too many, no broken promise; as the model has it."""
    each = _each(play, EACH)
    for scenario in islice(singles(play), len(play.name) % each, None, each):
        found = broken_in(scenario, play_alone(scenario))

        assert (str(scenario), ()) == (str(scenario), found)


@pytest.mark.parametrize("play", EVERY, ids=str)
def test_a_lasting_disturbance_stops_a_run_where_it_is_or_fails_it_safely(
    play: Play,
) -> None:
    """Once it is lifted a resume, or another release, comes to the right end."""
    for scenario in islice(
        singles(play, lasting=True), 1, None, _each(play, EACH_LASTING)
    ):
        found = broken_in(scenario, play_alone(scenario))

        assert (str(scenario), ()) == (str(scenario), found)


@pytest.mark.parametrize("play", EVERY, ids=str)
def test_one_disturbance_changes_nothing_however_the_provider_behaves(
    play: Play,
) -> None:
    """Under every position of the switches that matters."""
    for harsh in positions(play)[1:]:
        begin = 7 * harsh + len(play.name)
        for scenario in islice(
            singles(play, harsh), begin, None, _each(play, EACH_HARSH)
        ):
            found = broken_in(scenario, play_alone(scenario))

            assert (str(scenario), ()) == (str(scenario), found)


@pytest.mark.parametrize("play", [p for p in FLEETS if p.plan], ids=str)
def test_a_rollout_whose_journal_is_lost_goes_on_by_its_plan(play: Play) -> None:
    """Wherever its process died: the same end, and nothing doubled."""
    for scenario in islice(losses(play), len(play.name), None, EACH_LOST):
        found = broken_in(scenario, play_alone(scenario))

        assert (str(scenario), ()) == (str(scenario), found)


def test_a_flow_is_struck_everywhere_in_every_way() -> None:
    """At every call and record, by everything that can befall it."""
    right = undisturbed("canary")
    struck = [each.disturbances[0] for each in singles(play_named("canary"))]
    calls = {each.number for each in struck if each.at == "call"}
    records = {each.number for each in struck if each.at == "record"}

    assert len(struck) == len(set(struck))
    assert set(range(1, len(right.calls) + 1)) == calls
    assert set(range(1, right.records + 1)) == records
    assert {"die before", "lost", "doubtful", "missing"} <= {s.kind for s in struck}


def test_a_disturbance_is_played_on_both_backends() -> None:
    """The same one, twice."""
    first = next(singles(play_named("fresh")))

    assert list(BACKENDS) == [each.backend for each in on_both(first)]
    assert {first.disturbances} == {each.disturbances for each in on_both(first)}


def test_the_older_cloud_heeds_switches_of_its_own() -> None:
    """They are left out where nobody heeds them."""
    heeded = {play.product: len(positions(play)) for play in PLAYS}

    assert {"dcdn": len(HARSH), "esa": len(HARSH) - 1} == heeded
