"""What leads visitors to a routine, as values."""

from __future__ import annotations

import pytest
from attrs.exceptions import FrozenInstanceError

from esa_flows.api.route import RelatedRecord, Route


def test_routes_are_values() -> None:
    """Equal where they say the same, and never changed."""
    route = Route(id="7", site="a.com", name="r", rule="true", is_enabled=True)
    record = RelatedRecord(id="8", site="a.com", name="www.a.com")

    assert 0 == route.sequence
    assert RelatedRecord(id="8", site="a.com", name="www.a.com") == record
    with pytest.raises(FrozenInstanceError):
        route.rule = "false"  # type: ignore[misc]
