"""The canary areas."""

from __future__ import annotations

from esa_flows.localcloud.areas import AREAS


def test_there_are_as_many_as_documented() -> None:
    """34 of the mainland and one for overseas, none twice."""
    assert len(set(AREAS)) == 35
    assert all(name.startswith("presetCanary") for name in AREAS)
