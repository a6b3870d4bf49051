"""Spread calls over the second, and make good what a stall has cost; pure.

Rule W alone lets N calls leave at once and then waits a period, which is safe and hard
on gateways that count in parts of a second. A pace puts one call after the other; a
budget lets it catch up after a stall, without which every stall costs its length.
"""

from __future__ import annotations

import math

from attrs import define, field

__all__ = ["Pace"]

# Sums of spacings are off by rounding; that is no reason to sleep.
_NOTHING = 1e-6


@define(kw_only=True)
class Pace:
    """When the next call may leave.

    Attributes:
        burst: Calls that may leave at once after a pause; at least one.
    """

    burst: int
    _next: float = field(default=-math.inf, init=False)

    def wait(self, now: float) -> float:
        """Give the seconds until the next call may leave; 0 where it may now.

        Args:
            now: Seconds on the clock of the cap.
        """
        wait = self._next - now
        return wait if wait > _NOTHING else 0.0

    def room(self, now: float, spacing: float) -> int:
        """Give how many calls may leave by now, without a wait between them.

        Args:
            now: Seconds on the clock of the cap.
            spacing: Seconds between two calls.
        """
        late = now + _NOTHING - self._at(now, spacing)
        return int(late // spacing) + 1

    def left(self, now: float, spacing: float) -> None:
        """Note that a call leaves now.

        Args:
            now: Seconds on the clock of the cap.
            spacing: Seconds between two calls.
        """
        self._next = self._at(now, spacing) + spacing

    def _at(self, now: float, spacing: float) -> float:
        soonest = now - (self.burst - 1) * spacing
        return self._next if self._next > soonest else soonest  # noqa: FURB136  asked for each call, where max() costs as much as all the rest
