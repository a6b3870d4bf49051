"""The tables of a rollout's file as values."""

from __future__ import annotations

from esa_flows.fleet.amount import Amount
from esa_flows.fleet.file_tables import FileRoutine, FileWave, FleetFile


def test_what_a_file_leaves_out() -> None:
    """One wave of all, no failure tolerated, 64 at once."""
    file = FleetFile(routine=(FileRoutine(name="aa"),))

    assert (FileWave(),) == file.rollout.wave
    assert Amount(0) == file.rollout.failures.fleet
    assert 64 == file.limits.concurrency
