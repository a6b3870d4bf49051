"""Write files that are either wholly there under their digest or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from esa_flows.errors import InvalidInput, JournalUnavailable
from esa_flows.files.reading import SLICE
from esa_flows.model import Digest

__all__ = ["keep", "make_private_folder", "slices_of_source", "write_whole", "writing"]


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, or take one that is safe.

    Args:
        folder: Where it shall be; missing parents are made as private.

    Raises:
        InvalidInput: Everybody may exchange files in it.
        OSError: It cannot be made.
    """
    for missing in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)

    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise InvalidInput(
            f"Everybody on this machine may exchange files in {folder}.",
            next_move=f"Run: chmod o-w {folder} - or choose another place with"
            " --journal.",
        )


def slices_of_source(source: Path) -> Iterator[bytes]:
    """Give the slices of a user's file.

    Raises:
        InvalidInput: Any trouble with it, which is the user's to solve.
    """
    try:
        yield from _slices_of_regular(source)
    except FileNotFoundError:
        raise InvalidInput(
            f"There is no file {source}.", next_move="Build it first, or name another."
        ) from None
    except OSError as error:
        raise InvalidInput(f"{source} cannot be read: {error.strerror}.") from error


def _slices_of_regular(source: Path) -> Iterator[bytes]:
    if not stat.S_ISREG(source.stat().st_mode):
        raise InvalidInput(
            f"{source} is not a file but a folder or a device.",
            next_move="Name the one JavaScript file that your build wrote.",
        )

    with source.open("rb") as file:
        first = file.read(SLICE)
        if not first:
            raise InvalidInput(f"{source} is empty.", next_move="Build it again.")

        yield first
        yield from iter(lambda: file.read(SLICE), b"")


def keep(slices: Iterator[bytes], folder: Path) -> tuple[Digest, int]:
    """Write slices to a new file, then give it the name of its digest.

    Args:
        slices: The bytes.
        folder: Where the file goes; made for its owner only.

    Returns:
        Digest and size of all bytes.

    Raises:
        InvalidInput: Everybody may exchange files in the folder.
        JournalUnavailable: They cannot be written; nothing is left behind.
    """
    with writing(folder):
        make_private_folder(folder)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                digest, size = _write(slices, file)

            part.replace(folder / digest)
        finally:
            part.unlink(missing_ok=True)

        _sync_folder(folder)
        return digest, size


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either the old one or the whole new one.

    Args:
        path: The file; its folder has to be there.
        content: All bytes.

    Raises:
        InvalidInput: It cannot be written; the old one is as it was.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(iter((content,)), file)

            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

        _sync_folder(path.parent)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}.",
            next_move="Name a file in a folder that is there and may be written to.",
        ) from error


def _write(slices: Iterator[bytes], file: BinaryIO) -> tuple[Digest, int]:
    seen = hashlib.sha256()
    size = 0
    for content in slices:
        file.write(content)
        seen.update(content)
        size += len(content)

    file.flush()
    os.fsync(file.fileno())
    return Digest(seen.hexdigest()), size


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too; Windows opens no folders and needs none of it."""
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn trouble with writing into a folder into an error of this library.

    Raises:
        JournalUnavailable: Nothing can be written there now.
    """
    try:
        yield
    except OSError as error:
        raise JournalUnavailable(
            f"{folder} cannot be written: {error.strerror}.",
            next_move="Make room or give the right to write, then run the same again.",
        ) from error
