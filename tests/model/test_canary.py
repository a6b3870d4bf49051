"""Rising shares that end at 100."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests import strategies as some

from esa_flows.errors import InvalidInput
from esa_flows.model import (
    Canary,
    Duration,
    Share,
    Stage,
    VersionId,
)

ONE = VersionId("1000000000000000001")


@given(some.canaries)
def test_a_canary_is_its_text(canary: Canary) -> None:
    """What people read is the canary again."""
    assert Canary.parse(str(canary)) == canary


def test_a_canary_is_written_with_shares_and_bakes() -> None:
    """Blanks and percent signs are allowed, and not repeated."""
    canary = Canary((Stage(10, Duration(300)), Stage(50), Stage(100)))

    assert Canary.parse(" 10% : 5m , 50,100%") == canary
    assert str(canary) == "10:5m,50,100"
    assert Canary.of("10:5m,50,100") == canary
    assert Canary.of(canary) is canary
    assert str(Canary()) == "100"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is not a canary stage: write SHARE or SHARE:BAKE, for example 10:5m."),
        ("10:5m,ten", "'ten' is not a canary stage"),
        ("1000", "'1000' is not a canary stage"),
        ("10.5,100", "'10.5' is not a canary stage"),
        ("10:soon,100", "'soon' is not a duration"),
        ("10:,100", "'' is not a duration"),
        (
            "0,100",
            "0 % is not a share: the provider takes whole numbers from 1 to 100.",
        ),
        ("101", "101 % is not a share"),
        ("10,50", "A canary must end at 100; this one is 10, 50."),
        ("50,10,100", "The shares of a canary must rise; these are 50, 10, 100."),
        ("10,10,100", "Write for example 10:5m,50:5m,100."),
        ("100,100", "must rise"),
    ],
)
def test_what_is_no_canary_is_refused(text: str, sentence: str) -> None:
    """The sentence says which part is wrong."""
    with pytest.raises(InvalidInput) as caught:
        Canary.parse(text)

    assert sentence in str(caught.value)


def test_a_canary_has_a_stage() -> None:
    """Without stages nothing would ever serve."""
    with pytest.raises(InvalidInput, match="this one is empty"):
        Canary(())


@pytest.mark.parametrize("percentage", [0, 101, -5, 10.5, True])
def test_only_whole_shares_are_shares(percentage: Any) -> None:
    """The provider takes whole percents, for stages and splits."""
    with pytest.raises(InvalidInput, match=f"{percentage} % is not a share"):
        Stage(percentage)

    with pytest.raises(InvalidInput, match=f"{percentage} % of version {ONE} is not"):
        Share(ONE, percentage)
