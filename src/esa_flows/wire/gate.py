"""Wait for one's turn at one gate: a limit on the calls of an account, or operation.

A `SlotStore` decides; this module waits. Waiting is fair within lanes (first come,
first served) and costs no background task and no polling: one waiter leads, sleeps
until the next slot is ready, and hands over to everybody who can go in one pass.
Everybody else sleeps on an event of its own. Whoever leaves early, before or after
being granted, gives back what it holds, so that no slot is ever lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache

import anyio
import anyio.lowlevel
from attrs import frozen

from esa_flows.wire.lane import Lane
from esa_flows.wire.lines import Lines, Waiter
from esa_flows.wire.pace import Pace
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate, SlotStore, Wish

__all__ = ["AHEAD", "Gate", "GateStatistics", "added"]

# A clock may wake us a rounding error too early; never spin on that.
_SHORTEST_SLEEP = 0.0001
AHEAD = 0.985
"""Paced a little faster than the cap, so that the cap and not the pace is the limit."""
_SAMPLES = 200
# Slots that are fetched at once from a store that others wait for, too.
_AT_ONCE = 10


@frozen(kw_only=True)
class GateStatistics:
    """What a gate has done and is doing.

    Attributes:
        calls: Calls allowed in any second by the settings.
        allowed: Calls allowed now; fewer where the provider was found to take fewer.
        in_flight: Slots lent now, to everybody who shares them.
        waiting: Callers of this client that wait for a slot now.
        settled: Calls answered so far, refused ones too.
        unknown: Calls whose outcome is unknown, so far.
        unspent: Slots that came back unused, so far.
        throttled: Calls refused for being too many, so far.
        paused: Seconds for which nothing leaves, because the provider asked for it.
    """

    calls: int
    allowed: int
    in_flight: int
    waiting: int
    settled: int
    unknown: int
    unspent: int
    throttled: int = 0
    paused: float = 0.0


def added(gates: Iterable[GateStatistics], *, calls: int) -> GateStatistics:
    """Add up gates that count apart.

    Args:
        gates: What each has done.
        calls: Calls allowed in any second where there is none yet.
    """
    each = list(gates)
    return GateStatistics(
        calls=min((gate.calls for gate in each), default=calls),
        allowed=min((gate.allowed for gate in each), default=calls),
        in_flight=sum(gate.in_flight for gate in each),
        waiting=sum(gate.waiting for gate in each),
        settled=sum(gate.settled for gate in each),
        unknown=sum(gate.unknown for gate in each),
        unspent=sum(gate.unspent for gate in each),
        throttled=sum(gate.throttled for gate in each),
        paused=max((gate.paused for gate in each), default=0.0),
    )


class Gate:
    """At most so many calls in any second, as the server counts them.

    Args:
        rule: What it keeps to.
        store: Where its slots are.
        last: Gives the last lane that may go now.
        clock: Seconds that never go backwards; the store's.
    """

    def __init__(
        self,
        rule: Rule,
        store: SlotStore,
        *,
        last: Callable[[], Lane] = lambda: Lane.HOUSEKEEPING,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._rule = rule
        self._store = store
        self._last = last
        self._clock = clock
        self._pace = Pace(burst=rule.burst)
        self._lines = Lines()
        self._leader: Waiter | None = None
        self._wakes_at = math.inf
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
            waiting=len(self._lines),
            settled=ended[Fate.ANSWERED] + ended[Fate.REFUSED],
            unknown=ended[Fate.UNKNOWN],
            unspent=ended[Fate.UNSPENT],
            throttled=ended[Fate.REFUSED],
            paused=self._store.learned.pause(now),
        )

    def __repr__(self) -> str:
        return (
            f"<Gate {self._rule.calls}/s, {self._store.in_flight} in flight,"
            f" {len(self._lines)} waiting>"
        )

    # --- waiting ---------------------------------------------------------------------

    async def take(self, lane: Lane) -> float:
        """Wait for one's turn.

        Args:
            lane: Who goes first.

        Returns:
            When the slot was lent, on the clock.

        Raises:
            NotSent: The slots cannot be asked for.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        now = await self._cared(self._clock())
        if self._is_next(lane) and self._ask(now, lane) == 0:
            return now

        return await self._stand_in_line(lane)

    async def _stand_in_line(self, lane: Lane) -> float:
        waiter = Waiter(lane)
        self._lines.join(waiter)
        self._leader = self._leader or waiter
        if self._lines.first() is waiter:
            self.look_again()

        try:
            await self._wait(waiter)
            # Cancelled while the slot was on its way: it was never used.
            await anyio.lowlevel.checkpoint_if_cancelled()
        except BaseException:
            if waiter.granted:
                self.settle(Fate.UNSPENT, self._clock())

            raise
        finally:
            self._lines.leave(waiter)
            self._pass_the_lead(waiter)

        return self._clock()

    def look_again(self) -> None:
        """Make the leader look: others may go now than when it looked last."""
        self._wake_by(-math.inf)

    def _is_next(self, lane: Lane) -> bool:
        last = self._last()
        ahead = self._lines.first(last)
        return lane <= last and (ahead is None or lane < ahead.lane)

    async def _wait(self, waiter: Waiter) -> None:
        while not waiter.granted:
            if waiter is self._leader:
                await self._lead(waiter)
            else:
                await waiter.look.wait()

            # An event rings once; whoever was only told to look gets a new one.
            if waiter.look.is_set() and not waiter.granted:
                waiter.look = anyio.Event()

    async def _lead(self, waiter: Waiter) -> None:
        """Hand over to everybody who can go, then sleep until the next can."""
        # Whoever comes back meanwhile rings, however far off the next look was.
        self._wakes_at = math.inf
        now = self._clock()
        now = await self._cared(now, slots=self._usable(now))
        wait = self._hand_over(now)
        self._wakes_at = now + wait
        if waiter.granted:
            return

        with anyio.move_on_after(wait):
            await waiter.look.wait()

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
        if not slots:
            return _no_wish(calls)

        first = self._lines.first(self._last())
        is_urgent = first is not None and first.lane is Lane.ROLLBACK
        return Wish(calls=calls, slots=slots, is_urgent=is_urgent)

    def _usable(self, now: float) -> int:
        """Give how many slots could be used by the time that a store has fetched them.

        Whoever keeps to the pace has no use for more, and others may have; and nobody
        takes many more than are used before it can come again, so that all come by.
        """
        first = self._lines.first(self._last())
        if first is None or self._store.learned.pause(now) > self._caring:
            return 0

        spacing = self._spacing(self._allowed(now))
        room = self._pace.room(now + self._caring, spacing)
        fair = _AT_ONCE + int(2 * self._caring / spacing)
        return min(len(self._lines), max(min(room, fair), 1))

    def _hand_over(self, now: float) -> float:
        while waiter := self._lines.first(self._last()):
            wait = self._ask(now, waiter.lane)
            if wait > 0:
                return max(wait, _SHORTEST_SLEEP)

            self._lines.leave(waiter)
            waiter.grant()

        self._store.spare()
        return math.inf

    def _ask(self, now: float, lane: Lane) -> float:
        """Take a slot; give 0, or the seconds after which to ask again."""
        learned, is_urgent = self._store.learned, lane is Lane.ROLLBACK
        calls = learned.allowed(self._rule.calls, now)
        spacing = self._spacing(calls)
        paced = 0.0 if is_urgent else self._pace.wait(now, spacing)
        wait = max(learned.pause(now), paced)
        if wait > 0:
            return wait

        wait = self._store.take(now, calls, is_urgent=is_urgent)
        if wait == 0:
            self._pace.left(now, spacing)

        return wait

    def _allowed(self, now: float) -> int:
        return self._store.learned.allowed(self._rule.calls, now)

    def _spacing(self, calls: int) -> float:
        return self._rule.period / calls * AHEAD

    def _pass_the_lead(self, waiter: Waiter) -> None:
        if waiter is not self._leader:
            return

        self._leader = self._lines.first()
        if self._leader is None:
            self._store.spare()

        # The one before may have been told to look, and have left instead.
        self._wakes_at = math.inf
        self.look_again()

    def _wake_by(self, moment: float) -> None:
        """Wake the leader, unless it wakes by then anyway."""
        if self._leader is not None and moment < self._wakes_at:
            self._wakes_at = moment
            self._leader.look.set()

    # --- slots coming back -----------------------------------------------------------

    def settle(self, fate: Fate, sent: float) -> None:
        """Take back a slot.

        Args:
            fate: What became of its call.
            sent: When the call could leave at the earliest, on the clock.
        """
        now = self._clock()
        ready = now + self._rest(fate, now - sent)
        self._store.settle(ready, fate)
        self._ended[fate] += 1
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

    def _rest(self, fate: Fate, trip: float) -> float:
        """Give the seconds a slot rests after its call ended now."""
        if fate is Fate.UNSPENT:
            return 0.0

        if fate is Fate.UNKNOWN:
            return self._rule.grace + self._rule.period

        if not self._rule.credit:
            return self._rule.period

        self._shortest = min(self._shortest, trip)
        is_warm = self._ended[Fate.ANSWERED] >= _SAMPLES
        return self._rule.period - self._rule.credit * self._shortest * is_warm


@lru_cache(maxsize=256)
def _no_wish(calls: int) -> Wish:
    """Give the wish where nobody stands in line: the same one all day."""
    return Wish(calls=calls)
