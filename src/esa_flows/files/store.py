"""A place that keeps blobs by digest, and one in a folder."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import anyio.lowlevel
import anyio.to_thread
from attrs import define, field
from attrs.validators import in_

from esa_flows.files.blob import Blob, BytesBlob, FileBlob, changed
from esa_flows.files.reading import Mode, read, reading
from esa_flows.files.shelf import Shelf
from esa_flows.files.writing import keep, slices_of_source, writing
from esa_flows.model import Bundle, Digest

__all__ = ["BlobStore", "Blobs"]

T = TypeVar("T")

_SHARED = 8 * 1024 * 1024
_IS_DIGEST = re.compile("[0-9a-f]{64}")


class Blobs(Protocol):
    """A place that keeps blobs by digest."""

    async def put_file(
        self, path: str | os.PathLike[str], *, commit: str = "", message: str = ""
    ) -> Bundle:
        """Take in a file that a user names.

        Raises:
            InvalidInput: There is no such file, or it cannot be released.
            JournalUnavailable: The copy could not be written.
        """
        ...

    async def put_bytes(self, content: bytes) -> Digest:
        """Take in bytes.

        Raises:
            JournalUnavailable: They could not be written.
        """
        ...

    async def open(self, digest: Digest) -> Blob:
        """Give the blob of a digest, to be read in slices.

        Raises:
            InvalidInput: The store has none.
        """
        ...

    async def read(self, digest: Digest) -> bytes:
        """Give all bytes of a digest.

        Raises:
            InvalidInput: The store has none.
            JournalCorrupt: The bytes are not those of the digest any more.
        """
        ...

    async def has(self, digest: Digest) -> bool:
        """Tell whether the store has it."""
        ...

    async def find(self, prefix: str) -> tuple[Digest, ...]:
        """Give the digests in the store that begin so, sorted."""
        ...

    async def remove(self, digest: Digest) -> None:
        """Let go of it; nothing happens where the store has none."""
        ...


@define(repr=False)
class BlobStore:
    """A folder with one file for each digest.

    Args:
        folder: Where; made when the first blob comes, for its owner only.
        mode: ``thread`` reads and writes beside the event loop; ``inline`` does it in
            the loop and is for virtual time, which cannot see threads.
        shared: Bytes of the largest blob that all its readers share a copy in memory
            of; a larger one is read from the file, slice by slice, by each.
    """

    folder: Path = field(converter=Path)
    mode: Mode = field(default="thread", validator=in_(("thread", "inline")))
    shared: int = _SHARED
    _shelf: Shelf = field(init=False, factory=Shelf)

    async def put_file(
        self, path: str | os.PathLike[str], *, commit: str = "", message: str = ""
    ) -> Bundle:
        """Copy a file into the store; it is read once and never again.

        Args:
            path: The file.
            commit: Git commit it was built from.
            message: One line for people.

        Raises:
            InvalidInput: There is no such file, or it cannot be released.
            JournalUnavailable: The copy could not be written.
        """
        digest, size = await self._do(
            lambda: keep(slices_of_source(Path(path)), self.folder)
        )
        return Bundle(
            digest=digest, size=size, source=str(path), commit=commit, message=message
        )

    async def put_bytes(self, content: bytes) -> Digest:
        """Write bytes into the store.

        Raises:
            JournalUnavailable: They could not be written.
        """
        digest, _ = await self._do(lambda: keep(iter((content,)), self.folder))
        return digest

    async def open(self, digest: Digest) -> Blob:
        """Give the blob of a digest, to be read in slices.

        Raises:
            InvalidInput: The store has none.
            JournalUnavailable: The file cannot be looked at.
            JournalCorrupt: The bytes are not those of the digest any more.
        """
        held = self._shelf.held(digest)
        if held is not None:
            return held

        path = self._path(digest)
        with reading(path):
            size = (await self._do(path.stat)).st_size

        if size <= self.shared:
            return await self._shelf.lend(digest, lambda: self._whole(digest))

        return FileBlob(digest=digest, size=size, path=path, mode=self.mode)

    async def read(self, digest: Digest) -> bytes:
        """Give all bytes of a digest, compared with it.

        Raises:
            InvalidInput: The store has none.
            JournalUnavailable: The file cannot be read.
            JournalCorrupt: The bytes are not those of the digest any more.
        """
        return (await self._whole(digest)).content

    async def has(self, digest: Digest) -> bool:
        """Tell whether the store has it."""
        return await self._do(self._path(digest).is_file)

    async def held(self, *, before: dt.datetime | None = None) -> dict[Digest, int]:
        """Give the digests that are there, with their sizes in bytes.

        Args:
            before: Only what was last written before this; None for all.

        Raises:
            JournalUnavailable: The folder cannot be read.
        """
        last = before.timestamp() if before else float("inf")
        with writing(self.folder):
            return await self._do(lambda: dict(_held(self.folder, last)))

    async def find(self, prefix: str) -> tuple[Digest, ...]:
        """Give the digests in the store that begin so, sorted.

        Raises:
            JournalUnavailable: The folder cannot be read.
        """
        held = await self.held()
        return tuple(sorted(digest for digest in held if digest.startswith(prefix)))

    async def remove(self, digest: Digest) -> None:
        """Delete its file; nothing happens where there is none.

        Raises:
            JournalUnavailable: The file cannot be deleted.
        """
        path = self._path(digest)
        self._shelf.forget(digest)
        with writing(self.folder):
            await self._do(lambda: path.unlink(missing_ok=True))

    async def _whole(self, digest: Digest) -> BytesBlob:
        path = self._path(digest)
        with reading(path):
            content = await read(path, self.mode)

        # Five megabytes take milliseconds to hash: not in the event loop.
        blob = await self._do(lambda: BytesBlob(content))
        if blob.digest != digest:
            raise changed(path)

        return blob

    def _path(self, digest: Digest) -> Path:
        return self.folder / Digest(digest)

    async def _do(self, work: Callable[[], T]) -> T:
        if self.mode == "thread":
            return await anyio.to_thread.run_sync(work)

        await anyio.lowlevel.checkpoint()
        return work()

    def __repr__(self) -> str:
        return f"<BlobStore {self.folder} [{self.mode}]>"


def _held(folder: Path, last: float) -> Iterator[tuple[Digest, int]]:
    if not folder.is_dir():
        return

    for path in folder.iterdir():
        seen = path.stat()
        if _IS_DIGEST.fullmatch(path.name) and seen.st_mtime < last:
            yield Digest(path.name), seen.st_size
