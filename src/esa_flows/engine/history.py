"""What a journal says a run has done: rows folded into what a resume asks of them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from attrs import define, field, frozen

from esa_flows.engine.journal import Kind, Record, Row, SignalVerb
from esa_flows.engine.state import ENDS, Event, State, fold

__all__ = ["ANSWERS", "DEADLINE", "History", "Past", "Question"]

DEADLINE = "deadline#1"
"""Identity of the run's own deadline, whose time stands in the first row."""

ANSWERS = frozenset({SignalVerb.APPROVE, SignalVerb.DENY})
"""What a person can say to a question of a run."""


@define(kw_only=True)
class Past:
    """What is recorded of one step.

    Attributes:
        version: Version of the step's code that was recorded.
        input: SHA-256 of its recorded input.
        attempts: Attempts begun.
        outcome: Body of its outcome; None where it has none.
        given: What the outcome gave, where that is kept instead of its value.
        seq: Place of the outcome's row.
        wake: When a durable sleep ends, or a timeout runs out.
        answer: Body of the row that answers it, where it asked a person.
        child: Id of the run it is done as, where it is one of its own.
    """

    version: int = 1
    input: str = ""
    attempts: int = 0
    outcome: dict[str, Any] | None = None
    given: tuple[Any, ...] = ()
    seq: int = 0
    wake: dt.datetime | None = None
    answer: dict[str, Any] = field(factory=dict)
    child: str = ""

    @property
    def is_recalled(self) -> bool:
        """Whether its outcome can be given back: there, and more than facts."""
        return self.outcome is not None and not self.outcome.get("ephemeral")

    @property
    def is_open(self) -> bool:
        """Whether an attempt was begun and nothing is known of how it ended."""
        return self.attempts > 0 and self.outcome is None


_NOTHING = Past()


@frozen(kw_only=True)
class Question:
    """What a run asks a person.

    Attributes:
        seq: Place of its row.
        what: In a sentence.
        at: Since when.
        after: Place of the last signal of the inbox that came before it.
    """

    seq: int
    what: str
    at: dt.datetime
    after: int


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
        questions: What nobody has answered yet, by identity.
        children: Highest number of a run of its own.
    """

    started: dict[str, Any] = field(factory=dict)
    steps: dict[str, Past] = field(factory=dict)
    events: list[Event] = field(factory=list)
    signal: int = 0
    abort: int = 0
    ended: dict[str, Any] | None = None
    acted: bool = False
    parts: list[str] = field(factory=list)
    questions: dict[str, Question] = field(factory=dict)
    children: int = 0

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
        return self.steps.get(step, _NOTHING)

    def add(self, row: Row, body: dict[str, Any] | None = None) -> None:
        """Take in one more row.

        Args:
            row: The row.
            body: What it says, where that is known without reading it.
        """
        body = row.data if body is None else body
        kind = row.record.kind
        if kind is Kind.STARTED:
            self._start(body)
        elif kind is Kind.ENDED:
            self.ended = body
            self.events.append(Event(body["event"]))
        elif kind is Kind.SIGNALLED:
            self._signal(row, body)
            self._hold()
        else:
            self._step(row.record, row.seq, body)

    def question_for(self, signal: int) -> str:
        """Give the question that an answer is for; empty where it is for none.

        Args:
            signal: The answer's place in the inbox.
        """
        # Rows written side by side may be taken in in another order than theirs.
        asked = [
            (question.seq, name)
            for name, question in self.questions.items()
            if question.after < signal
        ]
        return min(asked, default=(0, ""))[1]

    def _start(self, body: dict[str, Any]) -> None:
        self.started = body
        self.events.append(Event.START)
        if "deadline" in body:
            wake = dt.datetime.fromisoformat(body["deadline"]["wake"])
            self.steps[DEADLINE] = Past(wake=wake)

        self._part(body)

    def _signal(self, row: Row, body: dict[str, Any]) -> None:
        self.signal = max(self.signal, body.get("signal", 0))
        if body["event"] in ANSWERS:
            self._answer(row.record.step, body)
            return

        event = Event(body["event"])
        self.events.append(event)
        self._part(body)
        if event is Event.ABORT and not self.abort:
            self.abort = row.seq

    def _part(self, body: dict[str, Any]) -> None:
        if body.get("part"):
            self.parts.append(body["part"])

    def _step(self, record: Record, seq: int, body: dict[str, Any]) -> None:
        past = self.steps.get(record.step)
        if past is None:
            past = self.steps[record.step] = Past()

        past.attempts = max(past.attempts, record.attempt)
        kind = record.kind
        if kind is Kind.SLEPT:
            past.wake = dt.datetime.fromisoformat(body["wake"])
            return

        past.version, past.input = body["v"], body["in"]
        if kind is Kind.OUTCOME:
            # An ephemeral step may have several; in the flow's order the first counts.
            past.outcome, past.seq = body, past.seq or seq
            self._close(record.step)
        elif kind is Kind.ASKED:
            self._ask(record, seq, body)
        else:
            self._intend(past, body)

    def _intend(self, past: Past, body: dict[str, Any]) -> None:
        self.acted = True
        if "child" in body:
            past.child = body["child"]
            number = int(past.child.rpartition(".")[2])
            self.children = max(self.children, number)

    def _ask(self, record: Record, seq: int, body: dict[str, Any]) -> None:
        self.questions[record.step] = Question(
            seq=seq, what=body["what"], at=record.at, after=body["after"]
        )
        self._hold()

    def _close(self, question: str) -> None:
        """Take what has an outcome off the questions, where it is one of them."""
        if self.questions:
            self.questions.pop(question, None)
            self._hold()

    def _answer(self, question: str, body: dict[str, Any]) -> None:
        if self.questions.pop(question, None) is not None:
            self.steps[question].answer = body

    def _hold(self) -> None:
        """Say whether the run is held by a question, as far as that changes its state.

        Questions are rows of their own and may be several at once, so that the events
        follow from them.
        """
        if self.questions and self.state is State.RUNNING:
            self.events.append(Event.ASK)
        elif self._is_held and not self.questions:
            self.events.append(Event.ANSWER)

    @property
    def _is_held(self) -> bool:
        return Event.ASK in self.events and self.state is State.HELD
