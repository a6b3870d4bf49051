"""One copy in memory of what many send."""

from __future__ import annotations

import anyio
import pytest

from esa_flows.errors import JournalUnavailable
from esa_flows.files import BytesBlob
from esa_flows.files.shelf import Shelf

BLOB = BytesBlob(b"export default {};")


async def test_who_comes_meanwhile_waits_for_the_first() -> None:
    """One fetch, one blob, for as many as want it."""
    shelf, fetched, lent = Shelf(), 0, list[BytesBlob]()

    async def fetch() -> BytesBlob:
        """Take a while."""
        nonlocal fetched
        fetched += 1
        await anyio.sleep(1)
        return BytesBlob(b"export default {};")

    async def take() -> None:
        """Be one of five."""
        lent.append(await shelf.lend(BLOB.digest, fetch))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(take)

    assert 1 == fetched
    assert all(blob is lent[0] for blob in lent)


async def test_a_fetch_that_fails_is_not_remembered() -> None:
    """The next one tries again, also after a cancellation."""
    shelf = Shelf()

    async def fail() -> BytesBlob:
        """Find a broken disk."""
        raise JournalUnavailable("The disk is gone.")

    async def hang() -> BytesBlob:
        """Wait for a disk that says nothing."""
        await anyio.sleep_forever()
        return BLOB

    async def fetch() -> BytesBlob:
        """Give it at once."""
        return BLOB

    with pytest.raises(JournalUnavailable):
        await shelf.lend(BLOB.digest, fail)

    with anyio.move_on_after(1):
        await shelf.lend(BLOB.digest, hang)

    assert BLOB is await shelf.lend(BLOB.digest, fetch)
