"""Bytes that are known by their digest and read in slices, as often as wished."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import anyio.lowlevel
from attrs import define, field, frozen

from esa_flows.errors import JournalCorrupt
from esa_flows.files.reading import SLICE, Mode, read, reading
from esa_flows.model import Digest

__all__ = ["Blob", "BytesBlob", "FileBlob", "changed", "digest_of"]


class Blob(Protocol):
    """Bytes that are known by their digest and read in slices, as often as wished.

    Attributes:
        digest: SHA-256 of all of them.
        size: Bytes.
    """

    @property
    def digest(self) -> Digest:
        """SHA-256 of all of them."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Start again at the first byte, in slices of 256 KiB."""
        ...


def digest_of(content: bytes) -> Digest:
    """Give the SHA-256 of bytes."""
    return Digest(hashlib.sha256(content).hexdigest())


def changed(path: Path) -> JournalCorrupt:
    """Say that a file of a store holds other bytes than those it is named after."""
    return JournalCorrupt(
        f"{path} does not hold the bytes it is named after.",
        next_move="Delete it and start the release again from its source.",
    )


@frozen
class BytesBlob:
    """Bytes in memory as a blob.

    Attributes:
        content: All of them.
        digest: Their SHA-256.
    """

    content: bytes = field(repr=False)
    digest: Digest = field(init=False)

    @digest.default
    def _of_content(self) -> Digest:
        return digest_of(self.content)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    async def slice(self, offset: int) -> bytes:
        """Give the slice that begins at an offset."""
        await anyio.lowlevel.checkpoint()
        return self.content[offset : offset + SLICE]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Slices(self)


@frozen(kw_only=True)
class FileBlob:
    """A file of a `BlobStore` as a blob.

    Attributes:
        digest: SHA-256 of its bytes.
        size: Bytes.
        path: The file.
        mode: Where it is read, as in `BlobStore`.
    """

    digest: Digest
    size: int
    path: Path
    mode: Mode = "thread"

    async def slice(self, offset: int) -> bytes:
        """Give the slice that begins at an offset.

        Raises:
            JournalUnavailable: The file cannot be read.
            JournalCorrupt: It is shorter than it was.
        """
        size = min(SLICE, self.size - offset)
        with reading(self.path):
            content = await read(self.path, self.mode, offset, size)

        if len(content) < size:
            raise JournalCorrupt(
                f"{self.path} is shorter than the {self.size} bytes it had.",
                next_move="Start the release again from its source.",
            )

        return content

    async def verify(self) -> None:
        """Compare all its bytes with the digest, slice by slice.

        Raises:
            JournalUnavailable: The file cannot be read.
            JournalCorrupt: They are others by now.
        """
        seen = hashlib.sha256()
        async for content in self:
            seen.update(content)

        if seen.hexdigest() != self.digest:
            raise changed(self.path)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Slices(self)


class _Sliced(Protocol):
    @property
    def size(self) -> int: ...

    async def slice(self, offset: int) -> bytes: ...


@define
class _Slices:
    """Where one reader of a blob is: an object, for it holds nothing to be closed."""

    blob: _Sliced
    offset: int = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.offset >= self.blob.size:
            raise StopAsyncIteration

        content = await self.blob.slice(self.offset)
        self.offset += len(content)
        return content
