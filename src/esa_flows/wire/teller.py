"""Talk to a store that blocks: in one thread of its own, one thing after the other.

The drivers are synchronous, so that asyncio and trio do as well with them; one thread
keeps what is said in its order, and nobody who was answered waits for the store.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Protocol

import anyio.to_thread
from attrs import define, field

from esa_flows.errors import NotSent

__all__ = ["Teller", "ThreadTeller"]


class Teller(Protocol):
    """Has work done away from the event loop."""

    async def ask(self, work: Callable[[], None]) -> None:
        """Have some work done, and wait for it.

        Raises:
            TimeoutError: It takes too long; it goes on, or is not begun.
            NotSent: There is nobody any more to do it.
        """
        ...

    def tell(self, work: Callable[[], None]) -> None:
        """Have some work done, and do not wait; it raises nothing."""
        ...


@define(eq=False, repr=False)
class ThreadTeller:
    """Has work done in one thread, begun when there is some.

    Args:
        patience: Seconds that are waited for each piece of work.
        interrupt: Makes work that hangs fail.
    """

    _patience: float
    _interrupt: Callable[[], None]
    _thread: ThreadPoolExecutor = field(init=False)
    _is_closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="esa-flows-cap")

    def __repr__(self) -> str:
        return f"<ThreadTeller, {self._patience:g} s patience>"

    async def ask(self, work: Callable[[], None]) -> None:
        """Have some work done, and wait; see `Teller.ask`."""
        await anyio.to_thread.run_sync(partial(self.wait, work))

    def tell(self, work: Callable[[], None]) -> None:
        """Have some work done, and do not wait; not any more after the end."""
        if not self._is_closed:
            self._thread.submit(work)

    def wait(self, work: Callable[[], None]) -> None:
        """Have some work done, and block until it is.

        Raises:
            TimeoutError: It takes too long.
            NotSent: The thread has ended.
        """
        if self._is_closed:
            raise NotSent(
                "Nothing was sent: the client is closed.", next_move="Open a new one."
            )

        future: Future[None] = self._thread.submit(work)
        try:
            future.result(self._patience)
        except TimeoutError:
            future.cancel()
            self._interrupt()
            raise

    def close(self) -> None:
        """End the thread; what it was told is done before."""
        self._is_closed = True
        self._thread.shutdown(wait=True)
