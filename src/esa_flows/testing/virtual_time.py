"""Virtual time for asyncio and trio: the clock jumps when everybody is asleep.

Days of a rollout run in milliseconds. Two limits: a thread that works while the loop
waits is invisible to the clock (deadlines fire too early), and so is a socket. Code
under virtual time uses the inline journal and the in-process transport.
"""

import asyncio  # noqa: TID251  virtual time is made under anyio, where asyncio is
import selectors
from typing import Any

__all__ = ["virtual_backend"]


class _JumpSelector(selectors.DefaultSelector):
    """A selector that never waits: it moves the clock of the loop instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout:
            self.now += timeout

        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose clock starts at zero and jumps to the next timer."""

    def __init__(self) -> None:
        self._jump = _JumpSelector()
        super().__init__(self._jump)

    def time(self) -> float:
        """Give the virtual time in seconds."""
        return self._jump.now

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  the loop's signature
    ) -> None:
        """Wait for the threads as long as they take.

        Newer Pythons give up after some seconds, and virtual ones pass at once.

        Args:
            timeout: Not heeded.
        """
        await super().shutdown_default_executor()


def virtual_backend(name: str) -> tuple[str, dict[str, Any]]:
    """Give an anyio backend whose clock jumps whenever every task waits.

    Args:
        name: ``asyncio`` or ``trio``.

    Returns:
        Name and options, as ``anyio.run(..., backend=, backend_options=)`` and anyio's
        pytest plugin take them. The trio clock is good for one run only.
    """
    if name == "asyncio":
        return name, {"loop_factory": VirtualTimeLoop}

    from trio.testing import MockClock  # noqa: PLC0415, TID251  trio is the user's choice

    return name, {"clock": MockClock(autojump_threshold=0)}
