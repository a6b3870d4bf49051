"""Decide, without waiting, whether one more call may be sent: Rule W.

A client sees three moments of its call *i*: lent before the send at ``s``, counted by
the server at ``a`` (which nobody tells it), answered at ``r``; and ``s <= a <= r``.

A call may go while fewer than N others are unanswered or were answered less than one
period ago. Suppose N + 1 calls were counted inside one period, and take the one that
was let go last: each of the N others was let go before it and answered less than a
period before it, or not yet. So all N counted against it, and it could not have gone.
No assumption is made on delays, handshakes, stalls, or on any clock but our own.

* An answer frees its slot one period later.
* An unknown outcome may still be travelling: it frees its slot after a grace more.
* A request that surely never left frees its slot at once.

Calls counted by their *sends* do not hold the bound: two bursts sent a second apart
arrive closer together whenever the first one was delayed more than the second.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from typing import Protocol

import anyio.lowlevel
from attrs import define, field, frozen

from esa_flows.wire.learned import NOTHING, Learned

__all__ = ["Fate", "SlotStore", "Slots", "Wish"]


class Fate(enum.StrEnum):
    """What became of the call a slot was lent for."""

    UNSPENT = "unspent"
    ANSWERED = "answered"
    REFUSED = "refused"
    UNKNOWN = "unknown"


_UNSPENT = Fate.UNSPENT  # looking up a member costs as much as settling


@frozen(kw_only=True)
class Wish:
    """What those who wait at a gate want of its store.

    Attributes:
        calls: Calls allowed in any second.
        slots: Slots that could be used now; 0 where nobody stands in line.
        is_urgent: Whether calls of others that are not wait for these.
    """

    calls: int
    slots: int = 0
    is_urgent: bool = False


class SlotStore(Protocol):
    """Where the slots of one gate are kept: in this process, or where others look too.

    Nothing here waits but `care`, with which a store that is far away fetches slots
    for `take`: each other call is a matter of microseconds. All times are seconds on
    the clock of the gate.

    Attributes:
        is_here: Whether nothing has to be fetched or looked after.
        learned: What refusals have taught; shared like the slots. `NOTHING` itself
            where they taught nothing, which is looked at for each call.
    """

    learned: Learned

    @property
    def is_here(self) -> bool:
        """Whether nothing has to be fetched or looked after, so that nobody asks."""
        ...

    @property
    def in_flight(self) -> int:
        """Slots lent and not settled, by everybody who shares them."""
        ...

    def take(self, now: float, calls: int, *, is_urgent: bool = False) -> float:
        """Lend a slot if fewer than so many are lent or resting.

        Args:
            now: Seconds on the clock of the gate.
            calls: Calls allowed in any second.
            is_urgent: Whether calls of others that are not wait for this one.

        Returns:
            0 if a slot was lent; else the seconds after which asking again is worth it,
            infinity where only a slot coming back can help.

        Raises:
            NotSent: The store cannot be asked: nothing may be sent.
        """
        ...

    def settle(self, ready: float, fate: Fate) -> None:
        """Take back one slot that was lent from here.

        Args:
            ready: When it may be lent again; not heeded for one that is unspent.
            fate: What became of its call.
        """
        ...

    def accepted(self, now: float) -> int:
        """Give the calls that were answered within the last period, not refused."""
        ...

    def needs_care(self, now: float, wish: Wish) -> bool:
        """Tell whether `care` should be called before anybody takes a slot."""
        ...

    async def care(self, now: float, wish: Wish) -> None:
        """Look after what others left behind, and fetch slots; may wait.

        Args:
            now: Seconds on the clock of the gate.
            wish: What those in line want.

        Raises:
            NotSent: The store is gone: nothing may be sent.
        """
        ...

    def spare(self) -> None:
        """Let go of slots that were fetched: nobody stands in line any more."""
        ...


@define(kw_only=True)
class Slots:
    """The slots of one process; every move costs O(1).

    Attributes:
        learned: What refusals have taught.
    """

    is_here = True
    learned: Learned = NOTHING
    # In flight or in a row. Who has rested enough is found out when all seem busy.
    _busy: int = field(default=0, init=False)
    # Each row is sorted by itself, because answers come in the order of the clock and
    # so do losses; one row for both would let a loss hold back the answers behind it.
    _rows: dict[Fate, deque[float]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with every slot ready."""
        self._rows = {fate: deque() for fate in Fate if fate is not Fate.UNSPENT}

    @property
    def in_flight(self) -> int:
        """Slots lent and not settled."""
        return self._busy - sum(map(len, self._rows.values()))

    def take(self, now: float, calls: int, *, is_urgent: bool = False) -> float:  # noqa: ARG002  nobody else to hurry
        """Lend a slot if one is ready; see `SlotStore.take`."""
        if self._busy < calls or self.has_room(now, calls):
            self._busy += 1
            return 0.0

        firsts = (row[0] for row in self._rows.values() if row)
        return min(firsts, default=math.inf) - now

    def has_room(self, now: float, calls: int) -> bool:
        """Tell whether a slot would be lent."""
        for row in self._rows.values():
            self._wake(row, now)

        return self._busy < calls

    def settle(self, ready: float, fate: Fate) -> None:
        """Take back the slot of a call; see `SlotStore.settle`."""
        if fate is _UNSPENT:
            self._busy -= 1
            return

        self._rows[fate].append(ready)

    def accepted(self, now: float) -> int:
        """Give the calls that were answered within the last period, not refused."""
        self._wake(row := self._rows[Fate.ANSWERED], now)
        return len(row)

    def needs_care(self, now: float, wish: Wish) -> bool:  # noqa: ARG002  part of the port
        """Tell that nothing is left behind in one's own memory."""
        return False

    async def care(self, now: float, wish: Wish) -> None:  # noqa: ARG002  part of the port
        """Do nothing."""
        await anyio.lowlevel.checkpoint()

    def spare(self) -> None:
        """Do nothing: nothing is fetched."""

    def _wake(self, row: deque[float], now: float) -> None:
        """Forget whoever has rested enough."""
        while row and row[0] <= now:
            row.popleft()
            self._busy -= 1
