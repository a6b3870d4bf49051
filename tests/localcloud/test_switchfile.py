"""Switches as plain values."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from esa_flows.localcloud import Switches, switches_from_toml


def test_switches_are_read_from_toml() -> None:
    """Times in seconds, a list of two as a range, what TOML has no null for."""
    text = """
    [switches]
    cap = 0
    cap_scope = ["operation"]
    policy_life = 90
    latency = [0.1, 0.2]
    unknown_record_code = ""
    throttle_code = "Throttling"
    numeric_ids = true
    [switches.dcdn_phrases]
    halted = "stopped"
    """
    told = switches_from_toml(text)

    assert told == Switches(
        cap=None,
        cap_scope=frozenset({"operation"}),
        policy_life=timedelta(seconds=90),
        latency=(0.1, 0.2),
        throttle_code="Throttling",
        numeric_ids=True,
        dcdn_phrases={"halted": "stopped"},
    )


def test_a_file_without_the_table_changes_nothing() -> None:
    """It may be a script of faults."""
    assert switches_from_toml("[[fault]]\n") == Switches()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("warp = 9", "there is no switch 'warp'"),
        ("numeric_ids = 1", "'numeric_ids' must be <class 'bool'>"),
        ("cap = 'many'", "another type"),
        ("list_lag = 1e12", "'list_lag' must be <="),
        ("list_lag = nan", "'list_lag' must be >="),
        ("policy_life = 1e300", "another type"),
        ("latency = [1]", "not enough values"),
        ("throttle_code = 5", "'throttle_code' must be"),
        ("dcdn_phrases = 5", "another type"),
    ],
)
def test_senseless_files_are_refused(line: str, told: str) -> None:
    """With a sentence that names the switch or the type."""
    with pytest.raises(ValueError, match=re.escape(told)):
        switches_from_toml(f"[switches]\n{line}\n")
