"""Words and values of a gate that asks for a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import Expect, HeaderRule, TextRule
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.sequential import ErrorRate
from esa_flows.gates.spec import Gate
from esa_flows.model import Duration


def test_every_word_has_its_meaning() -> None:
    """Status, header, body, latency and the rate of errors."""
    gate = Gate.parse(
        "https://www.example.com/a?b=c status=200,204 header:X-Build~abc"
        " 'body=it works' latency<800ms errors<1% usual=0.2%"
        " requests=50 patience=2m timeout=5s"
    )

    assert gate.check == HttpCheck(
        host="www.example.com",
        path="/a?b=c",
        expect=Expect(
            statuses=frozenset({200, 204}),
            headers=(HeaderRule(name="x-build", rule=TextRule(text="abc")),),
            body=TextRule(text="it works", is_whole=True),
            latency=Duration(0.8),
        ),
        errors=ErrorRate(limit=1.0, usual=0.2),
        requests=50,
        patience="2m",
        timeout="5s",
    )


def test_a_rate_asks_a_hundred_times() -> None:
    """Where nobody says how often; without a rate as often as it takes."""
    assert 100 == HttpCheck(path="/", errors=ErrorRate(limit=1.0)).looks
    assert 0 == HttpCheck(path="/").looks
    assert 7 == HttpCheck(path="/", requests=7).looks


def test_a_check_is_its_words() -> None:
    """For people."""
    assert "http:/ status<400" == str(HttpCheck(path="/", expect=Expect(below=400)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http:health", "'health' is not a path to ask for"),
        ("http://www.example.com/", "for a host of its own write https://host/path"),
        ("https://a:8443/", "'a:8443' is not a host name"),
        ("http:/ status=ok", "'ok' is no HTTP status"),
        ("http:/ status~5", "Write status< or status= and a value"),
        ("http:/ errors<all", "'all' is no percentage"),
        ("http:/ usual=1%", "Add for example errors<1%"),
        ("http:/ requests=10001", "give 0 to 10000"),
        ("http:/ timeout=0s", "A gate without any time cannot answer"),
    ],
)
def test_wrong_words_are_named(text: str, why: str) -> None:
    """Each sentence says how to write it."""
    with pytest.raises(InvalidInput) as caught:
        Gate.parse(text)

    assert why in str(caught.value)


@pytest.mark.parametrize(
    "made",
    [
        lambda: HttpCheck(path="//x"),
        lambda: HttpCheck(path="/a#b"),
        lambda: HttpCheck(path="/", host="-"),
        lambda: HttpCheck(path="/", requests=-1),
    ],
)
def test_wrong_values_are_refused(made: Callable[[], object]) -> None:
    """Before they travel anywhere."""
    with pytest.raises(InvalidInput):
        made()
