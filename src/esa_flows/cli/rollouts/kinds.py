"""Which runs are about many routines, which of them go back, what they plan; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from esa_flows.cli.rollouts.outline import Outline
from esa_flows.engine.codec import decode
from esa_flows.engine.view import RunView
from esa_flows.fleet.fallback import Fallback, fallback, way_back_in
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.rollout import rollout
from esa_flows.fleet.undo import Undo, undo
from esa_flows.fleet.way_back import way_back_of

__all__ = ["FLEETS", "is_fleet", "is_way_back", "outline_of"]

_WAYS_BACK = frozenset({undo.name, fallback.name})

FLEETS = _WAYS_BACK | {rollout.name}
"""Flows whose runs have a run of its own for each routine."""


def is_fleet(view: RunView) -> bool:
    """Tell whether a run is about many routines.

    Args:
        view: The run.
    """
    return view.run.flow in FLEETS


def is_way_back(view: RunView) -> bool:
    """Tell whether a run takes many routines back.

    Args:
        view: The run.
    """
    return view.run.flow in _WAYS_BACK


def outline_of(view: RunView, *, cap: int = 100) -> Outline:
    """Give what is planned, as the journal holds it.

    Args:
        view: A run about many routines.
        cap: Calls allowed in any second of an account that says nothing of it.
    """
    recorded = view.history.started.get("input")
    if recorded is None:  # its process died before it did anything
        return Outline(waves=(), cap=cap, is_back=is_way_back(view))

    return _READ[view.run.flow](recorded, cap)


def _rolled_out(recorded: Mapping[str, Any], cap: int) -> Outline:
    return Outline.read(recorded, cap=cap)


def _undone(recorded: Mapping[str, Any], cap: int) -> Outline:
    return Outline.back(way_back_of(decode(recorded, Undo), Pace(calls=cap)))


def _fallen_back(recorded: Mapping[str, Any], cap: int) -> Outline:
    return Outline.back(way_back_in(decode(recorded, Fallback), Pace(calls=cap)))


_READ: Mapping[str, Callable[[Mapping[str, Any], int], Outline]] = MappingProxyType(
    {rollout.name: _rolled_out, undo.name: _undone, fallback.name: _fallen_back}
)
