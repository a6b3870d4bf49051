"""A terminal that a person sits at: what is typed, what is shown."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from attrs import define, field

_SIZE = struct.pack("HHHH", 40, 120, 0, 0)  # rows, columns
_CTRL_C = b"\x03"


@define
class Terminal:
    """A pseudo-terminal.

    Attributes:
        path: What a process opens to live in it.
    """

    path: str
    _person: int
    _shown: bytearray = field(factory=bytearray)

    @property
    def shown(self) -> str:
        """Everything that was shown so far."""
        return self._shown.decode(errors="replace")

    def press_ctrl_c(self) -> None:
        """Let the terminal send SIGINT to whoever lives in it."""
        os.write(self._person, _CTRL_C)

    def watch(self) -> None:
        """Read until nobody lives there any more."""
        with suppress(OSError):
            while piece := os.read(self._person, 65536):
                self._shown += piece


@contextmanager
def opened() -> Iterator[Terminal]:
    """Open a terminal while the block runs."""
    person, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, _SIZE)
    made = Terminal(os.ttyname(inside), person)
    watcher = threading.Thread(target=made.watch, daemon=True)
    watcher.start()
    try:
        yield made
    finally:
        os.close(inside)
        watcher.join(10)
        os.close(person)
