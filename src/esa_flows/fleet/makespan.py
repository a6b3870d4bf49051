"""How long a wave takes at least: its calls played against the cap; pure.

Every routine is a chain of calls, one after the other, with waits in between. A call
takes a slot of the cap, which rests for the cap's period after the answer; lanes and
pace are those of the cap. Nothing disturbs it: who carries it out is not faster.
"""

import heapq
import math
from collections import deque
from collections.abc import Mapping, Sequence

from attrs import define, evolve, field, frozen

from esa_flows.fleet.budget import Limits, Standing, room
from esa_flows.wire import pace as wire
from esa_flows.wire.gate import AHEAD
from esa_flows.wire.lane import Lane
from esa_flows.wire.rule import Rule

__all__ = ["Chain", "Pace", "calls_seconds", "play", "under_caps"]

RULE = Rule()


@frozen(kw_only=True)
class Pace:
    """How fast calls go.

    Attributes:
        calls: Calls of the account in any second.
        latency: Seconds from a call to its answer.
        others: How fast those of further accounts go, by the accounts' names.
        cap: The calls that a way back may make; 0 for no more than others.
    """

    calls: int = 100
    latency: float = 0.05
    others: Mapping[str, "Pace"] = field(factory=dict, hash=False)
    cap: int = 0

    @property
    def whole(self) -> "Pace":
        """How fast a way back goes, which leaves no room for others."""
        others = {name: pace.whole for name, pace in self.others.items()}
        return evolve(self, calls=self.cap or self.calls, others=others)

    def at(self, account: str) -> "Pace":
        """Give how fast calls of an account go.

        Args:
            account: Its name.
        """
        return self.others.get(account, self)


@frozen(kw_only=True)
class Chain:
    """What one routine does, one after the other.

    Attributes:
        ready: Lanes of the calls until it is ready to be exposed.
        rest: Seconds that it is watched before it is ready.
        uploads: Uploads among them, which take time and no slot.
        exposed: Waits before each call from there on, in seconds; mostly 0.
        account: Under whose cap they are; empty for the client's own.
    """

    ready: tuple[Lane, ...]
    rest: float = 0.0
    uploads: int = 0
    exposed: tuple[float, ...] = ()
    account: str = ""

    @property
    def calls(self) -> int:
        """Calls that take a slot of the cap."""
        return len(self.ready) + len(self.exposed)


def calls_seconds(calls: int, pace: Pace) -> float:
    """Give the least time that so many calls take under the cap alone.

    Args:
        calls: How many.
        pace: How fast they go.
    """
    waiting = max(0, calls - pace.calls)
    return waiting * (RULE.period + pace.latency) / pace.calls + pace.latency


def under_caps(calls: Mapping[str, int], pace: Pace) -> float:
    """Give the least time that calls take under the caps of their accounts alone.

    Args:
        calls: How many, by account; each goes at its own rate, beside the others.
        pace: How fast they go.
    """
    times = (calls_seconds(n, pace.at(account)) for account, n in calls.items())
    return max(times, default=0.0)


def play(
    chains: Sequence[Chain], limits: Limits, pace: Pace, *, prepares: bool
) -> float:
    """Give the seconds until the last routine has ended.

    Args:
        chains: One for each routine, in the order they are begun.
        limits: How many may be worked on and be exposed at once.
        pace: How fast calls go.
        prepares: Whether all is made ready at full speed, and exposed as it may be.
    """
    return _Play(chains=chains, limits=limits, pace=pace, prepares=prepares).through()


@define(kw_only=True)
class _Cap:
    """The cap of one account, and the calls that wait for it."""

    pace: Pace
    waiting: list[tuple[Lane, float, int, int]] = field(factory=list, init=False)
    _slots: list[float] = field(init=False)
    _spread: wire.Pace = field(factory=lambda: wire.Pace(burst=RULE.burst), init=False)

    def __attrs_post_init__(self) -> None:
        self._slots = [0.0] * self.pace.calls

    def free(self, now: float) -> float:
        """Give when the next call may leave."""
        return max(now + self._spread.wait(now), self._slots[0])

    def take(self, now: float, answered: float) -> None:
        """Use the slot that is free for a call."""
        self._spread.left(now, self._spacing)
        heapq.heapreplace(self._slots, answered + RULE.period)

    @property
    def _spacing(self) -> float:
        return RULE.period / self.pace.calls * AHEAD


