"""Which runs are about many routines, which of them go back, what they plan; pure."""

from __future__ import annotations

from esa_flows.cli.rollouts.outline import Outline
from esa_flows.engine.view import RunView
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.recorded import WAYS_BACK, recorded_way_back
from esa_flows.fleet.rollout import rollout

__all__ = ["FLEETS", "is_fleet", "is_way_back", "outline_of"]

FLEETS = frozenset({*WAYS_BACK, rollout.name})
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
    return view.run.flow in WAYS_BACK


def outline_of(view: RunView, *, cap: int = 100) -> Outline:
    """Give what is planned, as the journal holds it.

    Args:
        view: A run about many routines.
        cap: Calls allowed in any second of an account that says nothing of it.
    """
    started = view.history.started
    if started.get("input") is None:  # its process died before it did anything
        return Outline(waves=(), cap=cap, is_back=is_way_back(view))

    back = recorded_way_back(started, Pace(calls=cap))
    return Outline.back(back) if back else Outline.read(started["input"], cap=cap)
