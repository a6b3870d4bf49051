"""Elements, safe by construction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.pages.stories import EVIL, Page

from esa_flows.cli.pages.markup import element, joined, trusted


def test_an_element_holds_texts_and_elements() -> None:
    """In any nesting, with attributes named as Python can name them."""
    made = element(
        "td", "a < b", [element("b", "c")], class_="x", data_key=0.5, title=None
    )

    assert '<td class="x" data-key="0.5">a &lt; b<b>c</b></td>' == made


def test_elements_without_an_end() -> None:
    """As HTML and SVG write them."""
    assert '<meta charset="utf-8">' == element("meta", charset="utf-8")
    assert '<rect x="1%"/>' == element("rect", x="1%")


@given(st.text() | st.just(EVIL))
def test_no_text_becomes_anything_but_text(text: str) -> None:
    """Whatever it holds, inside an element or an attribute."""
    page = Page.of(element("p", text, [text], title=text))

    assert (["p"], {"title"}) == (page.elements, page.attributes)


@pytest.mark.parametrize("name", ["", "a b", "x>", "1", 'a"'])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """Names are our own, and stay so."""
    with pytest.raises(ValueError, match="is no name of an element"):
        element(name)

    with pytest.raises(ValueError, match="is no name of an element"):
        element("p", **{name: "x"})


def test_our_own_text_is_taken_as_it_is() -> None:
    """A style sheet must not be escaped."""
    assert "<style>a > b</style>" == element("style", trusted("a > b"))
    assert "&lt;i&gt;" == joined(["<i>"])
