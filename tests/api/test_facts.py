"""What flows may know of a cloud."""

from __future__ import annotations

import pytest
from tests.api.dcdn_desk import DcdnDesk

from esa_flows.api.facts import FACTS
from esa_flows.model import Cloud


def test_every_cloud_has_its_line() -> None:
    """A plan asks the table, and never for a cloud that is not in it."""
    assert {cloud: cloud for cloud in Cloud} == {c: f.cloud for c, f in FACTS.items()}


async def test_the_port_tells_what_the_table_has() -> None:
    """Steps and plans cannot come to differ."""
    desk = DcdnDesk()

    assert FACTS[Cloud.ESA] == desk.esa.facts
    assert FACTS[Cloud.DCDN] == desk.dcdn.facts


@pytest.mark.parametrize("cloud", Cloud)
def test_every_cloud_can_go_step_by_step(cloud: Cloud) -> None:
    """By shares or by areas: else a canary would have no meaning."""
    assert FACTS[cloud].has_shares is not FACTS[cloud].has_areas
