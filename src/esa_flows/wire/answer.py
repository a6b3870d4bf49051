"""What a call gave, and who may watch it being made."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from esa_flows.errors import CallError
from esa_flows.wire.rpc import Call

__all__ = ["Answer", "CallerStatistics", "Nobody", "Observer"]


@frozen(kw_only=True)
class Answer:
    """What the provider answered.

    Attributes:
        value: The JSON object; numbers with a fraction are text. Never shown, because
            upload forms and tokens come this way.
        request_id: The provider's name for this call.
        sent_at: Seconds on the clock of the caller.
        elapsed: Seconds from the send to the end of the answer.
        attempts: How often it was sent; 1 nearly always.
    """

    value: dict[str, object] = field(repr=lambda value: f"<{len(value)} members>")
    request_id: str
    sent_at: float
    elapsed: float
    attempts: int = 1


class Observer(Protocol):
    """Somebody who watches calls, such as a tracer."""

    def sent(self, call: Call) -> None:
        """Note that a call leaves now; once for each time it is sent."""
        ...

    def done(self, outcome: Answer | CallError, waited: float, elapsed: float) -> None:
        """Note how it went.

        Args:
            outcome: The answer, or the error.
            waited: Seconds spent waiting for a slot of the cap.
            elapsed: Seconds from the send to the outcome.
        """
        ...


class Nobody:
    """Watches nothing."""

    def sent(self, call: Call) -> None:
        """Ignore it."""

    def done(self, outcome: Answer | CallError, waited: float, elapsed: float) -> None:
        """Ignore it."""


@frozen(kw_only=True)
class CallerStatistics:
    """What a caller has done.

    Attributes:
        sent: Requests handed to the transport, re-sends included.
        answered: Usable answers.
        failed: Everything else that was sent.
        skew: Seconds the provider's clock is ahead of ours, as far as learned.
        endpoint: The endpoint in use; empty while the site is not known.
    """

    sent: int
    answered: int
    failed: int
    skew: float
    endpoint: str
