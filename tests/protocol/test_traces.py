"""What is rehearsed is a behaviour of the model; what breaks a rule is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.crash.every import EVERY, play_named
from tests.crash.plays import Play
from tests.crash.scenario import undisturbed
from tests.protocol.plots import OTHERWISE, TOLD, plot_of, stray_of
from tests.protocol.traces import runs_of, stray

from esa_flows.testing.witness import Act

Acts = tuple[Act, ...]


def _place(acts: Acts, verb: str, nth: int = 0) -> int:
    return [n for n, act in enumerate(acts) if act.verb == verb][nth]


def _unread(acts: Acts) -> Acts:
    """Forget that the new version was read."""
    made = acts[_place(acts, "CommitRoutineStagingCode")].effect.made[0]
    return tuple(act for act in acts if act.given.get("CodeVersion") != made)


def _committed_twice(acts: Acts) -> Acts:
    """Commit again, without a look, when the answer was lost."""
    place = _place(acts, "CommitRoutineStagingCode")
    lost = evolve(acts[place], answer="unknown")
    intent = acts[place - 1]
    return (*acts[:place], lost, intent, lost, *acts[place + 1 :])


def _unintended(acts: Acts) -> Acts:
    """Deploy with no intent recorded."""
    place = _place(acts, "CreateRoutineCodeDeployment")
    return (*acts[: place - 1], *acts[place:])


def _unseen(acts: Acts) -> Acts:
    """Forget every look after the first."""
    first = _place(acts, "GetRoutine")
    looks = "GetRoutine"
    return tuple(a for n, a in enumerate(acts) if n <= first or a.verb != looks)


def _unstaged(acts: Acts) -> Acts:
    """Leave staging out."""
    place = _place(acts, "CreateRoutineCodeDeployment")
    return (*acts[: place - 1], *acts[place + 2 :])


def _half(acts: Acts) -> Acts:
    """Call it released when half of production serves it."""
    place = _place(acts, "CreateRoutineCodeDeployment", -1)
    return (*acts[: place - 1], acts[-1])


def _unrecorded(acts: Acts) -> Acts:
    """Go on with an answer that was never recorded."""
    place = _place(acts, "CommitRoutineStagingCode")
    return (*acts[: place + 1], *acts[place + 2 :])


WRONG: dict[str, Callable[[Acts], Acts]] = {
    "a version is staged unread": _unread,
    "a commit is repeated blindly": _committed_twice,
    "a deployment has no intent": _unintended,
    "production is not looked at": _unseen,
    "staging is left out": _unstaged,
    "the last share is left out": _half,
    "an answer is not recorded": _unrecorded,
}


@pytest.mark.parametrize("play", TOLD, ids=str)
def test_an_undisturbed_play_is_a_behaviour_of_the_model(play: Play) -> None:
    """Every act of every flow, from the first look to the end."""
    assert "" == stray_of(play, undisturbed(play.name))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_trace_is_refused(wrong: str) -> None:
    """A trace that breaks one rule is no behaviour of the model."""
    play = play_named("canary")
    world = undisturbed("canary").world
    acts = WRONG[wrong](world.acts)

    assert acts != world.acts
    assert "of the model" in stray(plot_of(play), world.before, acts)


def test_the_plays_that_are_not_told_are_named() -> None:
    """Nothing is left out by a slip of the pen."""
    esa = {play.name for play in EVERY if play.product == "esa"}

    assert esa == OTHERWISE & esa | {p.name for p in TOLD}


def test_an_act_belongs_to_the_run_its_process_records_next() -> None:
    """Looks before the first record count for the run that is begun."""
    acts = undisturbed("fresh").world.acts

    assert {0} == set(runs_of(acts).values())
    assert {0} == set(runs_of(acts[1:2]).values())
