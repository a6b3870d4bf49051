"""The cap as pure machines: may this call pass, and what did the server count.

Time is a number of seconds on a clock that only moves forward; it comes in with each
call. A refused call does not use up the cap: only admitted calls count against it.
The tally counts every call that arrived, admitted or not, because it judges the
sender.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from math import floor
from typing import Protocol

from attrs import define, field

from .switches import CapWindow

WINDOW = 1.0  # seconds


class Gate(Protocol):
    """A cap of so many calls per second."""

    def wait(self, at: float) -> float:
        """Return 0.0 when a call may pass at this moment, else the seconds to wait."""
        ...

    def take(self) -> None:
        """Count the call last asked about."""
        ...

    def remain(self) -> int:
        """Return how many more calls may pass, as of the last call of ``wait``."""
        ...


@define
class SlidingGate:
    """At most ``cap`` calls in every half-open second [t, t + 1)."""

    cap: int
    _taken: deque[float] = field(factory=deque, init=False, repr=False)
    _at: float = field(default=0.0, init=False, repr=False)

    def wait(self, at: float) -> float:
        """Return 0.0 or the seconds until the oldest call leaves the window."""
        self._at = at
        while self._taken and self._taken[0] + WINDOW <= at:
            self._taken.popleft()

        if len(self._taken) < self.cap:
            return 0.0

        return self._taken[0] + WINDOW - at

    def take(self) -> None:
        """Count the call last asked about."""
        self._taken.append(self._at)

    def remain(self) -> int:
        """Return how many more calls may pass in this window."""
        return self.cap - len(self._taken)


@define
class FixedGate:
    """At most ``cap`` calls between two ticks of the server's second."""

    cap: int
    _second: int = field(default=-1, init=False)
    _count: int = field(default=0, init=False)

    def wait(self, at: float) -> float:
        """Return 0.0 or the seconds until the next tick."""
        second = floor(at)
        if second > self._second:
            self._second, self._count = second, 0

        return 0.0 if self._count < self.cap else self._second + 1 - at

    def take(self) -> None:
        """Count the call last asked about."""
        self._count += 1

    def remain(self) -> int:
        """Return how many more calls may pass in this second."""
        return self.cap - self._count


@define
class BucketGate:
    """A bucket of ``cap`` tokens, refilled at ``cap`` per second."""

    cap: int
    _tokens: float = field(init=False)
    _seen: float | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Start with a full bucket."""
        self._tokens = float(self.cap)

    def wait(self, at: float) -> float:
        """Return 0.0 or the seconds until there is a whole token."""
        passed = 0.0 if self._seen is None else max(0.0, at - self._seen)
        self._tokens = min(float(self.cap), self._tokens + passed * self.cap)
        self._seen = at
        return 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self.cap

    def take(self) -> None:
        """Count the call last asked about."""
        self._tokens -= 1.0

    def remain(self) -> int:
        """Return the whole tokens left."""
        return int(self._tokens)


def make_gate(window: CapWindow, cap: int) -> Gate:
    """Return a gate of the wanted kind."""
    kinds: dict[CapWindow, type[SlidingGate | FixedGate | BucketGate]] = {
        "sliding": SlidingGate,
        "fixed": FixedGate,
        "bucket": BucketGate,
    }
    return kinds[window](cap)


@define
class Tally:
    """The most calls that ever arrived in one sliding and in one fixed second.

    Moments may come slightly out of order (a later request may be read sooner).

    Attributes:
        calls: all calls counted.
        peak_sliding: most calls in any half-open second [t, t + 1).
        peak_fixed: most calls between two ticks of the server's second.
    """

    calls: int = 0
    peak_sliding: int = 0
    peak_fixed: int = 0
    _recent: list[float] = field(factory=list, init=False, repr=False)
    _seconds: dict[int, int] = field(factory=dict, init=False, repr=False)

    def count(self, at: float) -> None:
        """Count one arrival."""
        self.calls += 1
        self._count_fixed(floor(at))
        self._count_sliding(at)

    def _count_fixed(self, second: int) -> None:
        """Keep the count of the seconds a late arrival may still fall in."""
        if second not in self._seconds:
            self._seconds = {
                kept: n for kept, n in self._seconds.items() if kept > second - 60
            }

        count = self._seconds.get(second, 0) + 1
        self._seconds[second] = count
        self.peak_fixed = max(self.peak_fixed, count)

    def _count_sliding(self, at: float) -> None:
        """Count every window that ends with this arrival or a later one."""
        recent = self._recent
        insort(recent, at)
        first_changed = bisect_right(recent, at) - 1
        for end in range(first_changed, len(recent)):
            start = bisect_right(recent, recent[end] - WINDOW)
            self.peak_sliding = max(self.peak_sliding, end + 1 - start)

        if len(recent) > 4 * self.peak_sliding + 64:  # trim now and then, not each time
            del recent[: bisect_right(recent, at - 2 * WINDOW)]
