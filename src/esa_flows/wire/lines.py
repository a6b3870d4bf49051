"""Stand in line: first come, first served, within lanes; every move costs O(1)."""

from __future__ import annotations

from collections import OrderedDict

import anyio
from attrs import define, field

from esa_flows.wire.lane import Lane

__all__ = ["Lines", "Waiter"]


@define(eq=False)
class Waiter:
    """One who waits.

    Attributes:
        lane: Where it stands.
        holds: Whether it keeps others waiting while it waits itself.
        granted: Whether it may go.
        sent_back: Whether it shall leave, as it would keep those waiting who may go.
        bell: Rings when it may go, shall leave, or leads from now on.
    """

    lane: Lane
    holds: bool = False
    granted: bool = False
    sent_back: bool = False
    bell: anyio.Event = field(factory=anyio.Event, init=False)

    def grant(self) -> None:
        """Let it go."""
        self.granted = True
        self.bell.set()

    def send_back(self) -> None:
        """Tell it to leave."""
        self.sent_back = True
        self.bell.set()


@define
class Lines:
    """Those who wait, by lane.

    Attributes:
        waiting: How many they are.
    """

    waiting: int = field(default=0, init=False)
    _lines: dict[Lane, OrderedDict[Waiter, bool]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with nobody."""
        self._lines = {lane: OrderedDict() for lane in Lane}

    def join(self, waiter: Waiter) -> None:
        """Put somebody at the end of its lane."""
        self._lines[waiter.lane][waiter] = True
        self.waiting += 1

    def leave(self, waiter: Waiter) -> None:
        """Forget somebody, wherever it stands; again is as good as once."""
        self.waiting -= self._lines[waiter.lane].pop(waiter, False)

    def first(self, last: Lane = Lane.HOUSEKEEPING) -> Waiter | None:
        """Give who goes next; None where nobody may.

        Args:
            last: The last lane that may go now.
        """
        for lane, line in self._lines.items():
            if line and lane <= last:
                return next(iter(line))

        return None

    def behind(self, last: Lane) -> tuple[Waiter, ...]:
        """Give those who may not go now.

        Args:
            last: The last lane that may.
        """
        kept = (line for lane, line in self._lines.items() if lane > last)
        return tuple(waiter for line in kept for waiter in line)
