"""Amounts: how many routines are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import InvalidInput
from esa_flows.fleet.amount import Amount

AMOUNTS = st.builds(Amount, st.integers(0, 10**6)) | st.builds(
    Amount, st.integers(0, 100), st.just(True)
)


@given(AMOUNTS)
def test_its_text_is_read_again(amount: Amount) -> None:
    """What is written is what is read."""
    assert amount == Amount.of(str(amount))


@pytest.mark.parametrize("text", ["", "ten", "-1", "1.5", "10%%", "101%", "% 3"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """A sentence shows what could be written instead."""
    with pytest.raises(InvalidInput, match="write 12, or 10% of them"):
        Amount.parse(text)


@pytest.mark.parametrize(
    ("amount", "up", "down"), [("10%", 13, 12), ("1%", 2, 1), ("7", 7, 7), ("0%", 0, 0)]
)
def test_sizes_go_up_and_tolerances_down(amount: str, up: int, down: int) -> None:
    """Ten per cent of 128 are 13 to release, and 12 that may fail."""
    assert (up, down) == (Amount.parse(amount).up(128), Amount.parse(amount).down(128))


def test_a_number_is_an_amount() -> None:
    """Users may write 12 without quotes; an amount stays what it is."""
    assert Amount(12) == Amount.of(12) == Amount.of(Amount(12))
