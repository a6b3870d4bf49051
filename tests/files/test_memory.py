"""The store for tests."""

from __future__ import annotations

from esa_flows.files import MemoryBlobs


async def test_memory_store_shows_how_much_it_holds() -> None:
    """One line, no bytes; the rest is held by the suite for all stores."""
    blobs = MemoryBlobs()

    await blobs.put_bytes(b"hidden code")

    assert repr(blobs) == "<MemoryBlobs [blobs: 1]>"
