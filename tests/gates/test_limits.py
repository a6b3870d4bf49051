"""How often a gate is read, and what it bears."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.limits import Limits, Unsettled
from esa_flows.model import Duration


def test_the_defaults_bear_no_bad_reading() -> None:
    """One bad reading ends it; three without evidence do not."""
    limits = Limits()

    assert Duration(30) == limits.every
    assert (0, 0, 3, 3) == (
        limits.count,
        limits.failure_limit,
        limits.error_limit,
        limits.inconclusive_limit,
    )
    assert Unsettled.FAIL is limits.on_inconclusive


def test_texts_are_taken() -> None:
    """As users write them."""
    limits = Limits(every="1m", on_inconclusive="hold")

    assert Limits(every=Duration(60), on_inconclusive=Unsettled.HOLD) == limits


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"every": "0s"}, "cannot be read every 0s: 0.1 s is the least"),
        ({"count": -1}, "-1 is no number of readings (count)"),
        ({"error_limit": True}, "(error_limit)"),
        ({"on_inconclusive": "shrug"}, "use fail, hold or pass"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], why: str) -> None:
    """Each sentence says what may be given."""
    with pytest.raises(InvalidInput) as caught:
        Limits(**given)

    assert why in str(caught.value)
