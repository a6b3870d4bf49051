"""Learn from throttling how many calls the provider really takes; pure.

The true cap may be lower than the documented one, and others use it too: the console,
Terraform, colleagues. Nobody says so in numbers; but what was accepted in the last
second is what there was room for. So a refusal sets the rate just below that, once a
second at most, and every few clean windows one call more is tried.
"""

from __future__ import annotations

import enum
import math

from attrs import evolve, frozen

from esa_flows.errors import Throttled

__all__ = ["NOTHING", "Learned", "Reach", "reach_of"]

_KEEP = 0.97
_LEAST_BETWEEN_CUTS = 1.0
_CLEAN_WINDOWS = 4.0
# Somebody else's burst must not bring us to a stop: below this nothing is learned.
_LEAST = 5


class Reach(enum.StrEnum):
    """What a refusal was about."""

    ACCOUNT = "account"
    OPERATION = "operation"


def reach_of(error: Throttled) -> Reach:
    """Say what was throttled: the account, or one operation of it.

    A refusal that does not say counts for the account: that is safe either way.
    Source: Alibaba Cloud gateway, ``Throttling.User`` and ``Throttling.Api``.

    Args:
        error: The refusal.
    """
    is_one = error.code.lower().endswith(".api")
    return Reach.OPERATION if is_one else Reach.ACCOUNT


@frozen(kw_only=True)
class Learned:
    """What refusals have taught about one gate.

    Attributes:
        calls: Calls a second after the last cut; infinity while nothing is learned.
        since: When that was.
        paused_until: Until when nothing may leave, because the provider asked for it.
    """

    calls: float = math.inf
    since: float = -math.inf
    paused_until: float = -math.inf

    def allowed(self, most: int, now: float) -> int:
        """Give the calls allowed in any second now.

        Args:
            most: Calls allowed by the settings.
            now: Seconds on the clock of the cap.
        """
        if math.isinf(self.calls):
            return most

        tried = max(0.0, now - self.since) // _CLEAN_WINDOWS
        return min(most, int(self.calls + tried))

    def pause(self, now: float) -> float:
        """Give the seconds for which nothing may leave."""
        return max(0.0, self.paused_until - now)

    def merged(self, other: Learned) -> Learned:
        """Give what two who learned know together: the later cut, the longer pause."""
        if other == NOTHING:
            return self

        later = other if other.since > self.since else self
        return Learned(
            calls=later.calls,
            since=later.since,
            paused_until=max(self.paused_until, other.paused_until),
        )

    def throttled(
        self, *, most: int, accepted: int, now: float, retry_after: float
    ) -> Learned:
        """Give what is known after one more refusal.

        Args:
            most: Calls allowed by the settings.
            accepted: Calls the provider took in the last second.
            now: Seconds on the clock of the cap.
            retry_after: Seconds the provider asks to wait; 0 without a hint.
        """
        paused = max(self.paused_until, now + retry_after) if retry_after else None
        known = self if paused is None else evolve(self, paused_until=paused)
        if now - self.since < _LEAST_BETWEEN_CUTS:
            return known

        fewer = min(self.allowed(most, now), max(_LEAST, int(_KEEP * accepted)))
        return evolve(known, calls=float(fewer), since=now)


NOTHING = Learned()
"""What is known before any refusal; the same object everywhere, so easily told."""
