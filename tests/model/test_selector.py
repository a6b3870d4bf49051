"""A text that means many routines at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests import strategies as some

from esa_flows.errors import InvalidInput
from esa_flows.model import RoutineName, Selector


@given(some.selectors)
def test_a_selector_is_its_text(selector: Selector) -> None:
    """What people read is the selector again."""
    assert selector == Selector.parse(str(selector))


@given(some.routine_names)
def test_a_name_selects_itself(name: RoutineName) -> None:
    """Whatever letters it has; and nothing selects all."""
    assert Selector((name,)).matches(name)
    assert Selector.of("").matches(name)


@pytest.mark.parametrize(
    ("text", "fits", "others"),
    [
        ("name:cart-*", ["cart-", "cart-1"], ["cart", "a-cart-1", "Cart-1"]),
        ("name:cart-?", ["cart-1"], ["cart-", "cart-12"]),
        ("name:pay[12]", ["pay1", "pay2"], ["pay3", "pay12"]),
        ("name:pay[!12]", ["pay3"], ["pay1"]),
        (" name : a* , name:b ", ["a1", "b"], ["b1", "c"]),
        ("name:shop", ["shop"], ["shop-2"]),
    ],
)
def test_patterns_fit_whole_names(
    text: str, fits: list[str], others: list[str]
) -> None:
    """One of several is enough."""
    selector = Selector.parse(text)

    assert fits == [name for name in fits + others if selector.matches(name)]


def test_a_selector_is_taken_as_it_is() -> None:
    """Where one was made already."""
    selector = Selector.parse("name:a*")

    assert selector is Selector.of(selector)
    assert selector == Selector.of("name:a*")
    assert "name:*" == str(Selector())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cart-*", "'cart-*' does not say what to look at"),
        ("tier:3", "selected by name. Write for example name:cart-*"),
        ("name:a,", "'' does not say what to look at"),
        ("name:", "'' is no pattern of a routine's name"),
        ("name:a b", "'a b' is no pattern"),
        ("name:!a", "'!a' is no pattern"),
        ("name:[a", "'[a' is no pattern"),
        ("name:[]", "'[]' is no pattern"),
    ],
)
def test_what_selects_nothing_is_refused(text: str, sentence: str) -> None:
    """The sentence says which part is wrong, and shows a right one."""
    with pytest.raises(InvalidInput) as caught:
        Selector.parse(text)

    assert sentence in str(caught.value)
