"""Lines appended to a file or a pipe while something else goes on.

A file is written in a worker thread. A pipe or a terminal is waited for in the event
loop and given at most what it surely takes at once, so that a reader who reads no more
holds up nobody's end.
"""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread
from attrs import frozen

from esa_flows.errors import InvalidInput

__all__ = ["Lines", "open_lines", "opened_lines"]

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)


class Lines(Protocol):
    """Where lines go."""

    async def write(self, lines: bytes) -> None:
        """Append whole lines.

        Raises:
            OSError: They cannot be written, such as where nobody reads any more.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened."""
        ...


async def open_lines(path: str | os.PathLike[str]) -> Lines:
    """Open a file to append to; it is made, for its owner only, where it is missing.

    Args:
        path: A file, a named pipe somebody reads, or a device.

    Raises:
        InvalidInput: It cannot be written.
    """
    try:
        handle = await anyio.to_thread.run_sync(os.open, Path(path), _FLAGS, 0o600)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}.",
            next_move="Name a file in a folder that is there and may be written to, or"
            " a pipe that is being read.",
        ) from error

    return opened_lines(handle, is_own=True)


def opened_lines(handle: int, *, is_own: bool = False) -> Lines:
    """Give lines that go where a file descriptor does.

    Args:
        handle: The descriptor, such as that of standard output.
        is_own: Whether it is closed in the end.
    """
    mode = os.fstat(handle).st_mode
    can_wait = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(handle)
    return _Pipe(handle, is_own) if can_wait else _File(handle, is_own)


@frozen
class _File:
    """Lines to a file of a disk, which may be slow."""

    handle: int
    is_own: bool

    async def write(self, lines: bytes) -> None:
        await anyio.to_thread.run_sync(self._write, lines, abandon_on_cancel=True)

    def _write(self, lines: bytes) -> None:
        left = memoryview(lines)
        while left:
            left = left[os.write(self.handle, left) :]

    def close(self) -> None:
        if self.is_own:
            os.close(self.handle)


class _Pipe(_File):
    """Lines to somebody who reads, at their own pace.

    Source: POSIX, poll: what is writable takes PIPE_BUF bytes without blocking.
    """

    async def write(self, lines: bytes) -> None:
        left = memoryview(lines)
        while left:
            await anyio.wait_writable(self.handle)
            left = left[os.write(self.handle, left[: select.PIPE_BUF]) :]
