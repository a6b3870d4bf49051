"""The states of a run, as a table.

Rule 1: everything that decides a run's state lives in this file.
Rule 2: a state is never stored; it is folded from the run's records, so that journal
and state cannot disagree.
Rule 3: an illegal move raises and changes nothing.
Rule 4: abort is legal in every state that is not an end, and a no-op in an end.

Rule 5: a run is held while a person has to decide; question and answer are rows.

A run whose process died is still in the state its records say; whether a living process
drives it is a question for the lease.
"""

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from esa_flows.errors import IllegalMove

__all__ = ["ENDS", "Event", "State", "fold", "move"]


class State(enum.StrEnum):
    """Where a run stands."""

    NEW = "new"
    RUNNING = "running"
    HELD = "held"
    PAUSED = "paused"
    ABORTING = "aborting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"


class Event(enum.StrEnum):
    """What happens to a run.

    `OUTRUN` is the end of a flow that had done everything before it could meet the
    abort: nothing was put back.
    """

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    ASK = "ask"
    ANSWER = "answer"
    OUTRUN = "outrun"
    SUCCEED = "succeed"
    FAIL = "fail"


ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.ABORTED})

MOVES: Mapping[State, Mapping[Event, State]] = MappingProxyType(
    {
        State.NEW: {Event.START: State.RUNNING},
        State.RUNNING: {
            Event.PAUSE: State.PAUSED,
            Event.RESUME: State.RUNNING,
            Event.ABORT: State.ABORTING,
            Event.ASK: State.HELD,
            Event.SUCCEED: State.SUCCEEDED,
            Event.FAIL: State.FAILED,
        },
        State.HELD: {
            Event.PAUSE: State.PAUSED,
            Event.RESUME: State.HELD,
            Event.ABORT: State.ABORTING,
            Event.ANSWER: State.RUNNING,
            Event.SUCCEED: State.SUCCEEDED,
            Event.FAIL: State.FAILED,
        },
        State.PAUSED: {
            Event.PAUSE: State.PAUSED,
            Event.RESUME: State.RUNNING,
            Event.ABORT: State.ABORTING,
            Event.FAIL: State.FAILED,
        },
        State.ABORTING: {
            Event.PAUSE: State.ABORTING,
            Event.RESUME: State.ABORTING,
            Event.ABORT: State.ABORTING,
            Event.SUCCEED: State.ABORTED,
            Event.OUTRUN: State.SUCCEEDED,
            Event.FAIL: State.FAILED,
        },
        State.SUCCEEDED: {Event.ABORT: State.SUCCEEDED},
        State.FAILED: {Event.ABORT: State.FAILED},
        State.ABORTED: {Event.ABORT: State.ABORTED},
    }
)


def move(state: State, event: Event) -> State:
    """Give the state after an event.

    Raises:
        IllegalMove: The table has no such move; says which moves it has.
    """
    moves = MOVES[state]
    if event not in moves:
        legal = ", ".join(moves) or "nothing"
        raise IllegalMove(
            f"A run that is {state} cannot {event}; it can {legal}.",
        )

    return moves[event]


def fold(events: Iterable[Event]) -> State:
    """Give the state after a run's events, from its first to its last."""
    state = State.NEW
    for event in events:
        state = move(state, event)

    return state
