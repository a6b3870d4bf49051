"""What a run does, told live to whoever watches: a screen, a log, a test.

Telling is not recording: the journal is the truth, and an observer that raises does not
disturb the run.
"""

import datetime as dt
import enum
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

__all__ = ["Happening", "Moment", "Observer", "tell"]

_LOG = logging.getLogger("esa_flows")


class Moment(enum.StrEnum):
    """What happened."""

    RUN_STARTED = "run.started"
    RUN_RESUMED = "run.resumed"
    RUN_ENDED = "run.ended"
    RUN_STOPPED = "run.stopped"
    STEP_STARTED = "step.started"
    STEP_REPLAYED = "step.replayed"
    STEP_LOOKING = "step.looking"
    STEP_WAITING = "step.waiting"
    STEP_DONE = "step.done"
    STEP_FAILED = "step.failed"
    STEP_STUCK = "step.stuck"
    SLEEPING = "sleeping"
    ASKING = "asking"
    SIGNALLED = "signalled"


@frozen(kw_only=True)
class Happening:
    """One thing a run did.

    Attributes:
        moment: What happened.
        run: The run's id.
        at: Wall time, UTC.
        step: Identity of the step; empty where it is about the run.
        attempt: Which attempt; 0 where it is about none.
        facts: More, such as `seconds` or the step's `value`; nothing secret.
    """

    moment: Moment
    run: str
    at: dt.datetime
    step: str = ""
    attempt: int = 0
    facts: Mapping[str, Any] = field(factory=dict)


class Observer(Protocol):
    """Told what a run does, as it does it; a function will do."""

    def __call__(self, happening: Happening, /) -> None:
        """Hear of something; what is raised here is logged and goes no further."""
        ...


def tell(observer: Observer | None, happening: Happening) -> None:
    """Tell an observer; what it raises is logged and goes no further."""
    if observer is None:
        return

    try:
        observer(happening)
    except Exception:  # noqa: BLE001  whatever a watcher raises is its own affair
        _LOG.exception("An observer of run %s raised; the run goes on.", happening.run)
