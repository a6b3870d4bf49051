"""Verdicts and readings."""

from __future__ import annotations

import cattrs
import pytest

from esa_flows.gates.verdict import Reading, Verdict


def reading(verdict: Verdict) -> Reading:
    """Make a reading."""
    return Reading(verdict=verdict, reason=f"it was {verdict}")


def test_worst_reading_decides() -> None:
    """Bad evidence beats missing evidence, which beats too little of it."""
    order = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL]

    for place, verdict in enumerate(order):
        seen = [reading(each) for each in order[: place + 1]]
        assert Reading.worst(seen).verdict is verdict


@pytest.mark.parametrize(
    ("verdict", "settled"),
    [
        (Verdict.PASS, True),
        (Verdict.FAIL, True),
        (Verdict.INCONCLUSIVE, False),
        (Verdict.ERROR, False),
    ],
)
def test_more_evidence_changes_what_is_not_settled(
    verdict: Verdict, *, settled: bool
) -> None:
    """Only good and bad are final."""
    assert verdict.is_settled is settled


def test_reading_is_a_line() -> None:
    """As people read it."""
    assert str(reading(Verdict.FAIL)) == "fail: it was fail"


def test_reading_goes_into_a_journal_and_back() -> None:
    """It is a plain value."""
    first = Reading(verdict=Verdict.PASS, reason="ok", facts={"status": 200, "a": "b"})

    kept = cattrs.unstructure(first)

    assert kept == {
        "verdict": "pass",
        "reason": "ok",
        "facts": dict(first.facts),
        "seconds": 0.0,
    }
