"""Every play there is: the releases of one routine, and the rollouts of several."""

from __future__ import annotations

from tests.crash.fleets import FLEETS
from tests.crash.plays import PLAYS, Play

EVERY = (*PLAYS, *FLEETS)


def play_named(name: str) -> Play:
    """Find a play."""
    return next(play for play in EVERY if play.name == name)
