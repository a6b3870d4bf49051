"""The flows that come with the client."""

from __future__ import annotations

from esa_flows.release.report import Report
from esa_flows.release.shipped import SHIPPED


def test_every_shipped_flow_ends_with_a_report() -> None:
    """A run of any of them can be shown and checked in the same way."""
    assert {Report} == {flow.output for flow in SHIPPED}


def test_no_two_have_one_name() -> None:
    """A run is gone on with by its flow's name."""
    assert len(SHIPPED) == len({flow.name for flow in SHIPPED})
