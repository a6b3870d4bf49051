"""What a run has done so far, folded from what it tells; no I/O, no clock."""

from __future__ import annotations

import enum

from attrs import define, field

from esa_flows.cli.lines import LOOKING
from esa_flows.cli.results import answer_words, result_words
from esa_flows.cli.text import brief, one_line
from esa_flows.engine.codec import encode
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.state import Event

__all__ = ["Line", "Mark", "Progress"]


class Mark(enum.Enum):
    """Where a step stands."""

    DOING = "doing"
    LOOKING = "looking"
    WAITING = "waiting"
    BAKING = "baking"
    ASKING = "asking"
    DONE = "done"
    KNOWN = "known"
    FAILED = "failed"
    STOPPED = "stopped"


_OPEN = frozenset({Mark.DOING, Mark.LOOKING, Mark.WAITING, Mark.BAKING, Mark.ASKING})


@define(kw_only=True)
class Line:
    """One step.

    Attributes:
        identity: What it is called in the run.
        mark: Where it stands.
        began: When it began, on the clock given.
        seconds: How long it took; while it is open, unknown.
        said: What it gave, or why it waits.
        until: When the present wait ends, on the clock given.
    """

    identity: str
    mark: Mark = Mark.DOING
    began: float = 0.0
    seconds: float | None = None
    said: str = ""
    until: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is under way."""
        return self.mark in _OPEN


@define(kw_only=True)
class Progress:
    """A run as its watcher knows it.

    Attributes:
        run: Its id; empty before it has one.
        resumed: Whether an earlier process began it.
        steps: Its steps, in the order they began here.
        news: What was asked of the run, in a few words.
    """

    run: str = ""
    resumed: bool = False
    steps: dict[str, Line] = field(factory=dict)
    news: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The steps, in the order they began here."""
        return tuple(self.steps.values())

    def take(self, happening: Happening, now: float) -> None:
        """Take in one more thing.

        Args:
            happening: What the run told.
            now: Seconds on any clock that goes forward.
        """
        if self.run and happening.run.startswith(f"{self.run}."):
            return  # a run of this run's own has steps of its own

        self.run = happening.run
        moment = happening.moment
        if moment is Moment.RUN_RESUMED:
            self.resumed, self.news = True, ""
        elif moment is Moment.SIGNALLED:
            self._signalled(happening)
        elif moment in {Moment.RUN_ENDED, Moment.RUN_STOPPED}:
            self._stop()
        elif happening.step:
            self._step(happening, now)

    def _signalled(self, happening: Happening) -> None:
        event, by = happening.facts.get("event", ""), happening.facts.get("by", "")
        if event in {Event.ABORT.value, Event.PAUSE.value}:
            self.news = one_line(f"{event} asked for by {by}")

        if event == Event.ABORT.value:
            self._stop()

    def _stop(self) -> None:
        for line in self.steps.values():
            line.mark = Mark.STOPPED if line.is_open else line.mark

    def _step(self, happening: Happening, now: float) -> None:
        identity, facts = happening.step, happening.facts
        line = self.steps.setdefault(identity, Line(identity=identity, began=now))
        line.mark = _MARKS.get(happening.moment, line.mark)
        line.until = now + facts.get("seconds", 0.0)
        if happening.moment is Moment.STEP_DONE:
            line.seconds = facts.get("seconds")
            line.said = result_words(identity, encode(facts.get("value")))
        elif happening.moment is Moment.STEP_LOOKING:
            line.said = LOOKING
        elif happening.moment is Moment.ASKING:
            line.said = brief(facts.get("what", ""))
        elif happening.moment is Moment.STEP_WAITING:
            line.said = brief(facts.get("why", ""))
        elif happening.moment is Moment.STEP_FAILED:
            _failed(line, brief(facts.get("why", "")))


def _failed(line: Line, why: str) -> None:
    answer = answer_words(line.identity, why)
    line.mark = Mark.DONE if answer else Mark.FAILED
    line.said = answer or why


_MARKS = {
    Moment.STEP_STARTED: Mark.DOING,
    Moment.STEP_REPLAYED: Mark.KNOWN,
    Moment.STEP_LOOKING: Mark.LOOKING,
    Moment.STEP_WAITING: Mark.WAITING,
    Moment.STEP_DONE: Mark.DONE,
    Moment.STEP_FAILED: Mark.FAILED,
    Moment.SLEEPING: Mark.BAKING,
    Moment.ASKING: Mark.ASKING,
}
