"""A store that forgets everything with the process, for tests."""

from __future__ import annotations

import os
from pathlib import Path

import anyio.lowlevel
from attrs import define, field

from esa_flows.files.blob import BytesBlob, digest_of
from esa_flows.files.reading import missing
from esa_flows.files.writing import slices_of_source
from esa_flows.model import Bundle, Digest

__all__ = ["MemoryBlobs"]


@define(repr=False)
class MemoryBlobs:
    """A store that forgets everything with the process, for tests."""

    _held: dict[Digest, bytes] = field(init=False, factory=dict)

    async def put_file(
        self, path: str | os.PathLike[str], *, commit: str = "", message: str = ""
    ) -> Bundle:
        """Take in a file, read in the event loop.

        Raises:
            InvalidInput: There is no such file, or it cannot be released.
        """
        digest = await self.put_bytes(b"".join(slices_of_source(Path(path))))
        return Bundle(
            digest=digest,
            size=len(self._held[digest]),
            source=str(path),
            commit=commit,
            message=message,
        )

    async def put_bytes(self, content: bytes) -> Digest:
        """Take in bytes."""
        await anyio.lowlevel.checkpoint()
        digest = digest_of(content)
        self._held[digest] = content
        return digest

    async def open(self, digest: Digest) -> BytesBlob:
        """Give the blob of a digest, to be read in slices.

        Raises:
            InvalidInput: The store has none.
        """
        return BytesBlob(await self.read(digest))

    async def read(self, digest: Digest) -> bytes:
        """Give all bytes of a digest.

        Raises:
            InvalidInput: The store has none.
        """
        await anyio.lowlevel.checkpoint()
        if digest not in self._held:
            raise missing(f"{digest} in memory")

        return self._held[digest]

    async def has(self, digest: Digest) -> bool:
        """Tell whether the store has it."""
        await anyio.lowlevel.checkpoint()
        return digest in self._held

    async def find(self, prefix: str) -> tuple[Digest, ...]:
        """Give the digests in the store that begin so, sorted."""
        await anyio.lowlevel.checkpoint()
        return tuple(sorted(held for held in self._held if held.startswith(prefix)))

    async def remove(self, digest: Digest) -> None:
        """Forget it; nothing happens where the store has none."""
        await anyio.lowlevel.checkpoint()
        self._held.pop(digest, None)

    def __repr__(self) -> str:
        return f"<MemoryBlobs [blobs: {len(self._held)}]>"
