"""Single keys of the person at the terminal, which is given back as it was.

Ctrl-C and Ctrl-Z stay what they are. A process in the background touches no terminal:
it would be stopped for that. What comes in one piece, such as a pasted text or an arrow
key, is no key that anybody pressed on purpose.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

import anyio
from attrs import define, field

__all__ = ["Keyboard", "Terminal", "keyboard"]

_PIECE = 64
_LATER = 0.5
"""Seconds after which a process in the background looks whether it is in front."""


class Keyboard(Protocol):
    """Where single keys come from."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Get single keys, not lines, while the block runs."""
        ...

    async def key(self) -> str:
        """Wait for the next key, and give it."""
        ...

    def give_back(self) -> None:
        """Let the terminal be as it was; again, nothing."""
        ...


def keyboard(stream: TextIO | None) -> Keyboard | None:
    """Give the keyboard of a person; None where nobody types, or lines alone come.

    Args:
        stream: Standard input; None where the process has none.
    """
    if stream is None or not stream.isatty():
        return None

    try:
        modes = importlib.import_module("termios")
        cbreak = importlib.import_module("tty").setcbreak
    except ImportError:
        return None  # a system whose terminals are others

    return Terminal(stream.fileno(), modes, cbreak)


@define(eq=False)
class Terminal:
    """A terminal that gives single keys for a while; a `Keyboard`.

    Args:
        handle: Its file descriptor.
        modes: The module `termios`.
        cbreak: Its `tty.setcbreak`.
    """

    _handle: int
    _modes: Any
    _cbreak: Any
    _before: list[Any] | None = field(default=None, init=False)

    def __repr__(self) -> str:
        return f"<Terminal {self._handle}, {'held' if self._before else 'free'}>"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Get single keys, not lines, while the block runs; see `Keyboard`."""
        if self._is_in_front:
            self._before = self._modes.tcgetattr(self._handle)
            self._cbreak(self._handle, self._modes.TCSANOW)

        try:
            yield
        finally:
            self.give_back()

    async def key(self) -> str:
        """Wait for the next key, and give it; see `Keyboard`."""
        while True:
            await anyio.wait_readable(self._handle)
            if not self._is_in_front or self._before is None:
                await anyio.sleep(_LATER)
                continue

            piece = os.read(self._handle, _PIECE).decode(errors="replace")
            if not piece:
                await anyio.sleep_forever()  # nobody is there any more

            if len(piece) == 1:
                return piece

    def give_back(self) -> None:
        """Let the terminal be as it was; see `Keyboard`."""
        before, self._before = self._before, None
        if before is not None and self._is_in_front:
            self._modes.tcsetattr(self._handle, self._modes.TCSANOW, before)

    @property
    def _is_in_front(self) -> bool:
        try:
            return os.tcgetpgrp(self._handle) == os.getpgrp()
        except OSError:
            return False  # hung up, or no terminal of ours
