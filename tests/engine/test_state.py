"""The table of a run's states."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.engine.state import ENDS, MOVES, Event, State, fold, move
from esa_flows.errors import IllegalMove

LEGAL = {
    (state, event): to for state, row in MOVES.items() for event, to in row.items()
}
ILLEGAL = [pair for pair in itertools.product(State, Event) if pair not in LEGAL]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], State.NEW),
        ([Event.START], State.RUNNING),
        ([Event.START, Event.RESUME, Event.SUCCEED], State.SUCCEEDED),
        ([Event.START, Event.FAIL], State.FAILED),
        ([Event.START, Event.PAUSE], State.PAUSED),
        ([Event.START, Event.PAUSE, Event.RESUME], State.RUNNING),
        ([Event.START, Event.PAUSE, Event.ABORT], State.ABORTING),
        ([Event.START, Event.ABORT, Event.RESUME], State.ABORTING),
        ([Event.START, Event.ABORT, Event.SUCCEED], State.ABORTED),
        ([Event.START, Event.ABORT, Event.FAIL], State.FAILED),
        ([Event.START, Event.ABORT, Event.OUTRUN], State.SUCCEEDED),
        ([Event.START, Event.ASK], State.HELD),
        ([Event.START, Event.ASK, Event.ANSWER], State.RUNNING),
        ([Event.START, Event.ASK, Event.PAUSE, Event.RESUME], State.RUNNING),
        ([Event.START, Event.ASK, Event.ABORT], State.ABORTING),
    ],
)
def test_a_life_is_folded_from_its_events(events: list[Event], state: State) -> None:
    """The state follows from the events alone."""
    assert fold(events) == state


@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_an_illegal_move_says_what_is_legal(state: State, event: Event) -> None:
    """The sentence names the state, the move, and the moves there are."""
    legal = ", ".join(MOVES[state])

    with pytest.raises(IllegalMove) as caught:
        move(state, event)

    assert str(caught.value) == f"A run that is {state} cannot {event}; it can {legal}."


def test_the_table_cannot_be_changed() -> None:
    """No program bends the rules for the runs of another."""
    with pytest.raises(TypeError):
        MOVES[State.NEW] = {}  # type: ignore[index]  # that is the point


@pytest.mark.parametrize("state", sorted(set(State) - {State.NEW}))
def test_an_abort_is_always_legal(state: State) -> None:
    """Every run that began can be aborted; in an end nothing happens."""
    after = move(state, Event.ABORT)

    assert after == (state if state in ENDS else State.ABORTING)


@pytest.mark.parametrize("state", sorted(ENDS))
def test_ends_are_ends(state: State) -> None:
    """From an end no move leads anywhere else."""
    assert set(MOVES[state].values()) == {state}


def test_every_state_is_reached() -> None:
    """No state of the table is dead, and each can come to an end."""
    assert {State.NEW, *LEGAL.values()} == set(State)
    assert set(MOVES) == set(State)


@given(st.lists(st.sampled_from(Event), max_size=12))
def test_an_aborting_run_succeeds_only_where_it_was_done_already(
    events: list[Event],
) -> None:
    """Whatever else happens after an abort, the run does not go forward again."""
    seen = [State.ABORTING]
    for event in events:
        if event is not Event.OUTRUN and event in MOVES[seen[-1]]:
            seen.append(move(seen[-1], event))

    assert set(seen) <= {State.ABORTING, State.ABORTED, State.FAILED}


PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "durable-steps.md"
BLOCK = re.compile(r"(<!-- states:[^\n]*-->\n)(.*?)(<!-- /states -->)", re.DOTALL)


def drawn() -> str:
    """Draw the table of states as a diagram; what changes nothing is left out."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), to in LEGAL.items():
        if state is not to:
            arrows.setdefault((state, to), []).append(event.value)

    lines = [
        f"    {'[*]' if state is State.NEW else state} --> {to}: {', '.join(events)}"
        for (state, to), events in arrows.items()
    ]
    ends = [f"    {state} --> [*]" for state in State if state in ENDS]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, *ends, "```", ""])


@pytest.mark.may_block
def test_the_docs_draw_the_table() -> None:
    """With ESA_FLOWS_WRITE_DOCS=1 the diagram is drawn anew instead of compared."""
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("ESA_FLOWS_WRITE_DOCS"):
        page = BLOCK.sub(lambda found: found[1] + drawn() + found[3], page)
        PAGE.write_text(page, encoding="utf-8")

    shown = BLOCK.search(page)

    assert shown is not None
    assert drawn() == shown[2]
