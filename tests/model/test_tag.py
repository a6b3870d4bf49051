"""Tags in descriptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as some

from esa_flows.model import (
    Environment,
    Tag,
    Version,
    VersionId,
)

ONE, TWO = VersionId("1000000000000000001"), VersionId("1000000000000000002")


@given(some.tags, some.texts)
def test_a_tag_is_found_in_a_description(tag: Tag, before: str) -> None:
    """All but the cut text comes back, wherever in the description it begins."""
    found = Tag.find(f"{before}\n{tag}")

    assert found is not None
    assert tag.text.startswith(found.text)
    assert found == Tag(
        content=tag.content,
        run=tag.run,
        previous=tag.previous,
        environment=tag.environment,
        commit=tag.commit,
        text=found.text,
    )


@given(some.tags)
def test_a_tag_fits_in_a_description(tag: Tag) -> None:
    """100 bytes at most, and the text is cut no more than it must be."""
    written = str(tag)
    found = Tag.find(written)

    assert len(written.encode()) <= 100
    assert found is not None
    assert found.text == tag.text or len(written.encode()) > 96


def test_a_tag_is_written_for_people_and_programs() -> None:
    """The form is the same in every description."""
    tag = Tag(
        content="0123456789abcdef",
        run="7q3kzm4x9d2e",
        previous=ONE,
        environment=Environment.PRODUCTION,
        commit="a1b2c3d4e5f6",
        text="发布" * 9,
    )

    assert str(tag) == (
        f"ef1 s=0123456789abcdef r=7q3kzm4x9d2e p={ONE} e=p g=a1b2c3d"
        " | 发布发布发布发布"
    )
    assert Version(id=ONE, description=str(tag)).tag == Tag.find(str(tag))


def test_a_tag_without_room_for_text_has_none() -> None:
    """Where not one character fits, the bar goes too."""
    fits, full = (
        Tag(content="0" * 16, run="r" * n, previous=VersionId("1" * 32), text="发")
        for n in (26, 27)
    )

    assert str(fits).endswith(" g=- | 发")
    assert str(full).endswith(" g=-")


def test_a_tag_that_is_full_is_not_made_longer() -> None:
    """Not by one letter."""
    full = Tag(content="0" * 16, run="r" * 30, previous=VersionId("1" * 32), text="a")

    assert str(full).endswith(" g=-")
    assert len(str(full)) <= 100


@pytest.mark.parametrize(
    "description",
    ["", "by hand", "ef1 s=123", "ef2 s=0123456789abcdef r=7q3k p=- e=- g=-"],
)
def test_a_description_of_somebody_else_has_no_tag(description: str) -> None:
    """What we did not write is not ours."""
    assert Version(id=ONE, description=description).tag is None


@given(st.text(max_size=200))
def test_any_description_can_be_searched(description: str) -> None:
    """No text that people write breaks the search."""
    found = Tag.find(description)

    assert found is None or isinstance(found, Tag)
