"""Names are checked when they are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests import strategies as some

from esa_flows.errors import InvalidInput
from esa_flows.model import (
    AccountName,
    Bundle,
    Digest,
    Routine,
    RoutineId,
    RoutineName,
    Version,
    VersionId,
)


@pytest.mark.parametrize(
    "text", ["", "a", "Edge", "1edge", "-edge", "ed_ge", "edge\n", "a" * 129, "é-edge"]
)
def test_a_name_the_provider_would_refuse_is_refused(text: str) -> None:
    """The sentence has the name and the rule."""
    with pytest.raises(InvalidInput) as caught:
        RoutineName(text)

    assert str(caught.value) == (
        f"{text!r} is not a routine name: the provider takes 2 to 128 lower-case"
        " letters, digits and hyphens, starting with a letter."
    )


@pytest.mark.parametrize(
    "text", ["", "v1", "1.5", "-1", "1 ", "1\n", "\u0661", "1" * 33]
)
def test_what_is_no_version_id_is_refused(text: str) -> None:
    """The sentence says where to find one."""
    with pytest.raises(InvalidInput) as caught:
        VersionId(text)

    assert str(caught.value) == (
        f"{text!r} is not a version id: expected decimal digits,"
        " as `esa-flows versions list NAME` shows them."
    )


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64])
def test_what_is_no_digest_is_refused(text: str) -> None:
    """A digest is 64 lower-case hexadecimal digits."""
    with pytest.raises(InvalidInput, match="is not a digest: expected 64 hexadecimal"):
        Digest(text)


@given(some.routine_names, some.version_ids, some.digests)
def test_checked_texts_are_texts(name: str, version: str, digest: Digest) -> None:
    """They are the text they were made of."""
    assert RoutineName(str(name)) == name
    assert VersionId(str(version)) == version
    assert Digest(str(digest)) == digest
    assert digest.short == str(digest)[:16]


@pytest.mark.parametrize(
    "name", [RoutineName("edge"), VersionId("1"), Digest("0" * 64)]
)
def test_what_is_a_name_already_is_taken_as_it_is(name: str) -> None:
    """Many values hold the same name: it is checked once, and there once."""
    again = type(name)(name)

    assert again is name


def test_a_name_of_another_kind_is_held_to_the_rule() -> None:
    """A version's id is no routine's name, though both are text."""
    with pytest.raises(InvalidInput, match="is not a routine name"):
        RoutineName(VersionId("12"))


def test_plain_texts_are_checked_where_they_come_in() -> None:
    """Values made of plain texts are held to the same rules."""
    with pytest.raises(InvalidInput, match="is not a routine name"):
        Routine(name="Edge")

    with pytest.raises(InvalidInput, match="is not a version id"):
        Version(id="one")

    with pytest.raises(InvalidInput, match="is not a digest"):
        Bundle(digest="abc", size=1)


@pytest.mark.parametrize("text", ["", "EU", "1eu", "eu_west", "esa", "dcdn", "a" * 64])
def test_what_cannot_stand_before_a_name_is_no_account(text: str) -> None:
    """Journals and screens write it so; the clouds' own names stand there already."""
    with pytest.raises(InvalidInput, match="not a name for an account"):
        AccountName(text)


def test_a_routine_of_a_rollout_is_known_by_account_and_name() -> None:
    """The client's own account has no name; both come out as they went in."""
    own, other = RoutineId.of("", "cart"), RoutineId.of("eu", "cart")

    assert ("cart", "eu/cart") == (own, other)
    assert [("", "cart"), ("eu", "cart")] == [(i.account, i.name) for i in (own, other)]


@pytest.mark.parametrize("text", ["/cart", "eu/", "EU/cart", "eu/Cart", "a/b/cart"])
def test_half_an_id_is_none(text: str) -> None:
    """Nothing before the slash, or nothing after it, names no routine."""
    with pytest.raises(InvalidInput):
        RoutineId(text)
