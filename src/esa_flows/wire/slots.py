"""Decide, without waiting, whether one more call may be sent: Rule W in slot form.

A client sees three moments of its call *i*: lent before the send at ``s``, counted by
the server at ``a`` (which nobody tells it), answered at ``r``; and ``s <= a <= r``.

There are N slots. A slot is lent before the send and is ready again one period after
the answer. Suppose N + 1 calls were counted inside one period, and take the one whose
slot was lent last: each of the N others was lent before it and answered less than a
period before it, or not yet. So all N slots were out, and none could have been lent.
No assumption is made on delays, handshakes, stalls, or on any clock but our own.

* An answer frees its slot one period later.
* An unknown outcome may still be travelling: it frees its slot after a grace more.
* A request that surely never left frees its slot at once.

Calls counted by their *sends* do not hold the bound: two bursts sent a second apart
arrive closer together whenever the first one was delayed more than the second.
"""

from __future__ import annotations

import math
from collections import deque

from attrs import define, field

__all__ = ["Slots"]


@define(kw_only=True)
class Slots:
    """N slots and when each is ready; every move costs O(1).

    Attributes:
        calls: How many slots there are.
        period: Seconds a slot rests after its call was settled.
        in_flight: Slots lent and not settled.
    """

    calls: int
    period: float
    in_flight: int = field(default=0, init=False)
    # Each row is sorted by itself, because answers come in the order of the clock and
    # so do losses; one row for both would let a loss hold back the answers behind it.
    _answered: deque[float] = field(init=False)
    _lost: deque[float] = field(factory=deque, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with every slot ready."""
        self._answered = deque([-math.inf] * self.calls)

    @property
    def next_ready(self) -> float:
        """When the next slot is ready; infinity while all are in flight."""
        return min(self._first(self._answered), self._first(self._lost))

    def take(self, now: float) -> bool:
        """Lend a slot if one is ready.

        Args:
            now: Seconds on the clock of this cap.

        Returns:
            Whether a slot was lent.
        """
        if self.next_ready > now:
            return False

        earlier_is_lost = self._first(self._lost) < self._first(self._answered)
        (self._lost if earlier_is_lost else self._answered).popleft()
        self.in_flight += 1
        return True

    def settle(self, now: float, grace: float = 0.0) -> None:
        """Take back the slot of a call that was answered, or lost.

        Args:
            now: Seconds on the clock of this cap.
            grace: Seconds within which a lost call will have been counted, if ever; 0
                for a call that was answered.
        """
        self.in_flight -= 1
        row = self._lost if grace else self._answered
        row.append(now + grace + self.period)

    def give_back(self) -> None:
        """Take back a slot that no call has used; it is ready at once."""
        self.in_flight -= 1
        self._answered.appendleft(-math.inf)

    @staticmethod
    def _first(row: deque[float]) -> float:
        return row[0] if row else math.inf
