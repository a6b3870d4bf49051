"""A recorded outcome comes back as it was."""

from __future__ import annotations

import pytest

from esa_flows.engine.failure import encode_error
from esa_flows.engine.history import Past
from esa_flows.engine.recall import recalled, settled
from esa_flows.errors import JournalCorrupt, Refused
from esa_flows.model import Duration


def test_a_value_comes_back_as_its_type() -> None:
    """As the annotated class, not as JSON."""
    assert Duration(60) == recalled(Past(outcome={"value": "1m"}), Duration)


def test_a_failure_is_raised_again() -> None:
    """Its class and sentence are those of the first time."""
    with pytest.raises(Refused, match=r"^No\.$"):
        recalled(Past(outcome={"error": encode_error(Refused("No."))}), str)


def test_a_record_that_does_not_fit_is_refused() -> None:
    """Code that expects something else must not go on with it."""
    with pytest.raises(JournalCorrupt, match="does not fit"):
        recalled(Past(outcome={"value": "soon"}), Duration)


def test_what_was_settled_is_given_again_without_its_record() -> None:
    """The record of a large value is let go; that there was an outcome is not."""
    past = Past(outcome={"value": "1m", "v": 1})
    first = settled(past, Duration)

    assert Duration(60) == first
    assert recalled(past, Duration) is first
    assert {} == past.outcome


def test_a_failure_is_not_settled() -> None:
    """It is raised as often as somebody asks."""
    past = Past(outcome={"error": encode_error(Refused("No."))})
    for recall in (settled, settled, recalled):
        with pytest.raises(Refused, match=r"^No\.$"):
            recall(past, str)
