"""What rows tell of a run."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.engine.desk import BEGIN, RUN

from esa_flows.engine.history import History, Past
from esa_flows.engine.journal import Kind, Record, Row
from esa_flows.engine.state import Event, State

WAKE = dt.datetime(2026, 3, 1, 12, 10, tzinfo=dt.UTC)


def rows(*told: tuple[Kind, str, int, dict[str, Any]]) -> list[Row]:
    """Number some records."""
    return [
        Row(
            run=RUN,
            seq=seq,
            fence=1,
            record=Record.of(kind, BEGIN, body, step=step, attempt=attempt),
            crc=0,
        )
        for seq, (kind, step, attempt, body) in enumerate(told, start=1)
    ]


START = (Kind.STARTED, "", 0, {"flow": "errand", "v": 1, "input": "x", "part": "p1"})
INTENT = (Kind.INTENT, "put#1", 1, {"v": 2, "in": "digest", "input": "x"})
AGAIN = (Kind.INTENT, "put#1", 2, {"v": 2, "in": "digest", "input": "x"})
OUTCOME = (Kind.OUTCOME, "put#1", 2, {"v": 2, "in": "digest", "value": "x!"})
FORM = (Kind.OUTCOME, "book#1", 1, {"v": 1, "in": "d", "value": {}, "ephemeral": True})
SLEPT = (Kind.SLEPT, "sleep[bake]#1", 0, {"wake": WAKE.isoformat()})
PAUSE = (Kind.SIGNALLED, "", 0, {"event": "pause", "by": "me", "signal": 4})
ABORT = (Kind.SIGNALLED, "", 0, {"event": "abort", "by": "me", "signal": 2})
RESUME = (Kind.SIGNALLED, "", 0, {"event": "resume", "by": "me", "part": "p2"})
ENDED = (Kind.ENDED, "", 0, {"event": "succeed", "value": 1})


def test_nothing_is_new() -> None:
    """A run without rows has done nothing and has not ended."""
    history = History.of([])

    assert (State.NEW, False, {}) == (
        history.state,
        history.is_ended,
        history.started,
    )
    assert Past() == history.past("put#1")


def test_a_step_is_known_by_its_rows() -> None:
    """Version, input, attempts begun, the outcome and its place."""
    begun = History.of(rows(START, INTENT, AGAIN)).past("put#1")
    done = History.of(rows(START, INTENT, AGAIN, OUTCOME)).past("put#1")

    assert Past(version=2, input="digest", attempts=2) == begun
    assert (4, "x!", 2) == (done.seq, (done.outcome or {})["value"], done.attempts)
    assert (False, True) == (begun.is_recalled, done.is_recalled)


def test_facts_alone_cannot_be_given_back() -> None:
    """An ephemeral outcome is there, but its value is not."""
    form = History.of(rows(START, FORM)).past("book#1")

    assert ({}, False) == ((form.outcome or {})["value"], form.is_recalled)


def test_a_wait_is_known_by_its_end() -> None:
    """The recorded time to wake up comes back with its zone."""
    assert WAKE == History.of(rows(START, SLEPT)).past("sleep[bake]#1").wake


def test_only_an_intent_is_an_act() -> None:
    """Reads and waits leave nothing behind at the provider."""
    assert not History.of(rows(START, FORM, SLEPT)).acted
    assert History.of(rows(START, INTENT)).acted


def test_signals_are_counted_and_the_first_abort_is_kept() -> None:
    """Where the inbox was read to, and from which row on the run goes back."""
    history = History.of(rows(START, PAUSE, ABORT, RESUME, ABORT))

    assert (4, 3) == (history.signal, history.abort)
    assert State.ABORTING is history.state
    assert [Event.START, Event.PAUSE, Event.ABORT, Event.RESUME, Event.ABORT] == (
        history.events
    )


def test_each_process_leaves_its_part_of_the_trace() -> None:
    """A resumed run can point back to all its earlier parts."""
    assert ["p1", "p2"] == History.of(rows(START, PAUSE, RESUME)).parts


def test_an_end_is_an_end() -> None:
    """The last row says how."""
    history = History.of(rows(START, ENDED))

    assert (State.SUCCEEDED, True, 1) == (
        history.state,
        history.is_ended,
        (history.ended or {})["value"],
    )
