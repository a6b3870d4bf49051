"""What a run did, told again from its rows as its observer was told: pure.

So whoever shows runs shows one that another process drives, or that ended long ago, in
the same way as one that is under way here. Waiting and looking are not recorded, so
they are not told again; nor are steps that a process only recalled.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import define, field

from esa_flows.engine.history import ANSWERS, History
from esa_flows.engine.journal import Kind, Row
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.state import Event, State

__all__ = ["Retelling", "retold"]

_SLEEP = re.compile(r"(?:.*/)?sleep(?:\[[^\]]*\])?#\d+")
"""A durable sleep; a timeout records the time when it runs out in the same way."""


def retold(rows: Iterable[Row]) -> tuple[Happening, ...]:
    """Tell a run again, from its first row on.

    Args:
        rows: Its rows, in order.
    """
    telling = Retelling()
    return tuple(happening for row in rows for happening in telling.take(row))


@define
class Retelling:
    """Tells a run again row by row, as they come."""

    _history: History = field(factory=History)

    def take(self, row: Row) -> tuple[Happening, ...]:
        """Give what an observer was told when this row was written.

        Args:
            row: The run's next row.
        """
        self._history.add(row)
        return _TELLERS[row.record.kind](row, row.data, self._history)

    def __repr__(self) -> str:
        return f"<Retelling, {self._history.state}>"


Told = tuple[Happening, ...]


def _told(row: Row, moment: Moment, **facts: Any) -> Happening:
    return Happening(
        moment=moment,
        run=row.run,
        at=row.record.at,
        step=row.record.step,
        attempt=row.record.attempt,
        facts=facts,
    )


def _started(row: Row, body: dict[str, Any], _: History) -> Told:
    subject = body.get("subject", "")
    return (_told(row, Moment.RUN_STARTED, flow=body["flow"], subject=subject),)


def _intent(row: Row, body: dict[str, Any], _: History) -> Told:
    # A run of this run's own tells its steps itself.
    return () if "child" in body else (_told(row, Moment.STEP_STARTED),)


def _outcome(row: Row, body: dict[str, Any], history: History) -> Told:
    past = history.past(row.record.step)
    is_limit = past.wake is not None and not _SLEEP.fullmatch(row.record.step)
    if past.child or body.get("withdrawn"):
        return ()

    if is_limit:
        expired = body["value"]["expired"]
        why = "The time ran out."
        return (_told(row, Moment.STEP_FAILED, why=why),) if expired else ()

    known = ("seconds", "sent")
    facts: dict[str, Any] = {name: body[name] for name in known if name in body}
    if "sent" in body:
        facts["calls"] = {verb: len(times) for verb, times in body["sent"].items()}

    if "error" not in body:
        return (_told(row, Moment.STEP_DONE, value=body.get("value"), **facts),)

    error = body["error"]
    why, kind = error.get("message", ""), error.get("type", "")
    return (_told(row, Moment.STEP_FAILED, why=why, error=kind, **facts),)


def _slept(row: Row, body: dict[str, Any], _: History) -> Told:
    if not _SLEEP.fullmatch(row.record.step):
        return ()

    left = dt.datetime.fromisoformat(body["wake"]) - row.record.at
    return (_told(row, Moment.SLEEPING, seconds=max(0.0, left.total_seconds())),)


def _asked(row: Row, body: dict[str, Any], _: History) -> Told:
    return (_told(row, Moment.ASKING, what=body["what"]),)


def _signalled(row: Row, body: dict[str, Any], history: History) -> Told:
    event = body["event"]
    if event == Event.RESUME:
        flow, subject = (history.started.get(name, "") for name in ("flow", "subject"))
        facts = {"flow": flow, "subject": subject, "by": body.get("by", "")}
        return (_told(row, Moment.RUN_RESUMED, **facts),)

    told = _told(row, Moment.SIGNALLED, event=event, by=body.get("by", ""))
    if event in ANSWERS or history.state is not State.PAUSED:
        return (told,)

    return (told, _told(row, Moment.RUN_STOPPED, **body))


def _ended(row: Row, body: dict[str, Any], _: History) -> Told:
    return (_told(row, Moment.RUN_ENDED, **body),)


_TELLERS: Mapping[Kind, Callable[[Row, dict[str, Any], History], Told]] = (
    MappingProxyType(
        {
            Kind.STARTED: _started,
            Kind.INTENT: _intent,
            Kind.OUTCOME: _outcome,
            Kind.SLEPT: _slept,
            Kind.ASKED: _asked,
            Kind.SIGNALLED: _signalled,
            Kind.ENDED: _ended,
        }
    )
)
