"""Blobs in memory."""

from __future__ import annotations

from esa_flows.files import Blob, BytesBlob, digest_of

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_digest_is_sha_256() -> None:
    """The digest of nothing is in every textbook."""
    assert digest_of(b"") == EMPTY


async def test_bytes_are_a_blob() -> None:
    """Known by their digest, never shown."""
    blob: Blob = BytesBlob(b"hidden code")

    assert [content async for content in blob] == [b"hidden code"]
    assert (blob.size, blob.digest) == (11, digest_of(b"hidden code"))
    assert "hidden" not in repr(blob)


async def test_reader_is_an_iterator_itself() -> None:
    """Whoever takes the iterator may loop over it."""
    reader = aiter(BytesBlob(b"x"))

    assert [content async for content in aiter(reader)] == [b"x"]
