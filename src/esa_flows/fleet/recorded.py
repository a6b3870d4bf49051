"""The plan of a way back, as the journal of its run holds it: pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from esa_flows.engine.codec import decode
from esa_flows.fleet.fallback import Fallback, fallback, way_back_in
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.undo import Undo, undo
from esa_flows.fleet.way_back import WayBack, way_back_of

__all__ = ["WAYS_BACK", "recorded_way_back"]


def _undone(recorded: Mapping[str, Any], pace: Pace) -> WayBack:
    return way_back_of(decode(recorded, Undo), pace)


def _fallen_back(recorded: Mapping[str, Any], pace: Pace) -> WayBack:
    return way_back_in(decode(recorded, Fallback), pace)


WAYS_BACK: Mapping[str, Callable[[Mapping[str, Any], Pace], WayBack]] = (
    MappingProxyType({undo.name: _undone, fallback.name: _fallen_back})
)
"""How the inputs of runs are read that take many routines back, by their flows."""


def recorded_way_back(started: Mapping[str, Any], pace: Pace) -> WayBack | None:
    """Give the plan that a run carries out; None where it takes nothing back.

    Args:
        started: How the run began; empty where its process died before that.
        pace: How fast calls go, in accounts of which it says nothing.
    """
    read, recorded = WAYS_BACK.get(started.get("flow", "")), started.get("input")
    return read(recorded, pace) if read and recorded is not None else None
