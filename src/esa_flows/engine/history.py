"""What a journal says a run has done: rows folded into what a resume asks of them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from esa_flows.engine.journal import Kind, Row
from esa_flows.engine.state import ENDS, Event, State, fold

__all__ = ["History", "Past"]


@define(kw_only=True)
class Past:
    """What is recorded of one step.

    Attributes:
        version: Version of the step's code that was recorded.
        input: SHA-256 of its recorded input.
        attempts: Attempts begun.
        outcome: Body of its outcome; None where it has none.
        seq: Place of the outcome's row.
        wake: When a durable sleep ends.
    """

    version: int = 1
    input: str = ""
    attempts: int = 0
    outcome: dict[str, Any] | None = None
    seq: int = 0
    wake: dt.datetime | None = None

    @property
    def is_recalled(self) -> bool:
        """Whether its outcome can be given back: there, and more than facts."""
        return self.outcome is not None and not self.outcome.get("ephemeral")


@define(kw_only=True)
class History:
    """A run as its rows tell it.

    Attributes:
        started: Body of the first row.
        steps: What is recorded of each step, by identity.
        events: What happened to the run, in order.
        signal: Place of the last signal of the inbox that became a row.
        abort: Place of the first row that asks to abort; 0 where none does.
        ended: Body of the last row, where the run has ended.
        acted: Whether a step that may change the provider's state was begun.
        parts: What `trace.here()` gave in each process that drove the run.
    """

    started: dict[str, Any] = field(factory=dict)
    steps: dict[str, Past] = field(factory=dict)
    events: list[Event] = field(factory=list)
    signal: int = 0
    abort: int = 0
    ended: dict[str, Any] | None = None
    acted: bool = False
    parts: list[str] = field(factory=list)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "History":
        """Fold a run's rows."""
        history = cls()
        for row in rows:
            history.add(row)

        return history

    @property
    def state(self) -> State:
        """Where the run stands."""
        return fold(self.events)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDS

    def past(self, step: str) -> Past:
        """Give what is recorded of a step; empty where nothing is."""
        return self.steps.get(step) or Past()

    def add(self, row: Row) -> None:
        """Take in one more row."""
        body = row.data
        kind = row.record.kind
        if kind is Kind.STARTED:
            self._start(body)
        elif kind is Kind.ENDED:
            self.ended = body
            self.events.append(Event(body["event"]))
        elif kind is Kind.SIGNALLED:
            self._signal(row, body)
        else:
            self._step(row, body)

    def _start(self, body: dict[str, Any]) -> None:
        self.started = body
        self.events.append(Event.START)
        self._part(body)

    def _signal(self, row: Row, body: dict[str, Any]) -> None:
        event = Event(body["event"])
        self.events.append(event)
        self.signal = max(self.signal, body.get("signal", 0))
        self._part(body)
        if event is Event.ABORT and not self.abort:
            self.abort = row.seq

    def _part(self, body: dict[str, Any]) -> None:
        if body.get("part"):
            self.parts.append(body["part"])

    def _step(self, row: Row, body: dict[str, Any]) -> None:
        past = self.steps.setdefault(row.record.step, Past())
        past.attempts = max(past.attempts, row.record.attempt)
        if row.record.kind is Kind.SLEPT:
            past.wake = dt.datetime.fromisoformat(body["wake"])
            return

        past.version, past.input = body["v"], body["in"]
        if row.record.kind is Kind.INTENT:
            self.acted = True
            return

        past.outcome, past.seq = body, row.seq
