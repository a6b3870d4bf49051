"""What a report tells."""

from __future__ import annotations

from tests.cli.pages.stories import full, story


def test_calls_are_summed_and_their_peak_is_known() -> None:
    """All verbs together, and the fullest second."""
    assert (97, 90) == (full().total, full().peak)


def test_a_run_without_calls() -> None:
    """Has neither."""
    assert (0, 0) == (story().total, story().peak)
