"""What a gate keeps to, in numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.wire.rule import Rule


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"calls": 0}, "A cap of 0 calls a second lets nothing pass"),
        ({"calls": -3}, "A cap of -3 calls a second lets nothing pass"),
        ({"calls": math.nan}, "A cap of nan calls a second lets nothing pass"),
        ({"calls": 1.5}, "A cap of 1.5 calls a second lets nothing pass"),
        ({"period": 0.0}, "A period of 0.0 s does not keep a cap"),
        ({"period": math.nan}, "A period of nan s does not keep a cap"),
        ({"period": math.inf}, "A period of inf s does not keep a cap"),
        ({"grace": -1.0}, "A grace of -1.0 s and a credit of 0.0 cannot be used"),
        ({"grace": math.nan}, "A grace of nan s"),
        ({"credit": 1.0}, "a credit of 1.0 cannot be used"),
        ({"credit": math.nan}, "a credit of nan cannot be used"),
        ({"burst": 0}, "A burst of less than one call lets nothing pass"),
    ],
)
def test_numbers_that_keep_no_cap_are_refused(
    numbers: dict[str, Any], words: str
) -> None:
    """A rule is right at birth, or it is not born."""
    with pytest.raises(InvalidInput, match=words):
        Rule(**numbers)
