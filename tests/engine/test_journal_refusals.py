"""The sentences with which journals refuse."""

from __future__ import annotations

from esa_flows.engine.journal_refusals import gone, lost, taken, unknown


def test_each_refusal_names_the_run_and_the_next_move() -> None:
    """Who reads it knows which run it is about, and what to do."""
    assert str(unknown("7Q3")) == (
        "The journal knows no run '7Q3'. List the runs it knows with: esa-flows runs"
    )
    assert str(taken("7Q3")) == "There is a run 7Q3 already."
    assert str(lost("7Q3")) == (
        "Another process took over run 7Q3; this one stops."
        " Watch it with: esa-flows status 7Q3"
    )
    assert str(gone("j.db")) == (
        "The journal j.db was deleted or replaced while it was in use; nothing was"
        " recorded. Put it back, or make what can be known of it anew with: esa-flows"
        " journal rebuild"
    )
