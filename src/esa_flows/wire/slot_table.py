"""Slots in memory that several processes see: Rule W over a table; no file, no lock.

Each slot is one number: when it is ready; infinity while it is lent. Every change that
matters is one aligned store of eight bytes, made so that whoever dies between two of
them leaves a slot lent, never one free too early:

* *take*: who, then infinity. It needs the lock that the caller holds.
* *settle*: the moment it is ready. It needs no lock: the slot is the taker's own.
* *reclaim*: as settle, for slots of somebody who lives no more; under the lock.

What is learned from refusals stands in the head. It is written without a lock, because
a number too old there costs a refusal and never a call above the cap.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet

from attrs import define, field

from esa_flows.wire.learned import NOTHING, Learned

__all__ = ["MOST", "SIZE", "SlotTable"]

MOST = 1024
"""Slots of a table: the most calls a second that can be shared."""

_HEAD = 8
_WORD = 8
SIZE = _WORD * (_HEAD + 3 * MOST)
"""Bytes of a table."""

# Words of the head.
_CALLS, _SINCE, _PAUSED, _URGENT, _URGENT_OWNER, _USED = range(6)
# A slot that rests longer than this was written before the machine was started anew.
_LONGEST_REST = 120.0
_ANSWERED, _OTHER = 0, 1


@define(eq=False)
class SlotTable:
    """A table of slots, as one of those who share it sees it.

    Args:
        memory: `SIZE` bytes, zero at first.
        owner: This one's number: 1 to 2**52, never used before.
        period: Seconds a slot rests.
    """

    _memory: memoryview
    _owner: int
    _period: float
    _lent: list[int] = field(factory=list, init=False)
    _head: memoryview[float] = field(init=False)
    _ready: memoryview[float] = field(init=False)
    _owners: memoryview[int] = field(init=False)
    _fates: memoryview[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        words = [
            self._memory[n : n + _WORD * MOST]
            for n in range(_WORD * _HEAD, SIZE, _WORD * MOST)
        ]
        self._head = self._memory[: _WORD * _HEAD].cast("d")
        self._ready = words[0].cast("d")
        self._owners = words[1].cast("Q")
        self._fates = words[2].cast("Q")

    def __repr__(self) -> str:
        return f"<SlotTable {self.in_flight} in flight, {len(self._lent)} ours>"

    def close(self) -> None:
        """Let go of the memory."""
        for view in (self._head, self._ready, self._owners, self._fates):
            view.release()

    # --- lending ---------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Slots that are lent, by everybody."""
        return self._rows().count(math.inf)

    def take(self, now: float, calls: int, *, is_urgent: bool) -> float:
        """Lend a slot; under the lock. See `SlotStore.take`."""
        if not is_urgent and self._yields(now):
            return self._head[_URGENT] - now

        rows = self._rows(calls)
        busy = sum(map(now.__lt__, rows))
        if busy < calls:
            self._lend(rows, now)
            self._calm(is_urgent=is_urgent)
            return 0.0

        wait = self._wait(rows, now)
        self._urge(now + wait, is_urgent=is_urgent)
        return wait

    def settle(self, ready: float, *, is_answer: bool) -> None:
        """Give back one of our slots.

        Args:
            ready: When it may be lent again.
            is_answer: Whether its call was answered and not refused.
        """
        slot = self._lent.pop()
        self._fates[slot] = _ANSWERED if is_answer else _OTHER
        self._ready[slot] = ready

    def accepted(self, now: float) -> int:
        """Give the calls of everybody that were answered within the last period."""
        return sum(
            now < ready < math.inf and not fate
            for ready, fate in zip(self._rows(), self._fates, strict=False)
        )

    def _rows(self, calls: int = 0) -> list[float]:
        """Give when each slot in use is ready; more are in use where more are asked."""
        used = int(self._head[_USED])
        if calls > used:
            self._head[_USED] = used = calls

        ready: list[float] = self._ready[:used].tolist()  # type: ignore[assignment]
        return ready

    def _lend(self, rows: list[float], now: float) -> None:
        slot = next(n for n, ready in enumerate(rows) if ready <= now)
        self._owners[slot] = self._owner
        self._ready[slot] = math.inf
        self._lent.append(slot)

    def _wait(self, rows: list[float], now: float) -> float:
        """Give the seconds until a slot can be ready.

        Those in flight elsewhere tell nobody when they come back, and need not: they
        rest a period then. Only one that comes back unspent is found later than it
        could be.
        """
        first = min((ready for ready in rows if ready > now), default=math.inf)
        return min(first - now, self._period)

    # --- who goes first --------------------------------------------------------------

    def _yields(self, now: float) -> bool:
        is_ours = self._head[_URGENT_OWNER] == float(self._owner)
        return self._head[_URGENT] > now and not is_ours

    def _urge(self, until: float, *, is_urgent: bool) -> None:
        """Ask the others to leave the next slot to us."""
        if is_urgent:
            self._head[_URGENT_OWNER] = float(self._owner)
            self._head[_URGENT] = until + 0.02

    def _calm(self, *, is_urgent: bool) -> None:
        is_ours = self._head[_URGENT_OWNER] == float(self._owner)
        if is_urgent and is_ours:
            self._head[_URGENT] = 0.0

    # --- what is learned -------------------------------------------------------------

    @property
    def learned(self) -> Learned:
        """What refusals have taught everybody."""
        calls, since, paused = self._head[:3].tolist()
        if not (calls or paused):
            return NOTHING

        return Learned(
            calls=calls or math.inf,
            since=since if calls else -math.inf,
            paused_until=paused,
        )

    @learned.setter
    def learned(self, known: Learned) -> None:
        # Since when before how many: a mix of old and new is then the slower one.
        if not math.isinf(known.calls):
            self._head[_SINCE] = known.since
            self._head[_CALLS] = known.calls

        if known.paused_until > 0:
            self._head[_PAUSED] = known.paused_until

    # --- those who are gone ----------------------------------------------------------

    def strangers(self) -> set[int]:
        """Give the owners of lent slots that are not ours."""
        lent = zip(self._rows(), self._owners, strict=False)
        return {owner for ready, owner in lent if math.isinf(ready)} - {self._owner}

    def reclaim(self, gone: AbstractSet[int], ready: float, now: float) -> int:
        """Take back the slots of owners who live no more; under the lock.

        Args:
            gone: Who they are.
            ready: When their slots may be lent again.
            now: Seconds on the clock of the table.

        Returns:
            How many slots came back.
        """
        back = 0
        for slot, at in enumerate(self._rows()):
            is_left = math.isinf(at) and self._owners[slot] in gone
            is_stale = now + _LONGEST_REST < at < math.inf
            if is_left or is_stale:
                self._fates[slot] = _OTHER
                self._ready[slot] = ready
                back += 1

        return back
