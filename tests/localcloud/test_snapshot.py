"""The state survives as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from esa_flows.localcloud import KEY
from esa_flows.localcloud.snapshot import dump_state, load_state

from .desk import START, Desk, desk


def full() -> Desk:
    """Return a desk with something of everything."""
    made = desk(ready_after=2.5)
    made.cloud.console.add_key(
        evolve(KEY, id="STS.x", token="CAISFake", expires=START, active=False)
    )
    version = made.version()
    made.seconds = 5
    made.deploy("production", {version: 100})
    made.deploy("production", {made.cloud.console.add_version("hello", b"\xff"): 100})
    made.cloud.console.routine("empty")
    return made


def test_a_saved_state_is_the_state() -> None:
    """Keys, routines, slots, versions, deployments, objects, the last id."""
    state = full().cloud.state

    assert load_state(dump_state(state)) == state


def test_a_cloud_saves_and_loads(tmp_path: Path) -> None:
    """Another cloud goes on where the first stopped."""
    first = full()
    first.cloud.save(tmp_path / "state.json")
    second = desk()
    second.cloud.load(tmp_path / "state.json")

    assert second.ask("ListUserRoutines")["TotalCount"] == 2
    assert second.visit().status == 200


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 0}', "{"])
def test_other_files_are_refused(text: str) -> None:
    """Only a saved state of this format is loaded."""
    with pytest.raises(ValueError, match=r"not a saved local cloud|Expecting"):
        load_state(text)
