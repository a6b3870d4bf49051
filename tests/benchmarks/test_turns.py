"""Arms of the benchmarks take turns in fresh processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.turns import Arm, middle, pairwise, take_turns

ONE = Arm("one", ("-c", 'print("noise"); print(\'{"us": 2.0}\')'))
OTHER = Arm("other", ("-c", "print('{\"us\": 8.0}')"))


@pytest.mark.real_time
async def test_arms_take_turns_in_processes_of_their_own() -> None:
    """The last line of each is its figures."""
    found = await take_turns([ONE, OTHER], 2)

    assert {"one": [{"us": 2.0}] * 2, "other": [{"us": 8.0}] * 2} == found


@pytest.mark.real_time
async def test_an_arm_without_its_environment_is_left_out_aloud(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who has not installed the peers still gets our figures."""
    missing = Arm("peer", ("-c", ""), Path("/nowhere/python"))

    found = await take_turns([ONE, missing], 1)

    assert ["one"] == list(found)
    assert "peer is left out: no /nowhere/python.\n" == capsys.readouterr().err


def test_ratios_are_those_of_neighbours() -> None:
    """A busy minute slows both of a pair, and does not count."""
    found = {
        "ours": [{"us": 10.0}, {"us": 100.0}, {"us": 10.0}],
        "peer": [{"us": 20.0}, {"us": 200.0}, {"us": 5.0}],
    }

    assert 0.5 == pairwise(found, "ours", "peer", "us")
    assert 20.0 == middle(found, "peer", "us")
