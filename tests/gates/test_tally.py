"""What the readings of one gate amount to, and when the next is due."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.gates.limits import Limits
from esa_flows.gates.spec import Gate
from esa_flows.gates.tally import Tally, watch_time
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.model import Duration

LETTERS = {
    "p": Verdict.PASS,
    "f": Verdict.FAIL,
    "i": Verdict.INCONCLUSIVE,
    "e": Verdict.ERROR,
}


def a_gate(**limits: Any) -> Gate:
    """Make a gate."""
    return Gate(check=Gate.parse("command: true").check, limits=Limits(**limits))


def played(
    story: str, *, bake: float = 0, least: bool = True, took: float = 0, **limits: Any
) -> tuple[str, list[float]]:
    """Read until it is settled; give the verdict, and when each reading was asked."""
    tally = Tally.begun(a_gate(**limits), Duration(bake), least=least)
    now, times = 0.0, list[float]()
    for letter in story:
        if tally.verdict is not None:
            break

        asked_at = max(now, tally.due)
        times.append(asked_at)
        now = asked_at + took
        reading = Reading(verdict=LETTERS[letter], reason=letter)
        tally.take(reading, asked_at=asked_at, now=now)

    return str(tally.verdict or "-"), times


@pytest.mark.parametrize(
    ("story", "limits", "verdict"),
    [
        ("pp", {}, "pass"),
        ("p", {}, "-"),
        ("f", {}, "fail"),
        ("pf", {}, "fail"),
        ("fp", {"failure_limit": 1}, "pass"),
        ("pf", {"failure_limit": 1}, "-"),
        ("pfp", {"failure_limit": 1}, "pass"),
        ("pff", {"failure_limit": 1}, "fail"),
        ("eeep", {}, "pass"),
        ("eeee", {}, "error"),
        ("eepeep", {"error_limit": 2, "count": 6}, "pass"),
        ("eee", {"error_limit": 2}, "error"),
        ("iiii", {}, "-"),
        ("iiiii", {}, "inconclusive"),
        ("iiip", {}, "pass"),
        ("ii", {"inconclusive_limit": 0}, "inconclusive"),
        ("p", {"count": 1}, "pass"),
        ("i", {"count": 1, "inconclusive_limit": 0}, "inconclusive"),
        ("ppp", {"count": 3}, "pass"),
        ("pp", {"count": 3}, "-"),
    ],
)
def test_readings_amount_to_a_verdict(
    story: str, limits: dict[str, Any], verdict: str
) -> None:
    """What is borne, how often, and that the last one must be good."""
    assert verdict == played(story, **limits)[0]


def test_a_gate_that_flaps_fails_in_the_end() -> None:
    """Bad readings count, however many good ones lie between."""
    verdict, times = played("pfpfpfpfpfpf", bake=3600, failure_limit=2)

    assert "fail" == verdict
    assert 6 == len(times)


@pytest.mark.parametrize(
    ("bake", "every", "times"),
    [
        (0, "30s", [0, 30]),
        (90, "30s", [0, 30, 60, 90]),
        (100, "30s", [0, 30, 60, 100]),
        (110, "30s", [0, 30, 60, 90, 110]),
        (10, "30s", [0, 30]),
        (30, "10s", [0, 10, 20, 30]),
    ],
)
def test_the_last_reading_is_at_the_end(
    bake: float, every: str, times: list[float]
) -> None:
    """And none is right before it; a share without a bake is read twice."""
    assert ("pass", times) == played("p" * 9, bake=bake, every=every)


def test_in_staging_one_reading_may_do() -> None:
    """Nothing is waited for where the change was read back."""
    assert ("pass", [0]) == played("p", least=False)
    assert ("pass", [0, 30, 60]) == played("ppp", least=False, count=3)


def test_a_gate_that_takes_long_is_read_without_a_pause() -> None:
    """And ends in time all the same."""
    assert ("pass", [0, 40, 80]) == played("ppp", bake=60, took=40)


@given(
    story=st.text("pfie", min_size=200, max_size=200),
    bake=st.integers(0, 600),
    count=st.integers(0, 5),
    failures=st.integers(0, 3),
)
def test_it_always_settles(story: str, bake: int, count: int, failures: int) -> None:
    """Whatever is read; a pass has a good reading last, at the end or later."""
    verdict, times = played(story, bake=bake, count=count, failure_limit=failures)

    assert verdict != "-"
    assert times == sorted(times)
    if verdict == "pass":
        assert "p" == story[len(times) - 1]
        assert story[: len(times)].count("f") <= failures
        assert count or times[-1] >= bake


@given(
    bake=st.integers(0, 600),
    every=st.integers(1, 100),
    count=st.integers(0, 5),
    least=st.booleans(),
)
def test_the_time_foretold_is_the_time_taken(
    bake: int, every: int, count: int, *, least: bool
) -> None:
    """Where every reading is good."""
    limits: dict[str, Any] = {"every": f"{every}s", "count": count}
    _, times = played("p" * 700, bake=bake, least=least, **limits)
    foretold = watch_time(Duration(bake), [a_gate(**limits)], least=least)

    assert max(times[-1], bake) == foretold.seconds


def test_without_gates_it_is_the_bake() -> None:
    """A timer only."""
    assert Duration(60) == watch_time(Duration(60), [], least=True)


@pytest.mark.parametrize(
    ("text", "story", "counted"),
    [
        ("http:/", "ii", (6, 2)),
        ("http:/", "iip", (0, 0)),
        ("http:/", "pi", (3, 1)),
        ("http:/ errors<1%", "ipp", (9, 3)),
        ("command: true", "ii", (0, 0)),
    ],
)
def test_answers_are_carried_on(
    text: str, story: str, counted: tuple[int, int]
) -> None:
    """Until they are enough; of a rate all. Others may say what they like."""
    tally = Tally.begun(Gate.parse(text), Duration(900), least=True)
    facts: dict[str, Any] = {"good": 3, "bad": 1}
    for letter in story:
        told = Reading(verdict=LETTERS[letter], reason="", facts=facts)
        tally.take(told, asked_at=0, now=0)

    assert counted == (tally.good, tally.bad)


def test_a_reading_that_counts_nothing_carries_nothing_on() -> None:
    """Nobody answered."""
    tally = Tally.begun(Gate.parse("http:/"), Duration(900), least=True)
    tally.take(Reading(verdict=Verdict.ERROR, reason=""), asked_at=0, now=0)

    assert (0, 0) == (tally.good, tally.bad)


def test_it_says_how_far_it_is() -> None:
    """For those who look while it runs."""
    tally = Tally.begun(a_gate(), Duration(0), least=True)

    assert "<Tally true [0 readings, None]>" == repr(tally)
