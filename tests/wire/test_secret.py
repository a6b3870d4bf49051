"""A secret shows itself to nobody."""

from __future__ import annotations

import json
import pickle

import cattrs
import pytest
from attrs import frozen

from esa_flows.errors import InvalidInput
from esa_flows.wire.secret import Secret, redacted

TEXT = "canary-3f9a"


@frozen
class Holder:
    """Something with a secret in it."""

    secret: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(TEXT)),
        str(Secret(TEXT)),
        f"{Secret(TEXT)}",
        f"{Secret(TEXT)!r:>20}",
        f"{Secret(TEXT):>20}",
        repr([Secret(TEXT)]),
        repr(Holder(Secret(TEXT))),
        repr(pickle.dumps(Secret(TEXT))),
        json.dumps(cattrs.unstructure(Holder(Secret(TEXT)))),
    ],
)
def test_nobody_sees_it(shown: str) -> None:
    """However a secret is shown, copied or stored, only stars come out."""
    assert TEXT not in shown
    assert "***" in shown


def test_reveal_gives_it() -> None:
    """The text itself comes out of one door."""
    assert Secret(TEXT).reveal() == TEXT


def test_a_pickled_secret_comes_back_as_stars() -> None:
    """A copy that travelled is good for nothing."""
    assert pickle.loads(pickle.dumps(Secret(TEXT))).reveal() == "***"


def test_secrets_compare_by_what_they_hide() -> None:
    """Two secrets are equal when their texts are, and never equal to a text."""
    same = {Secret(TEXT), Secret(TEXT), Secret("other")}

    assert len(same) == 2
    assert Secret(TEXT) != TEXT


def test_it_cannot_be_changed() -> None:
    """A secret is a value."""
    with pytest.raises(AttributeError):
        Secret(TEXT).shown = TEXT  # type: ignore[misc]


def test_an_empty_secret_is_refused() -> None:
    """An empty text is a forgotten one."""
    with pytest.raises(InvalidInput, match="A secret is empty"):
        Secret("")


def test_redacted_removes_each_secret() -> None:
    """A stranger's text loses every secret it quotes; `None` is no secret."""
    text = redacted("a canary-3f9a b pass c", (Secret(TEXT), None, Secret("pass")))

    assert text == "a *** b *** c"
