"""Which answers of an edge are good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import Answer, Expect, HeaderRule, TextRule
from esa_flows.gates.verdict import Verdict
from esa_flows.model import Duration

ANSWER = Answer(
    status=200, headers={"x-build": "abc-1"}, body=b" it works \n", elapsed=0.25
)


@pytest.mark.parametrize(
    ("expect", "fault"),
    [
        ({}, ""),
        ({"headers": ("X-Build", "abc-1", True)}, ""),
        ({"headers": ("x-build", "abc", False)}, ""),
        (
            {"headers": ("x-build", "abc", True)},
            "its header x-build is 'abc-1', not 'abc'",
        ),
        (
            {"headers": ("x-other", "abc", False)},
            "its header x-other is missing, not with 'abc' in it",
        ),
        ({"body": TextRule(text="works")}, ""),
        ({"body": TextRule(text="it works", is_whole=True)}, ""),
        ({"body": TextRule(text="works", is_whole=True)}, "its body is not 'works'"),
        ({"latency": Duration(0.3)}, ""),
        ({"latency": Duration(0.25)}, "it took 0.250 s, not less than 0.25s"),
    ],
)
def test_an_answer_is_held_against_what_is_expected(
    expect: dict[str, Any], fault: str
) -> None:
    """The first thing that is wrong is told."""
    if "headers" in expect:
        name, text, whole = expect["headers"]
        rule = TextRule(text=text, is_whole=whole)
        expect = {"headers": (HeaderRule(name=name, rule=rule),)}

    assert fault == Expect(**expect).fault(ANSWER)


def test_the_status_alone_may_tell() -> None:
    """No answer is an error, a login nothing, the rest good or bad."""
    expect = Expect(below=400)

    assert Verdict.ERROR is expect.of(None)
    assert Verdict.INCONCLUSIVE is expect.of(401)
    assert Verdict.PASS is expect.of(399)
    assert Verdict.FAIL is expect.of(400)
    assert Verdict.PASS is Expect(statuses=frozenset({401})).of(401)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: Expect(below=100), "100 bounds no HTTP status"),
        (lambda: Expect(statuses=frozenset({99})), "99 is no HTTP status"),
        (lambda: TextRule(text=""), "'' is no text to look for"),
        (lambda: TextRule(text="a\nb"), "is no text to look for"),
        (
            lambda: HeaderRule(name="a b", rule=TextRule(text="x")),
            "'a b' names no header",
        ),
    ],
)
def test_what_cannot_be_expected_is_refused(
    made: Callable[[], object], why: str
) -> None:
    """Before anything is asked."""
    with pytest.raises(InvalidInput, match=why):
        made()


def test_it_says_which_statuses_are_good() -> None:
    """For sentences."""
    assert "less than 500" == str(Expect())
    assert "200 or 204" == str(Expect(statuses=frozenset({204, 200})))
