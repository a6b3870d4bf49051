"""Requests that go to the disk together, and the tasks that wait for them."""

from typing import Any

import anyio
import anyio.lowlevel
from attrs import Factory, define

from esa_flows.engine.cancelled import is_cancelled
from esa_flows.engine.journal_request import Request

__all__ = ["WOKEN", "Batch"]

WOKEN = 32
"""How many tasks go on at once when their rows are durable."""


@define(eq=False)
class Batch:
    """Requests that share one transaction.

    Attributes:
        requests: In the order in which they were asked.
        departed: Whether somebody has begun to serve them.
        served: Whether each has its answer, or its error.
        overs: For every few of those who wait, what wakes them.
    """

    requests: list[Request[Any]] = Factory(list)
    departed: bool = False
    served: bool = False
    overs: list[anyio.Event] = Factory(list)

    def join(self, request: Request[Any]) -> anyio.Event:
        """Add a request; give what tells its task that the batch is over."""
        if len(self.requests) > len(self.overs) * WOKEN:
            self.overs.append(anyio.Event())

        self.requests.append(request)
        return self.overs[-1]

    async def over(self, request: Request[Any]) -> None:
        """Add a request and wait for the end of the batch.

        Whoever is cancelled before the batch departs takes the request back; after
        that one waits and learns what became of it. A shield costs as much as all the
        rest of a wait: it is put up only then. What passes through shields, passes.
        """
        end = self.join(request)
        try:
            await end.wait()
        except anyio.get_cancelled_exc_class():
            if self._taken_back(request) or not is_cancelled():
                raise

            with anyio.CancelScope(shield=True):
                await end.wait()

    def _taken_back(self, request: Request[Any]) -> bool:
        if self.departed:
            return False

        self.requests.remove(request)
        return True

    async def tell(self) -> None:
        """Wake those who wait, a few at a time: the loop has timers to serve too."""
        for end in self.overs:
            end.set()
            await anyio.lowlevel.checkpoint()

    def wake(self) -> None:
        """Wake whoever still waits, all at once."""
        for end in self.overs:
            end.set()
