"""Events on their way to a file or a pipe, which never hold up a run.

Telling puts a line into a bounded queue and returns; a task beside writes. Where the
queue is full the line is dropped, and the gap in the numbers says so. Where nobody can
be written to any more, the run goes on without.
"""

from __future__ import annotations

from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import define, field

from esa_flows.engine.observe import Happening
from esa_flows.events.event import Event, Kind
from esa_flows.events.telling import Teller
from esa_flows.files import Lines

__all__ = ["EventLog"]

MOST = 20_000
"""Lines that may wait: some megabytes."""

PATIENCE = 5.0
"""Seconds that lines which still wait get when a program ends."""


@define(eq=False)
class EventLog:
    """An observer that writes what it is told, beside the run.

    Args:
        lines: Where to write.
        most: Lines that may wait.

    Attributes:
        lost: Lines that were not written.
        trouble: Why nothing is written any more; None while it is.

    Example:
        ``tasks.start_soon(log.write)``, then ``client.release(..., observer=log)``,
        then ``await log.finish()``.
    """

    _lines: Lines
    _most: int = MOST
    lost: int = field(default=0, init=False)
    trouble: OSError | None = field(default=None, init=False)
    _teller: Teller = field(factory=Teller, init=False)
    _in: MemoryObjectSendStream[str] = field(init=False)
    _out: MemoryObjectReceiveStream[str] = field(init=False)
    _is_written: anyio.Event = field(factory=anyio.Event, init=False)

    def __attrs_post_init__(self) -> None:
        self._in, self._out = anyio.create_memory_object_stream[str](self._most)

    def __call__(self, happening: Happening) -> None:
        """Take in what a run tells; never waits."""
        self.tell(happening)

    def tell(self, happening: Happening, *, wave: int = 0) -> None:
        """Take in what a run of a rollout tells; never waits.

        Args:
            happening: What it tells.
            wave: The number of its wave.
        """
        self._put(self._teller.event(happening, wave=wave))

    def turn(
        self, kind: Kind, happening: Happening, *, wave: int, data: dict[str, Any]
    ) -> None:
        """Take in what follows from a happening; see `Teller.turn`."""
        self._put(self._teller.turn(kind, happening, wave=wave, data=data))

    def _put(self, event: Event) -> None:
        try:
            self._in.send_nowait(event.to_json())
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self.lost += 1

    async def write(self) -> None:
        """Write lines as they come, until `finish`; to be started beside the run."""
        taken: list[str] = []
        try:
            async with self._out:
                async for first in self._out:
                    taken = [first, *self._waiting()]
                    await self._lines.write("".join(f"{t}\n" for t in taken).encode())
                    taken = []
        except OSError as error:
            self.trouble = error
            self.lost += len(taken)

        # Not where this is cancelled: a thread may be writing still.
        self._lines.close()
        self._is_written.set()

    async def finish(self) -> None:
        """Take no more, and wait for what is to be written, but not for long."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(PATIENCE):
            self._in.close()
            await self._is_written.wait()

        self.lost += self._out.statistics().current_buffer_used

    def __repr__(self) -> str:
        waiting = self._out.statistics().current_buffer_used
        return f"<EventLog {self._teller!r}, {waiting} waiting, {self.lost} lost>"

    def _waiting(self) -> list[str]:
        """Give all lines that wait."""
        waiting = []
        while self._out.statistics().current_buffer_used:
            waiting.append(self._out.receive_nowait())

        return waiting
