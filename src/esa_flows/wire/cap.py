"""Wait for one's turn under the provider's limit on calls per second.

`Slots` decides; this module waits. Waiting is fair (first come, first served) and costs
no background task and no polling: one waiter leads, sleeps until the next slot is
ready, and hands over to everybody who can go in one pass. Everybody else sleeps on an
event of its own. Whoever leaves early, before or after being granted, gives back what
it holds, so that no slot is ever lost.
"""

from __future__ import annotations

import enum
import math
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
from attrs import define, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.wire.slots import Slots

__all__ = ["Cap", "CapStatistics", "Fate", "Slot"]

# The documented second, and two thousandths for servers that count in milliseconds.
_PERIOD = 1.002
# A clock may wake us a rounding error too early; never spin on that.
_SHORTEST_SLEEP = 0.0001


class Fate(enum.Enum):
    """What became of the call a slot was lent for."""

    UNSPENT = "unspent"
    ANSWERED = "answered"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class CapStatistics:
    """What a cap has done and is doing.

    Attributes:
        calls: Calls allowed in any second.
        in_flight: Slots lent now.
        waiting: Callers waiting for a slot now.
        settled: Calls answered so far.
        unknown: Calls whose outcome is unknown, so far.
        unspent: Slots that came back unused, so far.
    """

    calls: int
    in_flight: int
    waiting: int
    settled: int
    unknown: int
    unspent: int


class Slot:
    """The right to send one call, lent by a `Cap`.

    Say `not_sent` or `answered` as soon as it is known; leaving without either means
    that the call may still be under way. The first word counts.
    """

    __slots__ = ("_open", "_report")

    def __init__(self, report: Callable[[Fate], None]) -> None:
        self._report = report
        self._open = True

    def not_sent(self) -> None:
        """Give the slot back: the request surely never left."""
        self.end(Fate.UNSPENT)

    def answered(self) -> None:
        """Settle the slot now: the response is here."""
        self.end(Fate.ANSWERED)

    def end(self, fate: Fate) -> None:
        """Tell the cap what became of the call; only the first word counts."""
        was_open, self._open = self._open, False
        if was_open:
            self._report(fate)

    def __repr__(self) -> str:
        return f"<Slot {'lent' if self._open else 'returned'}>"


@define(eq=False)
class _Waiter:
    """One who waits; the event says: look again."""

    granted: bool = False
    look: anyio.Event = field(factory=anyio.Event)


class Cap:
    """At most so many calls in any second, as the server counts them.

    Args:
        calls: Calls allowed in any second; at least one.
        period: Seconds a slot rests after its call was answered.
        grace: Seconds within which a call of unknown outcome has been counted.
        clock: Seconds that never go backwards.

    Raises:
        InvalidInput: No call would ever be allowed.
    """

    def __init__(
        self,
        calls: int = 100,
        *,
        period: float = _PERIOD,
        grace: float = 1.0,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        if calls < 1:
            raise InvalidInput(
                f"A cap of {calls} calls a second lets nothing pass: give 1 or more."
            )

        self._slots = Slots(calls=calls, period=period)
        self._grace = grace
        self._clock = clock
        self._queue: OrderedDict[_Waiter, None] = OrderedDict()
        self._leader: _Waiter | None = None
        self._ended = dict.fromkeys(Fate, 0)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for one's turn, and hold the right to send one call.

        Yields:
            The slot; tell it what became of the call.
        """
        await self._acquire()
        slot = Slot(self._ends)
        try:
            yield slot
        finally:
            slot.end(Fate.UNKNOWN)

    def statistics(self) -> CapStatistics:
        """Tell what the cap has done and is doing."""
        return CapStatistics(
            calls=self._slots.calls,
            in_flight=self._slots.in_flight,
            waiting=len(self._queue),
            settled=self._ended[Fate.ANSWERED],
            unknown=self._ended[Fate.UNKNOWN],
            unspent=self._ended[Fate.UNSPENT],
        )

    def __repr__(self) -> str:
        return (
            f"<Cap {self._slots.calls}/s, {self._slots.in_flight} in flight,"
            f" {len(self._queue)} waiting>"
        )

    # --- waiting ---------------------------------------------------------------------

    async def _acquire(self) -> None:
        await anyio.lowlevel.checkpoint_if_cancelled()
        if not self._queue and self._slots.take(self._clock()):
            return

        waiter = _Waiter()
        self._queue[waiter] = None
        self._leader = self._leader or waiter
        try:
            await self._wait(waiter)
            # Cancelled while the slot was on its way: it was never used.
            await anyio.lowlevel.checkpoint_if_cancelled()
        except BaseException:
            if waiter.granted:
                self._ends(Fate.UNSPENT)

            raise
        finally:
            self._queue.pop(waiter, None)
            self._pass_the_lead(waiter)

    async def _wait(self, waiter: _Waiter) -> None:
        while not self._goes(waiter):
            leads = waiter is self._leader
            with anyio.move_on_after(self._until_next_slot() if leads else math.inf):
                await waiter.look.wait()

            # An event rings once; whoever was only told to look gets a new one.
            if not waiter.granted:
                waiter.look = anyio.Event()

    def _goes(self, waiter: _Waiter) -> bool:
        if waiter is self._leader:
            self._hand_over()

        return waiter.granted

    def _until_next_slot(self) -> float:
        return max(self._slots.next_ready - self._clock(), _SHORTEST_SLEEP)

    def _hand_over(self) -> None:
        while self._queue and self._slots.take(self._clock()):
            waiter, _ = self._queue.popitem(last=False)
            waiter.granted = True
            waiter.look.set()

    def _pass_the_lead(self, waiter: _Waiter) -> None:
        if waiter is not self._leader:
            return

        self._leader = next(iter(self._queue), None)
        self._wake_the_leader()

    def _wake_the_leader(self) -> None:
        if self._leader is not None:
            self._leader.look.set()

    # --- slots coming back -----------------------------------------------------------

    def _ends(self, fate: Fate) -> None:
        before = self._slots.next_ready
        self._take_back(fate)
        self._ended[fate] += 1
        # The leader sleeps until `before`: wake it only for something earlier.
        if self._slots.next_ready < before:
            self._wake_the_leader()

    def _take_back(self, fate: Fate) -> None:
        if fate is Fate.UNSPENT:
            self._slots.give_back()
            return

        grace = self._grace if fate is Fate.UNKNOWN else 0.0
        self._slots.settle(self._clock(), grace)
