"""Read files beside the event loop, and say what it means when that fails.

Nothing stays open between two reads: whoever stops half-way leaves no file behind, and
any number of readers may share a file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import aiofiles
import anyio
import anyio.lowlevel

from esa_flows.errors import InvalidInput, JournalUnavailable

__all__ = [
    "SLICE",
    "Mode",
    "missing",
    "read",
    "read_bytes",
    "read_text",
    "reading",
]

SLICE = 256 * 1024
Mode = Literal["thread", "inline"]


async def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Give all bytes of a small file, read beside the event loop.

    Raises:
        OSError: As `open` says; only the caller knows what the file is for.
    """
    return await _read_beside(Path(path))


async def read_text(path: str | os.PathLike[str]) -> str:
    """Give the text of a small UTF-8 file, read beside the event loop.

    Raises:
        OSError: As `open` says; only the caller knows what the file is for.
        UnicodeDecodeError: It is not UTF-8.
    """
    return (await read_bytes(path)).decode()


async def read(path: Path, mode: Mode, offset: int = 0, size: int = -1) -> bytes:
    """Give bytes of a file.

    Args:
        path: The file.
        mode: Beside the event loop, or in it.
        offset: Where to begin.
        size: How many bytes; -1 for all that follow.

    Raises:
        OSError: As `open` says.
    """
    if mode == "thread":
        return await _read_beside(path, offset, size)

    await anyio.lowlevel.checkpoint()
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


async def _read_beside(path: Path, offset: int = 0, size: int = -1) -> bytes:
    # A file cancelled while a thread opens it would stay open; a slice is short.
    with anyio.CancelScope(shield=True):
        content = await _opened_and_read(path, offset, size)

    await anyio.lowlevel.checkpoint_if_cancelled()
    return content


async def _opened_and_read(path: Path, offset: int, size: int) -> bytes:
    if _on_asyncio():
        async with aiofiles.open(path, "rb") as file:
            await file.seek(offset)
            return await file.read(size)

    async with await anyio.open_file(path, "rb") as file_of_trio:
        await file_of_trio.seek(offset)
        return await file_of_trio.read(size)


def _on_asyncio() -> bool:
    return anyio.get_cancelled_exc_class().__module__.startswith("asyncio")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn trouble with a file of a store into errors of this library.

    Raises:
        InvalidInput: The file is missing.
        JournalUnavailable: It cannot be read.
    """
    try:
        yield
    except FileNotFoundError:
        raise missing(str(path)) from None
    except OSError as error:
        raise JournalUnavailable(f"{path} cannot be read: {error.strerror}.") from error


def missing(name: str) -> InvalidInput:
    """Make the error of bytes that a store should have and has not."""
    return InvalidInput(
        f"The bundle's bytes are not in the store: {name} is missing.",
        next_move="Put the file back, or start the release again from its source.",
    )
