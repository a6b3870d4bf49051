"""How a run leaves a process, and what the journal is told of it: pure.

* Its flow returned or raised: the run has ended.
* A person or the host stopped it: paused.
* The provider could not be had, or the account is blocked: paused where it was, or
  ended as failed where nothing was begun yet.
* The lease was lost or the journal failed: nothing is written, because nothing may or
  can be.
* The code does not fit what was recorded: paused, so that the right code can go on.
"""

from typing import Any

from attrs import frozen

from esa_flows.engine.failure import encode_error, words
from esa_flows.engine.journal import Kind
from esa_flows.engine.state import Event
from esa_flows.errors import (
    Aborted,
    AccountBlocked,
    EsaFlowsError,
    JournalError,
    LeaseLost,
    Misuse,
    Paused,
    StepChanged,
)

__all__ = ["LastRow", "Raised", "Returned", "last_row"]


@frozen
class Returned:
    """The flow came to its end.

    Attributes:
        value: What it returned.
        told: The same, as the journal gets it.
    """

    value: Any
    told: Any


@frozen
class Raised:
    """The flow raised.

    Attributes:
        error: What it raised.
    """

    error: Exception


@frozen
class LastRow:
    """What to record last.

    Attributes:
        kind: `ENDED`, or `SIGNALLED` for a pause.
        body: The row's body.
    """

    kind: Kind
    body: dict[str, Any]


def last_row(
    *,
    acted: bool,
    stopped: Exception | None,
    result: Returned | Raised | None,
    torn: BaseException | None = None,
    outran: bool = False,
) -> LastRow | None:
    """Decide what the journal is told when a run leaves this process.

    Args:
        acted: Whether a step that may change the provider's state was ever begun.
        stopped: Why the engine stopped the flow; None where it did not.
        result: How the flow's body ended; None where it was cancelled.
        torn: What tore it that is no error of a program, such as an interrupt.
        outran: Whether it was asked to abort and came to its end before it could
            meet that.

    Returns:
        The row; None where nothing may or need be written.
    """
    if isinstance(stopped, LeaseLost | JournalError | Paused):
        return None

    if stopped is not None:
        return _paused(stopped) if acted else _failed(stopped)

    if isinstance(result, Returned):
        event = Event.OUTRUN if outran else Event.SUCCEED
        body = {"event": event.value, "value": result.told}
        return LastRow(Kind.ENDED, body)

    if isinstance(result, Raised):
        return _raised(result.error, acted=acted)

    return _paused(torn or Paused("The host cancelled it."))


def _raised(error: Exception, *, acted: bool) -> LastRow:
    if isinstance(error, Aborted):
        told = encode_error(error)
        return LastRow(Kind.ENDED, {"event": Event.SUCCEED.value, "error": told})

    if isinstance(error, StepChanged):
        return _paused(error)

    if isinstance(error, AccountBlocked):  # a child met it, and the flow was let see it
        return _paused(error) if acted else _failed(error)

    is_ours = isinstance(error, EsaFlowsError) and not isinstance(error, Misuse)
    return _failed(error) if is_ours or not acted else _paused(error)


def _failed(error: Exception) -> LastRow:
    body = {"event": Event.FAIL.value, "error": encode_error(error)}
    return LastRow(Kind.ENDED, body)


def _paused(error: BaseException) -> LastRow:
    body = {
        "event": Event.PAUSE.value,
        "by": "host",
        "why": words(error),
        "error": encode_error(error),
    }
    return LastRow(Kind.SIGNALLED, body)
