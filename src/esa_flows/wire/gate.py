"""Wait for one's turn at one gate: a limit on the calls of an account, or operation.

A `SlotStore` decides; this module waits. Nearly every call finds nobody before it and a
slot that is ready, and `Gate.grab` lends it without waiting, or anything else that
costs. Whoever has to wait does so fairly within lanes (first come, first served), and
without a background task or polling: one waiter leads, sleeps until the next
slot is ready, and hands over to everybody who can go in one pass. Everybody else sleeps
on an event of its own. Whoever leaves early, before or after being granted, gives back
what it holds, so that no slot is ever lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import anyio
import anyio.lowlevel

from esa_flows.wire.gate_statistics import GateStatistics
from esa_flows.wire.lane import Lane
from esa_flows.wire.learned import NOTHING
from esa_flows.wire.lines import Lines, Waiter
from esa_flows.wire.pace import Pace
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate, SlotStore, Wish

__all__ = ["AHEAD", "Gate", "KeptBack"]

# A clock may wake us a rounding error too early; never spin on that.
_SHORTEST_SLEEP = 0.0001
AHEAD = 0.985
"""Paced a little faster than the cap, so that the cap and not the pace is the limit."""
_SAMPLES = 200
# Slots that are fetched at once from a store that others wait for, too.
_AT_ONCE = 10
# Looking up a member of an enumeration costs as much as what is done with it here.
_URGENT, _LAST = Lane.ROLLBACK, Lane.HOUSEKEEPING
_UNSPENT, _SEEN = Fate.UNSPENT, (Fate.ANSWERED, Fate.REFUSED)


class KeptBack(Exception):
    """Somebody may not go for now, and holds what others wait for; stays in the cap."""


class Gate:
    """At most so many calls in any second, as the server counts them.

    Args:
        rule: What it keeps to.
        store: Where its slots are.
        last: The last lane that may go now.
        clock: Seconds that never go backwards; the store's.
    """

    def __init__(
        self,
        rule: Rule,
        store: SlotStore,
        *,
        last: Lane = _LAST,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._rule = rule
        self._store = store
        self._is_here = store.is_here
        self._last = last
        self._clock = clock
        self._spacing = self._spacing_at(rule.calls)
        self._no_wish = Wish(calls=rule.calls)
        self._pace = Pace(burst=rule.burst)
        self._lines = Lines()
        self._leader: Waiter | None = None
        self._nap: anyio.CancelScope | None = None
        self._wakes_at = math.inf
        self._rests = _rests(rule)
        self._ended = dict.fromkeys(Fate, 0)
        self._shortest = math.inf
        self._caring = 0.0

    def statistics(self) -> GateStatistics:
        """Tell what the gate has done and is doing."""
        now, ended = self._clock(), self._ended
        return GateStatistics(
            calls=self._rule.calls,
            allowed=self._allowed(now),
            in_flight=self._store.in_flight,
            waiting=self._lines.waiting,
            settled=ended[Fate.ANSWERED] + ended[Fate.REFUSED],
            unknown=ended[Fate.UNKNOWN],
            unspent=ended[Fate.UNSPENT],
            throttled=ended[Fate.REFUSED],
            paused=self._store.learned.pause(now),
        )

    def __repr__(self) -> str:
        return (
            f"<Gate {self._rule.calls}/s, {self._store.in_flight} in flight,"
            f" {self._lines.waiting} waiting>"
        )

    # --- taking ----------------------------------------------------------------------

    def grab(self, lane: Lane, now: float) -> bool:
        """Take a slot where one is ready and nobody stands in line; never wait.

        Args:
            lane: Who goes first.
            now: Seconds on the clock.

        Raises:
            NotSent: The slots cannot be asked for.
        """
        if self._lines.waiting or lane > self._last:
            return False

        if not self._is_here and self._store.needs_care(now, self._no_wish):
            return False

        return self._ask(now, lane) == 0

    async def take(self, lane: Lane, *, holds: bool = False) -> float:
        """Wait for one's turn.

        Whoever does not have to wait is not told here that it was cancelled.

        Args:
            lane: Who goes first.
            holds: Whether it has a slot of another gate, for which others may wait.

        Returns:
            When the slot was lent, on the clock.

        Raises:
            NotSent: The slots cannot be asked for.
            KeptBack: Its lane may not go for now, and it holds something.
        """
        now = self._clock()
        if not self._is_here:
            now = await self._cared(now)

        if self._is_next(lane) and self._ask(now, lane) == 0:
            return now

        if holds and lane > self._last:
            raise KeptBack

        waiter = Waiter(lane, holds)
        self._lines.join(waiter)
        try:
            if self._comes_later(waiter):
                await waiter.bell.wait()

            while not waiter.granted:
                _refuse_sent_back(waiter)
                await self._lead(waiter)

            # Cancelled while the slot was on its way: it was never used.
            await anyio.lowlevel.checkpoint_if_cancelled()
        except BaseException:
            self._give_back(waiter)
            raise
        finally:
            self._leave(waiter)

        return self._clock()

    def _is_next(self, lane: Lane) -> bool:
        ahead = self._lines.first(self._last)
        return lane <= self._last and (ahead is None or lane < ahead.lane)

    def _ask(self, now: float, lane: Lane) -> float:
        """Take a slot; give 0, or the seconds after which to ask again."""
        calls, spacing, wait = self._rule.calls, self._spacing, 0.0
        learned, is_urgent = self._store.learned, lane is _URGENT
        if learned is not NOTHING:
            calls, wait = learned.allowed(calls, now), learned.pause(now)
            spacing = self._spacing_at(calls)

        paced = 0.0 if is_urgent else self._pace.wait(now)
        if paced or wait:
            return max(paced, wait)

        wait = self._store.take(now, calls, is_urgent=is_urgent)
        if wait == 0:
            self._pace.left(now, spacing)

        return wait

    def _allowed(self, now: float) -> int:
        return self._store.learned.allowed(self._rule.calls, now)

    def _spacing_at(self, calls: int) -> float:
        return self._rule.period / calls * AHEAD

    # --- waiting ---------------------------------------------------------------------

    def keep_for(self, last: Lane) -> None:
        """Let some lanes go and no others, from now on.

        Args:
            last: The last lane that may go.
        """
        self._last = last
        for waiter in self._lines.behind(last):
            if waiter.holds:
                waiter.send_back()

        self._wake_by(-math.inf)

    def _comes_later(self, waiter: Waiter) -> bool:
        """Tell whether somebody leads already; whoever comes first does from now on."""
        if self._leader is None:
            self._leader = waiter
            return False

        if self._lines.first() is waiter:
            # It may go, perhaps, where all who came before may not.
            self._wake_by(-math.inf)

        return True

    async def _lead(self, waiter: Waiter) -> None:
        """Hand over to everybody who can go, then sleep until the next can."""
        now = self._clock()
        if not self._is_here:
            now = await self._cared(now, slots=self._usable(now))

        wait = self._hand_over(now)
        if not (waiter.granted or waiter.sent_back):
            await self._sleep(now, wait)

    async def _sleep(self, now: float, wait: float) -> None:
        self._wakes_at = now + wait
        try:
            with anyio.CancelScope() as self._nap:
                await anyio.sleep(wait)
        finally:
            self._nap = None

    def _hand_over(self, now: float) -> float:
        """Let go whoever can; give the seconds until the next can."""
        is_anybody_rung = False
        while waiter := self._lines.first(self._last):
            if is_anybody_rung and waiter is self._leader:
                # It runs already, and they do not: they would go after it.
                return _SHORTEST_SLEEP

            wait = self._ask(now, waiter.lane)
            if wait > 0:
                return max(wait, _SHORTEST_SLEEP)

            self._lines.leave(waiter)
            waiter.grant()
            is_anybody_rung = True

        self._store.spare()
        return math.inf

    def _give_back(self, waiter: Waiter) -> None:
        if waiter.granted:
            now = self._clock()
            self.settle(_UNSPENT, now, now)

    def _leave(self, waiter: Waiter) -> None:
        """Leave the line; whoever leads passes the lead."""
        self._lines.leave(waiter)
        if waiter is not self._leader:
            return

        self._leader = self._lines.first()
        if self._leader is None:
            self._store.spare()
            return

        self._leader.bell.set()

    def _wake_by(self, moment: float) -> None:
        """Wake the leader, unless it wakes by then anyway or looks before it sleeps."""
        if self._nap is not None and moment < self._wakes_at:
            self._wakes_at = moment
            self._nap.cancel()

    # --- slots that are far away -----------------------------------------------------

    async def _cared(self, now: float, *, slots: int = 0) -> float:
        """Let the store do what it cannot do without waiting; give the time then."""
        wish = self._wish(now, slots)
        if not self._store.needs_care(now, wish):
            return now

        await self._store.care(now, wish)
        after = self._clock()
        self._caring = after - now
        return after

    def _wish(self, now: float, slots: int) -> Wish:
        calls = self._allowed(now)
        if not slots and calls == self._rule.calls:
            return self._no_wish

        first = self._lines.first(self._last)
        is_urgent = first is not None and first.lane is _URGENT
        return Wish(calls=calls, slots=slots, is_urgent=is_urgent)

    def _usable(self, now: float) -> int:
        """Give how many slots could be used by the time that a store has fetched them.

        Whoever keeps to the pace has no use for more, and others may have; and nobody
        takes many more than are used before it can come again, so that all come by.
        """
        first = self._lines.first(self._last)
        if first is None or self._store.learned.pause(now) > self._caring:
            return 0

        spacing = self._spacing_at(self._allowed(now))
        room = self._pace.room(now + self._caring, spacing)
        fair = _AT_ONCE + int(2 * self._caring / spacing)
        return min(self._lines.waiting, max(min(room, fair), 1))

    # --- slots coming back -----------------------------------------------------------

    def settle(self, fate: Fate, sent: float, now: float) -> None:
        """Take back a slot.

        Args:
            fate: What became of its call.
            sent: When the call could leave at the earliest, on the clock.
            now: Seconds on the clock.
        """
        ready = now + self._rests[fate]
        if self._rule.credit and fate in _SEEN:
            ready -= self._credit(now - sent)

        self._store.settle(ready, fate)
        self._ended[fate] += 1
        if self._nap is not None:
            self._wake_by(ready)

    def throttled(self, retry_after: float) -> None:
        """Learn from a refusal for too many calls; its slot is settled apart.

        Args:
            retry_after: Seconds the provider asks to wait; 0 without a hint.
        """
        if not self._rule.learns:
            return

        now = self._clock()
        self._store.learned = self._store.learned.throttled(
            most=self._rule.calls,
            accepted=self._store.accepted(now),
            now=now,
            retry_after=retry_after,
        )

    def _credit(self, trip: float) -> float:
        """Give the part of a slot's rest that was over when its call's answer came."""
        self._shortest = min(self._shortest, trip)
        is_warm = self._ended[Fate.ANSWERED] >= _SAMPLES
        return self._rule.credit * self._shortest * is_warm


def _refuse_sent_back(waiter: Waiter) -> None:
    if waiter.sent_back:
        raise KeptBack


def _rests(rule: Rule) -> dict[Fate, float]:
    """Give the seconds a slot rests, by what became of its call."""
    return {
        Fate.UNSPENT: 0.0,
        Fate.ANSWERED: rule.period,
        Fate.REFUSED: rule.period,
        Fate.UNKNOWN: rule.grace + rule.period,
    }
