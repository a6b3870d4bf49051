"""The two clouds, and what commands call them."""

from __future__ import annotations

from esa_flows.model import Cloud


def test_only_the_older_cloud_needs_a_flag() -> None:
    """A command means ESA where it says nothing."""
    assert ("", " --cloud dcdn") == (Cloud.ESA.flag, Cloud.DCDN.flag)
    assert ("ESA", "DCDN") == (Cloud.ESA.label, Cloud.DCDN.label)
