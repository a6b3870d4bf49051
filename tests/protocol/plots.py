"""How the flows that are disturbed everywhere are told to the model."""

from __future__ import annotations

from collections.abc import Mapping

from tests.crash.plays import PLAYS, Play
from tests.crash.verdict import World
from tests.protocol.traces import Plot, stray
from tests.protocol.world import Setting

from esa_flows.files import digest_of

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
}
"""Plays the model does not tell: versions made by asking for a form, runs that began
before the play did, codes brought back, canaries of somebody else that are ended. Nor
DCDN's, where areas are the canary and asking for a form makes a version."""

TOLD = tuple(
    play for play in PLAYS if play.name not in OTHERWISE and play.product == "esa"
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


def plot_of(play: Play) -> Plot:
    """Say what is done, as the model needs it."""
    is_pair = play.name in PAIRS
    return Plot(
        code=digest_of(play.code),
        plan=play.shares,
        goal=GOALS.get(play.name, "release"),
        setting=Setting(
            cap=play.switches.get("version_quota", QUOTA),
            room=QUOTA if play.name == "prune only" else 1 + is_pair,
            commits=99,
            is_free=is_pair,
        ),
    )


def stray_of(play: Play, world: World) -> str:
    """Name the first act of a played scenario that the model does not know."""
    return stray(plot_of(play), world.before, world.acts)
