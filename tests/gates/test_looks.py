"""What looks at an edge tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.errors import InvalidInput
from esa_flows.gates.expect import Expect
from esa_flows.gates.looks import (
    CONFIRM,
    Look,
    Named,
    Question,
    chance_of_a_hit,
    judge,
    looks_needed,
)
from esa_flows.gates.sequential import ErrorRate
from esa_flows.gates.verdict import Reading, Verdict

PASS, FAIL = Verdict.PASS, Verdict.FAIL
INCONCLUSIVE, ERROR = Verdict.INCONCLUSIVE, Verdict.ERROR


def looks(*statuses: int | None, at: str = "203.0.113.7") -> list[Look]:
    """Make looks at one address."""
    return [
        Look(address=at, status=s, trouble="" if s else "It did not answer.")
        for s in statuses
    ]


def read(statuses: Sequence[int | None], **question: Any) -> Reading:
    """Judge looks at one address."""
    return judge(Question(host="shop.example", **question), looks(*statuses))


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([200], PASS),
        ([204], PASS),
        ([302], PASS),
        ([404], PASS),
        ([499], PASS),
        ([500], INCONCLUSIVE),
        ([500, 503], FAIL),
        ([500, 200], PASS),
        ([500, 200, 500], INCONCLUSIVE),
        ([500, 401, 500], INCONCLUSIVE),
        ([500, None, 500], INCONCLUSIVE),
        ([401], INCONCLUSIVE),
        ([401, 401, 401], INCONCLUSIVE),
        ([401, 200], PASS),
        ([None], ERROR),
        ([200, None], ERROR),
        ([None, None, 200], PASS),
    ],
)
def test_looks_at_all_the_traffic(statuses: list[int | None], verdict: Verdict) -> None:
    """Two bad answers in a row are bad, 401 and silence are no evidence."""
    assert read(statuses).verdict is verdict


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([401], PASS),
        ([200], INCONCLUSIVE),
        ([200, 200], FAIL),
        ([204], PASS),
    ],
)
def test_statuses_may_be_named(statuses: list[int | None], verdict: Verdict) -> None:
    """Whoever asks for 401 gets evidence from it."""
    expect = Expect(statuses=frozenset({401, 204}))

    assert read(statuses, expect=expect).verdict is verdict
    assert str(expect) == "204 or 401"


def test_reason_says_who_answered_what() -> None:
    """A sentence for people, facts for reports."""
    found = read([503, 500])

    assert found.reason == (
        "shop.example at 203.0.113.7 answered 500: 2 bad answers, where less than 500"
        " is good."
    )
    assert found.facts == {
        "address": "203.0.113.7",
        "looks": 2,
        "good": 0,
        "bad": 2,
        "elapsed": 0.0,
        "status": 500,
    }
    assert "answered 500, and one answer was bad" in read([500]).reason
    assert "401: it is closed to visitors or wants a login." in read([401]).reason
    assert "gave no answer. It did not answer." in read([None]).reason


def test_worst_address_decides() -> None:
    """A staging with one broken address is broken."""
    mixed = [*looks(200, 200, at="a"), *looks(500, 500, at="b"), *looks(None, at="c")]

    found = judge(Question(host="shop.example"), mixed)

    assert found.verdict is FAIL
    assert found.facts["address"] == "b"


# --- a share of the traffic ---------------------------------------------------------


def test_few_good_answers_at_a_small_share_say_nothing() -> None:
    """They may all have come from the former version."""
    found = read([200] * 28, share=10)

    assert found.verdict is INCONCLUSIVE
    assert found.reason == (
        "shop.example at 203.0.113.7 answered 200; of 28 good answers at least one came"
        " from the new version, which serves 10 %, with a probability of 94.8%;"
        " 29 looks would be enough."
    )


def test_enough_good_answers_at_a_small_share_pass() -> None:
    """The probability is told all the same."""
    found = read([200] * 29, share=10)

    assert found.verdict is PASS
    assert "with a probability of 95.3%." in found.reason


def test_bad_answers_at_a_small_share_need_not_come_in_a_row() -> None:
    """The former version answers well in between."""
    bad = [500, *[200] * 10]

    assert read(bad, share=10).verdict is INCONCLUSIVE
    assert read([*bad, *bad], share=10).verdict is FAIL


def test_looks_without_an_answer_do_not_count_as_good() -> None:
    """Neither silence nor 401 came from the new version."""
    assert read([*[None, 401] * 50, 200], share=50).verdict is INCONCLUSIVE


@pytest.mark.parametrize(
    ("share", "confidence", "needed"),
    [(100, 0.99, 1), (50, 0.95, 5), (10, 0.95, 29), (10, 0.99, 44), (1, 0.95, 299)],
)
def test_looks_needed(share: int, confidence: float, needed: int) -> None:
    """The numbers of the textbook."""
    assert looks_needed(share, confidence) == needed


def test_an_answer_may_be_bad_for_what_is_in_it() -> None:
    """A good status with a wrong body counts as a bad answer; the sentence says why."""
    wrong = Look(address="a", status=200, fault="its body is not 'ok'")
    question = Question(host="shop.example")

    assert FAIL is question.tells(wrong)
    found = judge(question, [wrong, wrong])
    assert FAIL is found.verdict
    assert found.reason.endswith("where less than 500 is good: its body is not 'ok'.")
    assert PASS is judge(question, [wrong, *looks(200, at="a")]).verdict


def test_good_answers_of_before_count_at_a_share() -> None:
    """Twenty-nine in all are enough at a tenth, whenever they were had."""
    fresh = read([200] * 9, share=10)
    later = read([200] * 9, share=10, good=20)

    assert INCONCLUSIVE is fresh.verdict
    assert PASS is later.verdict


def test_a_rate_is_judged_over_all_answers() -> None:
    """Single bad ones do not count; those of before do."""
    rate = ErrorRate(limit=10.0)

    few = read([200] * 5 + [500] + [200] * 5, errors=rate)
    many = read([200] * 50, errors=rate, good=50, bad=1)
    bad = read([500, 500, 500], errors=rate, share=50)

    assert INCONCLUSIVE is few.verdict
    assert few.reason == (
        "shop.example: 1 of 11 answers were bad, where less than 10 % of errors is"
        " good; about 46 more requests are needed to tell."
    )
    assert PASS is many.verdict
    assert (0.9901, 10.0, 101) == tuple(
        many.facts[name] for name in ("value", "threshold", "requests")
    )
    assert FAIL is bad.verdict
    assert "(the new version serves 50 % of them)" in bad.reason


def test_no_answer_at_all_is_no_rate() -> None:
    """Then the address is told that gave none."""
    found = read([None, None], errors=ErrorRate(limit=1.0))

    assert ERROR is found.verdict
    assert "gave no answer" in found.reason


@given(st.integers(1, 100), st.floats(0.01, 0.999))
def test_looks_needed_are_enough_and_no_more(share: int, confidence: float) -> None:
    """One less would be too few."""
    needed = looks_needed(share, confidence)

    assert chance_of_a_hit(share, needed) >= confidence - 1e-9
    assert needed == 1 or chance_of_a_hit(share, needed - 1) < confidence + 1e-9


@given(st.lists(st.sampled_from([200, 401, 500, None]), min_size=1, max_size=30))
def test_pass_never_follows_confirmed_bad_answers(statuses: list[int | None]) -> None:
    """Whatever came before, bad answers at the end are never taken for good."""
    ended = read([*statuses, *[500] * CONFIRM])

    assert ended.verdict is FAIL


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Expect(below=100), "100 bounds no HTTP status"),
        (lambda: Question(host="a", share=0), "0 % of the traffic is no share"),
        (lambda: Question(host="a", share=101), "101 % of the traffic is no share"),
        (lambda: Question(host="a", confidence=1.0), "1.0 is no confidence"),
        (lambda: Question(host="a", confidence=0.0), "0.0 is no confidence"),
    ],
)
def test_odd_questions_are_refused(make: Any, why: str) -> None:
    """Each with the reason; the least share there is may be asked about."""
    with pytest.raises(InvalidInput, match=why):
        make()

    assert 1 == Question(host="a", share=1).share


def test_just_enough_is_enough() -> None:
    """Two looks at one half of the traffic are three quarters sure."""
    assert PASS is read([200, 200], share=50, confidence=0.75).verdict


def test_a_rate_is_judged_though_one_look_had_no_answer() -> None:
    """What answered counts, in percent."""
    found = read([None, 200, 200, 500], errors=ErrorRate(limit=10.0))

    assert (33.3333, 3) == (found.facts["value"], found.facts["requests"])
    for status, value in ((401, 0.0), (500, 100.0)):
        assert value == read([status], errors=ErrorRate(limit=10.0)).facts["value"]


@pytest.mark.parametrize(
    ("version", "status", "expected"),
    [
        ("2", 200, Verdict.PASS),
        ("1", 200, Verdict.INCONCLUSIVE),
        ("", 404, Verdict.INCONCLUSIVE),
        ("1", 500, Verdict.INCONCLUSIVE),
    ],
)
def test_another_versions_answers_tell_nothing(
    version: str, status: int, expected: Verdict
) -> None:
    """Where the edge names who answers, only the one in question counts."""
    question = Question(host="shop.example.net", named=Named(header="X-V", version="2"))
    looks = [Look(address="a", status=status, version=version)] * 3
    reading = judge(question, looks)

    assert expected is reading.verdict
    assert (expected is Verdict.PASS) is (
        "not (yet) as version 2" not in reading.reason
    )


def test_no_answer_is_no_other_versions() -> None:
    """An address that cannot be reached says nothing of versions."""
    question = Question(host="shop.example.net", named=Named(header="X-V", version="2"))

    assert Verdict.ERROR is judge(question, [Look(address="a")]).verdict
