"""Switches are validated at birth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from esa_flows.localcloud import Switches


def test_defaults_are_the_documented_figures() -> None:
    """Ten versions, a hundred calls, five megabytes, a quarter of an hour."""
    switches = Switches()

    assert switches.version_quota == 10
    assert switches.cap == 100
    assert frozenset({"account", "operation"}) == switches.cap_scope
    assert switches.policy_max_size < 5 * 1024 * 1024
    assert timedelta(minutes=15) == switches.clock_skew


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("version_quota", 0, "'version_quota' must be >= 1"),
        ("cap", 0, "cap must be None or at least 1, got 0"),
        ("cap_scope", {"planet"}, "must be in"),
        ("cap_window", "lunar", "'cap_window' must be in"),
        ("throttle_status", 200, "'throttle_status' must be in"),
        ("policy_life", timedelta(0), "'policy_life' must be >"),
        ("latency", (2.0, 1.0), "latency must be 0 <= low <= high seconds"),
        ("latency", -1.0, "latency must be 0 <= low <= high seconds"),
        ("site", "moon", "'site' must be in"),
    ],
)
def test_senseless_values_are_refused(name: str, value: Any, told: str) -> None:
    """A switch says what it accepts."""
    with pytest.raises(ValueError, match=told):
        Switches(**{name: value})


def test_cap_can_be_switched_off() -> None:
    """None means no cap at all."""
    assert Switches(cap=None).cap is None
