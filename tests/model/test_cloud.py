"""The two clouds, and what journals and commands call them."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.model import Cloud, RoutineName

SHOP = RoutineName("shop")


@pytest.mark.parametrize("cloud", Cloud)
def test_a_subject_is_read_back(cloud: Cloud) -> None:
    """Cloud and name come out as they went in."""
    assert (cloud, SHOP) == Cloud.read(cloud.subject(SHOP))


def test_a_routine_of_esa_is_called_by_its_name_alone() -> None:
    """As it always was in journals; the other cloud's has a word before it."""
    assert "shop" == Cloud.ESA.subject(SHOP)
    assert "dcdn/shop" == Cloud.DCDN.subject(SHOP)
    assert "dcdn/shop" == Cloud.DCDN.subject("dcdn/shop")


def test_a_subject_without_a_routine_is_refused() -> None:
    """What people name their own runs by is no routine."""
    with pytest.raises(InvalidInput, match="not a routine name"):
        Cloud.read("dcdn/Some Thing")


def test_only_the_older_cloud_needs_a_flag() -> None:
    """A command means ESA where it says nothing."""
    assert ("", " --cloud dcdn") == (Cloud.ESA.flag, Cloud.DCDN.flag)
    assert ("ESA", "DCDN") == (Cloud.ESA.label, Cloud.DCDN.label)
