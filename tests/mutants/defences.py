"""Every named defence: each is removed once, and a test of its own must notice."""

from __future__ import annotations

from tests.mutants import (
    at_accounts,
    at_api,
    at_cap,
    at_dcdn,
    at_engine,
    at_fleet,
    at_gates,
    at_journal,
    at_people,
    at_points,
    at_release,
    at_showing,
    at_steps,
    at_upkeep,
    at_wire,
)

__all__ = ["DEFENCES"]

DEFENCES = (
    *at_engine.DEFENCES,
    *at_journal.DEFENCES,
    *at_steps.DEFENCES,
    *at_release.DEFENCES,
    *at_accounts.DEFENCES,
    *at_api.DEFENCES,
    *at_dcdn.DEFENCES,
    *at_upkeep.DEFENCES,
    *at_gates.DEFENCES,
    *at_fleet.DEFENCES,
    *at_wire.DEFENCES,
    *at_cap.DEFENCES,
    *at_points.DEFENCES,
    *at_people.DEFENCES,
    *at_showing.DEFENCES,
)
