"""Values of a rollout's file, each by its own grammar."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.fleet.amount import Amount
from esa_flows.fleet.file_values import CONVERTER
from esa_flows.model import AreaCanary, Canary


def test_a_canary_may_be_a_list_and_go_by_areas() -> None:
    """As a text, as a list of texts; by shares, or by areas on DCDN."""
    kind: Any = Canary | AreaCanary | None
    read = [
        CONVERTER.structure(value, kind)
        for value in ("10:5m,100", ["10:5m", "100"], "Zhejiang:10m,production")
    ]

    assert [Canary, Canary, AreaCanary] == [type(value) for value in read]
    assert read[0] == read[1]


def test_the_rest_is_no_number() -> None:
    """A wave without a size takes all that are left."""
    kind: Any = Amount | None

    assert None is CONVERTER.structure("rest", kind)


@pytest.mark.parametrize("value", [True, 1.5, [1]])
def test_what_is_no_number_of_routines_is_refused(value: object) -> None:
    """Neither yes nor a part of one."""
    with pytest.raises(InvalidInput, match="is no number of routines"):
        CONVERTER.structure(value, Amount)
