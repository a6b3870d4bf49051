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
ASKED = (Kind.ASKED, "ask#1", 0, {"v": 1, "in": "d", "what": "Go on?", "after": 3})
MORE = (Kind.ASKED, "ask#2", 0, {"v": 1, "in": "d", "what": "More?", "after": 5})
YES = (
    Kind.SIGNALLED,
    "ask#1",
    0,
    {"event": "approve", "by": "me", "given": WAKE.isoformat(), "signal": 4},
)
WITHDRAWN = (
    Kind.OUTCOME,
    "ask#1",
    0,
    {"v": 1, "in": "d", "value": None, "withdrawn": True},
)
CHILD = (Kind.INTENT, "unit#1", 1, {"v": 1, "in": "d", "input": 1, "child": "run.7"})
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


def test_a_question_holds_a_run_until_it_is_answered() -> None:
    """Its answer is known by its name; the last one lets the run go on."""
    held = History.of(rows(START, ASKED, MORE))
    half = History.of(rows(START, ASKED, MORE, YES))
    free = History.of(rows(START, ASKED, YES))

    assert [State.HELD, State.HELD, State.RUNNING] == [
        held.state,
        half.state,
        free.state,
    ]
    assert (["ask#1", "ask#2"], ["ask#2"], []) == (
        list(held.questions),
        list(half.questions),
        list(free.questions),
    )
    assert ("me", 4) == (free.past("ask#1").answer["by"], free.signal)


def test_an_answer_is_for_the_oldest_question_that_came_before_it() -> None:
    """By the places of their rows, in whichever order they were taken in."""
    told = rows(START, ASKED, MORE)
    history = History.of([told[0], told[2], told[1]])

    assert ["", "", "ask#1", "ask#1"] == [history.question_for(n) for n in (0, 3, 4, 9)]
    assert "ask#2" == History.of(rows(START, MORE)).question_for(9)


def test_a_withdrawn_question_holds_nobody() -> None:
    """Nobody waits for it any more."""
    history = History.of(rows(START, ASKED, WITHDRAWN))

    assert (State.RUNNING, {}) == (history.state, history.questions)


def test_a_paused_run_is_held_again_when_it_goes_on() -> None:
    """Its question is still open."""
    assert State.PAUSED is History.of(rows(START, ASKED, PAUSE)).state
    assert State.HELD is History.of(rows(START, ASKED, PAUSE, RESUME)).state


def test_an_answer_to_nothing_is_only_counted() -> None:
    """The inbox was read to there; nothing else changes."""
    history = History.of(rows(START, YES))

    assert (State.RUNNING, 4, {}) == (history.state, history.signal, history.steps)


def test_a_child_is_known_by_its_number() -> None:
    """The next one gets a higher one."""
    history = History.of(rows(START, CHILD))

    assert ("run.7", 7, True) == (
        history.past("unit#1").child,
        history.children,
        history.acted,
    )


def test_a_deadline_stands_in_the_first_row() -> None:
    """As when a timeout of the whole run runs out."""
    deadline = {"deadline": {"wake": WAKE.isoformat(), "after": "1h"}}
    start = (Kind.STARTED, "", 0, {"flow": "errand", "v": 1, "input": "x"} | deadline)

    assert WAKE == History.of(rows(start)).past("deadline#1").wake


def test_of_several_outcomes_the_first_place_counts() -> None:
    """An ephemeral step is done again; in the flow's order it comes where it came."""
    assert 2 == History.of(rows(START, FORM, SLEPT, FORM)).past("book#1").seq


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
