"""The words in which people write a gate."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.words import Settings, read_words, span_of, table_settings
from esa_flows.model import Duration


def test_a_kind_its_target_and_settings_on_both_sides() -> None:
    """Settings may stand before the target and behind it."""
    kind, target, told = read_words("every=1m http:/health 'body~it works' status<500")

    assert ("http", ("/health",)) == (kind, target)
    assert {"every": "=1m", "body": "~it works", "status": "<500"} == told.given


def test_what_follows_a_command_is_its_own() -> None:
    """Even where it looks like a setting."""
    kind, target, told = read_words("every=1m command:./smoke.sh --fast a=b 'c d'")

    assert ("command", ("./smoke.sh", "--fast", "a=b", "c d")) == (kind, target)
    assert {"every": "=1m"} == told.given


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no gate: none of its words begins with http:, https:, command:"),
        ("ftp:/x", "is no gate"),
        ("http:/x fast", "'fast' in gate 'http:/x fast' is no setting"),
        ("http:/x every=1s every=2s", "sets every twice"),
        ("http:/x 'body~x", "has a quotation without an end"),
    ],
)
def test_a_wrong_word_is_named(text: str, why: str) -> None:
    """The sentence shows it, and an example where one helps."""
    with pytest.raises(InvalidInput) as caught:
        read_words(text)

    assert why in str(caught.value)


def test_a_setting_has_its_signs() -> None:
    """What is to be less stands behind <; the sentence says how to write it."""
    told = Settings("g", {"latency": "=1s", "status": "<500", "count": "=x"})

    assert "<500" == told.take("status", "<=")
    assert None is told.take("body")
    with pytest.raises(InvalidInput, match="latency cannot stand before '='"):
        told.take("latency", "<")

    with pytest.raises(InvalidInput, match="count 'x' is no whole number"):
        told.number("count")


def test_a_table_says_the_same() -> None:
    """Numbers, lists and a table of headers become the same settings."""
    told = table_settings(
        "health",
        {"status": [200, 204], "count": 5, "header": {"x": "~a"}, "latency": "<1s"},
    )

    assert {
        "status": "=200,204",
        "count": "=5",
        "header:x": "~a",
        "latency": "<1s",
    } == told.given
    with pytest.raises(InvalidInput, match="Gate health: count cannot be True"):
        table_settings("health", {"count": True})


def test_milliseconds_are_understood() -> None:
    """Latencies are said so."""
    assert (
        Duration(0.8) == span_of("800ms") == span_of("0.8s") == span_of(Duration(0.8))
    )
