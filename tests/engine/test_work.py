"""What steps are called in their run."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from esa_flows.engine.work import Identity, checked_word
from esa_flows.errors import StepMisuse

words = st.text(
    st.characters(categories=("L", "N", "P"), exclude_characters="/[]#"),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        (Identity((), "upload"), "upload#1"),
        (Identity((), "deploy", "production:25"), "deploy[production:25]#1"),
        (
            Identity(("wave", "edge"), "deploy", "staging", 2),
            "wave/edge/deploy[staging]#2",
        ),
    ],
)
def test_an_identity_is_written_as_path_name_key_round(
    identity: Identity, text: str
) -> None:
    """People read in the journal where in the run a step is."""
    assert str(identity) == text


@pytest.mark.parametrize("word", ["a/b", "a[b", "a]", "#", "a\nb", "\x00"])
def test_a_word_that_would_be_ambiguous_is_refused(word: str) -> None:
    """What divides an identity's parts cannot be in them."""
    with pytest.raises(StepMisuse) as caught:
        checked_word(word)

    assert str(caught.value) == f"{word!r} cannot name a step: / [ ] # are reserved."


def test_a_key_is_checked() -> None:
    """Keys come from data, and are held to the same rule."""
    with pytest.raises(StepMisuse, match="'a#2' cannot name a step"):
        Identity((), "deploy", "a#2")


identities = st.builds(
    Identity,
    path=st.lists(words, max_size=2).map(tuple),
    name=words,
    key=st.just("") | words,
    round=st.integers(1, 12),
)


@given(identities, identities)
def test_two_identities_are_never_written_alike(one: Identity, two: Identity) -> None:
    """The journal finds a step by its text."""
    assume(one != two)

    assert str(one) != str(two)


@given(identities)
def test_an_identity_is_read_as_it_was_written(one: Identity) -> None:
    """Whoever looks at a journal gets its parts back."""
    assert one == Identity.read(str(one))


@pytest.mark.parametrize("text", ["", "observe", "a#x", "[k]#1", "a[b]"])
def test_what_is_no_identity_is_none(text: str) -> None:
    """A row about the run itself has no step."""
    assert Identity.read(text) is None
