"""One copy in memory of the bytes that many send at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

import anyio
from attrs import define, field

from esa_flows.files.blob import BytesBlob
from esa_flows.model import Digest

__all__ = ["Shelf"]


@define(repr=False, eq=False)
class Shelf:
    """Lends blobs: each is fetched once and kept for as long as anybody has it.

    The last one is kept until another is asked for: a fleet that gets the same bundle
    reads and hashes it once, not once a routine, also where one uploads at a time.
    """

    _lent: WeakValueDictionary[Digest, BytesBlob] = field(
        init=False, factory=WeakValueDictionary
    )
    _last: BytesBlob | None = field(init=False, default=None)
    _doors: WeakValueDictionary[Digest, anyio.Lock] = field(
        init=False, factory=WeakValueDictionary
    )

    async def lend(
        self, digest: Digest, fetch: Callable[[], Awaitable[BytesBlob]]
    ) -> BytesBlob:
        """Give the blob of a digest.

        Args:
            digest: Which one.
            fetch: Gets it where nobody has it; who comes meanwhile waits for that.

        Raises:
            Exception: As `fetch` does; the next one fetches again.
        """
        # Whoever waits holds the door; the last to leave forgets it.
        door = self._doors.setdefault(digest, anyio.Lock())
        async with door:
            blob = await self._found(digest, fetch)

        self._last = blob
        return blob

    def held(self, digest: Digest) -> BytesBlob | None:
        """Give the blob that somebody has now; none where it would have to be fetched.

        Args:
            digest: Which one.
        """
        return self._lent.get(digest)

    async def _found(
        self, digest: Digest, fetch: Callable[[], Awaitable[BytesBlob]]
    ) -> BytesBlob:
        blob = self._lent.get(digest)
        if blob is None:
            blob = self._lent[digest] = await fetch()

        return blob

    def forget(self, digest: Digest) -> None:
        """Keep it no longer than those need it who have it."""
        if self._last is not None and self._last.digest == digest:
            self._last = None

    def __repr__(self) -> str:
        return f"<Shelf [lent: {len(self._lent)}]>"
