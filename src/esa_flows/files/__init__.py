"""Bundles and other bytes in files, found by the digest of what they hold.

A bundle is copied into the store once, before the first call, and read from there ever
after: a rebuilt or vanished source changes nothing.
"""

from esa_flows.files.blob import Blob, BytesBlob, FileBlob, digest_of
from esa_flows.files.lines import Lines, open_lines, opened_lines
from esa_flows.files.memory import MemoryBlobs
from esa_flows.files.reading import SLICE, Mode, read_bytes, read_text
from esa_flows.files.store import Blobs, BlobStore
from esa_flows.files.writing import make_private_folder, write_whole

__all__ = [
    "SLICE",
    "Blob",
    "BlobStore",
    "Blobs",
    "BytesBlob",
    "FileBlob",
    "Lines",
    "MemoryBlobs",
    "Mode",
    "digest_of",
    "make_private_folder",
    "open_lines",
    "opened_lines",
    "read_bytes",
    "read_text",
    "write_whole",
]
