"""Ask the person at the terminal; where there is none, nobody is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TextIO

import anyio

__all__ = ["Listen", "listener"]

Listen = Callable[[], Awaitable[str]]
"""Gives the next line a person types, without its end."""


def listener(stream: TextIO | None) -> Listen | None:
    """Give what listens to a person; None where nobody types.

    Args:
        stream: Standard input; None where the process has none.
    """
    if stream is None or not stream.isatty():
        return None

    return partial(_line, stream)


async def _line(stream: TextIO) -> str:
    # A thread that reads could not be cancelled: Ctrl-C would wait for the Enter key.
    await anyio.wait_readable(stream.fileno())
    return stream.readline().rstrip("\r\n")
