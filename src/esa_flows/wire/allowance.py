"""What a caller keeps to beside the provider's cap, because somebody wants it so.

A rollout may be told to leave room for others. The way back is not held up by that: it
has the whole cap.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)

from attrs import define, field

from esa_flows.wire.cap import Cap
from esa_flows.wire.lane import Lane, lane_for

__all__ = ["Allowance"]


@define(repr=False)
class Allowance:
    """Lets so many calls go in a second; all of them where nobody said how many."""

    _kept: list[tuple[int, Cap]] = field(factory=list, init=False)

    def __repr__(self) -> str:
        return f"<Allowance {self.calls or 'for all'}>"

    @property
    def calls(self) -> int | None:
        """Calls allowed in any second; None for all."""
        return min((calls for calls, _ in self._kept), default=None)

    @contextmanager
    def at_most(self, calls: int) -> Iterator[None]:
        """Let no more go, while the context is open.

        Args:
            calls: Calls in any second; of several that are open the fewest count.
        """
        kept = (calls, Cap(calls, learns=False))
        self._kept.append(kept)
        try:
            yield
        finally:
            self._kept.remove(kept)

    def turn(self, lane: Lane) -> AbstractAsyncContextManager[None]:
        """Wait until a call may go; leaving says that it was answered.

        Args:
            lane: Who goes first; whoever goes back does not wait.
        """
        if not self._kept or lane_for(lane) is Lane.ROLLBACK:
            return _FREE

        _, cap = min(self._kept, key=lambda kept: kept[0])
        return _turn(cap, lane)


_FREE = nullcontext()
"""The turn of whoever need not wait."""


@asynccontextmanager
async def _turn(cap: Cap, lane: Lane) -> AsyncIterator[None]:
    async with cap.slot(lane=lane) as slot:
        try:
            yield
        finally:
            slot.answered()