@define(kw_only=True)
class _Play:
    chains: Sequence[Chain]
    limits: Limits
    pace: Pace
    prepares: bool
    _caps: dict[str, _Cap] = field(init=False)
    _due: list[tuple[float, int, int, bool]] = field(factory=list, init=False)
    _ready: deque[int] = field(factory=deque, init=False)
    _exposed: int = 0
    _proven: int = 0
    _begun: int = 0
    _now: float = 0.0

    def __attrs_post_init__(self) -> None:
        accounts = dict.fromkeys(chain.account for chain in self.chains)
        self._caps = {name: _Cap(pace=self.pace.at(name)) for name in accounts}

    def through(self) -> float:
        """Play it to its end."""
        for _ in range(min(len(self.chains), self.limits.concurrency)):
            self._begin()

        while True:
            free, cap = self._next()
            if not self._due and cap is None:
                return self._now

            if cap is None or (self._due and self._due[0][0] <= free):
                self._now, place, done, has_rested = heapq.heappop(self._due)
                go_on = self._wait if has_rested else self._step
                go_on(place, done)
            else:
                self._now = max(self._now, free)
                self._send(cap)

    def _next(self) -> tuple[float, _Cap | None]:
        """Give when the next call may leave, and under which cap."""
        found: tuple[float, _Cap | None] = math.inf, None
        for cap in self._caps.values():
            if cap.waiting and (free := cap.free(self._now)) < found[0]:
                found = free, cap

        return found

    def _begin(self) -> None:
        """Begin the next routine, if there is one."""
        if self._begun == len(self.chains):
            return

        place = self._begun
        self._begun += 1
        if self.prepares:
            self._call(place, 0)
        else:
            self._ready.append(place)
            self._expose()

    def _expose(self) -> None:
        """Let those go that are ready, as many as may."""
        now = Standing(proven=self._proven, exposed=self._exposed)
        for _ in range(min(room(self.limits, now), len(self._ready))):
            self._exposed += 1
            place = self._ready.popleft()
            self._call(place, len(self.chains[place].ready) if self.prepares else 0)

    def _step(self, place: int, done: int) -> None:
        """Go on with a routine that has made so many calls."""
        chain = self.chains[place]
        is_ready = done == len(chain.ready) and self.prepares
        if is_ready and not chain.exposed:
            self._begin()
        elif done == chain.calls:
            self._exposed -= 1
            self._proven += 1
            if not self.prepares:
                self._begin()

            self._expose()
        elif is_ready:
            self._ready.append(place)
            self._expose()
            self._begin()
        else:
            self._call(place, done)

    def _call(self, place: int, done: int) -> None:
        """Make the next call of a routine, after the wait that comes before it."""
        chain = self.chains[place]
        place_in = done - len(chain.ready)
        rest = chain.exposed[place_in] if place_in >= 0 else 0.0
        if rest:
            heapq.heappush(self._due, (self._now + rest, place, done, True))
        else:
            self._wait(place, done)

    def _wait(self, place: int, done: int) -> None:
        """Let a routine wait for a slot, in the lane of its call."""
        ready = self.chains[place].ready
        lane = ready[done] if done < len(ready) else Lane.DEPLOY
        waiting = self._caps[self.chains[place].account].waiting
        heapq.heappush(waiting, (lane, self._now, place, done))

    def _send(self, cap: _Cap) -> None:
        """Send the call whose turn it is, in the slot that is free."""
        _, _, place, done = heapq.heappop(cap.waiting)
        chain, latency = self.chains[place], cap.pace.latency
        upload = latency * chain.uploads if done == len(chain.ready) // 2 else 0.0
        upload += chain.rest if done == len(chain.ready) - 1 else 0.0
        answered = self._now + latency
        cap.take(self._now, answered)
        due = (answered + upload, place, done + 1, False)
        heapq.heappush(self._due, due)
