"""How the flows that are disturbed everywhere are told to the model.

Of a rollout each routine is told by itself: its legs are one run, until it is taken
back by a run that the model does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve
from tests.crash.every import EVERY
from tests.crash.plays import Play
from tests.crash.scenario import Played
from tests.protocol.traces import Plot, runs_of, stray
from tests.protocol.world import Setting

from esa_flows.files import digest_of
from esa_flows.model import RoutineName
from esa_flows.release.legs import take_back
from esa_flows.testing.witness import Act

GOALS: Mapping[str, str] = {"rollback": "rollback", "prune only": "prune"}
PAIRS = {"variables", "variables at quota", "first variables"}
"""Plays that make a version for each environment."""

OTHERWISE = {
    "assets",
    "abort",
    "resume of a resume",
    "restore",
    "rollback to what is gone",
    "abort first",
    "supersede",
    "fleet taken back",
}
"""Plays the model does not tell: versions made by asking for a form, runs that began
before the play did, codes brought back, canaries of somebody else that are ended, and
a way back whose production and staging are runs of their own. Nor DCDN's, where areas
are the canary and asking for a form makes a version."""

TOLD = tuple(
    play for play in EVERY if play.name not in OTHERWISE and play.product == "esa"
)
QUOTA = 10
STALE = 1
"""Place of the switches under which looks are told what was: the model has none."""


def is_told(play: Play, harsh: int = 0) -> bool:
    """Tell whether the model tells a play.

    Args:
        play: The flow.
        harsh: Place of the switches under which it is played.
    """
    return play in TOLD and harsh != STALE


def plot_of(play: Play, name: RoutineName | None = None) -> Plot:
    """Say what is done, as the model needs it.

    Args:
        play: The flow.
        name: The routine, where it is one of several.
    """
    is_pair = play.name in PAIRS
    return Plot(
        code=digest_of(play.brings[name] if name else play.code),
        plan=() if name in play.kept else play.shares,
        goal=GOALS.get(play.name, "release"),
        setting=Setting(
            cap=play.switches.get("version_quota", QUOTA),
            room=QUOTA if play.name == "prune only" else 1 + is_pair,
            commits=99,
            is_free=is_pair,
        ),
    )


def stray_of(play: Play, played: Played) -> str:
    """Name the first act of a played scenario that the model does not know."""
    if not play.fleet:
        return stray(plot_of(play), played.world.before, played.world.acts)

    for name in play.fleet:
        world = played.worlds[name]
        acts = tuple(_whole(world.acts, played.flows))
        found = stray(plot_of(play, name), world.before, acts)
        if found:
            return f"{name}: {found}"

    return ""


def _whole(acts: tuple[Act, ...], flows: Mapping[str, str]) -> Iterator[Act]:
    """Tell the legs of a routine as one run, up to where it is taken back.

    Who only looked, and began no run of it, is left out: a plan whose process died, or
    that found nothing to do.
    """
    began = {act.actor for act in acts if act.record}
    acts = tuple(act for act in acts if act.effect or act.actor in began)
    numbers = runs_of(acts)
    runs = {numbers[n]: act.record.run for n, act in enumerate(acts) if act.record}
    for number, act in enumerate(acts):
        if flows.get(runs.get(numbers[number], "")) == take_back.name:
            return

        if act.record is None:
            yield act
        else:
            whole = act.record.run.rpartition(".")[0]
            yield evolve(act, record=evolve(act.record, run=whole))
