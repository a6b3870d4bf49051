"""A folder of code and assets as one ZIP, the same bytes for the same files.

Names are sorted, times and rights fixed, and nothing is compressed: what a compressor
writes differs between machines, and the digest must not. The files are read slice by
slice into a file beside the store's own, never into memory as a whole.

Layout: ``routine/index.js`` and ``assets/…``, as the official command line tool has it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, TypeVar

import anyio
import anyio.lowlevel
from attrs import evolve, frozen

from esa_flows.errors import InvalidInput
from esa_flows.files import (
    Blob,
    Blobs,
    BlobStore,
    FileBlob,
    MemoryBlobs,
    digest_of,
)
from esa_flows.files.reading import SLICE
from esa_flows.files.writing import make_private_folder, writing
from esa_flows.model import Bundle, Digest
from esa_flows.steps.request_assets_slot import Package

__all__ = [
    "MOST_ASSET",
    "NOT_FOUND",
    "Source",
    "described",
    "is_package",
    "not_found_of",
    "pack",
]

MOST_ASSET = 25_000_000
"""Bytes of one asset, at most; the provider takes less than 25 MB."""

NOT_FOUND: Mapping[str, str] = MappingProxyType(
    {
        "": "",
        "spa": "SinglePageApplication",
        "singlepageapplication": "SinglePageApplication",
    }
)
"""Strategies by the words people may use; no other one is documented."""

T = TypeVar("T")
CODE = "routine/index.js"
INDEX = "assets/index.html"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_RIGHTS = (stat.S_IFREG | 0o644) << 16
_UNIX = 3


@frozen(kw_only=True)
class Source:
    """What a person wants to release with assets.

    Attributes:
        code: The script, or a folder with ``index.js`` and ``assets``.
        assets: The folder of assets; None for that of the folder.
        not_found: What answers a path that no asset has.
        most_code: Bytes of code, at most.
    """

    code: Path
    assets: Path | None = None
    not_found: str = ""
    most_code: int

    @property
    def script(self) -> Path:
        """Where the code is."""
        return self.code / "index.js" if self.code.is_dir() else self.code

    @property
    def folder(self) -> Path:
        """Where the assets are."""
        return self.assets or self.code / "assets"


async def is_package(blobs: Blobs, code: object, assets: object) -> bool:
    """Tell whether something is to be released with assets.

    Args:
        blobs: Where it will be kept.
        code: Bytes, a file, or a folder that may have ``assets`` in it.
        assets: A folder given beside it.
    """
    if assets is not None:
        return True

    if not isinstance(code, str | os.PathLike):
        return False

    return await _beside(blobs, Path(code, "assets").is_dir)


def not_found_of(word: str) -> str:
    """Give a strategy as the provider writes it.

    Raises:
        InvalidInput: There is no such strategy.
    """
    found = NOT_FOUND.get(word.lower())
    if found is None:
        raise InvalidInput(
            f"{word!r} is no strategy for paths that are not found: use spa."
        )

    return found


async def pack(
    blobs: Blobs, source: Source, *, commit: str = "", message: str = ""
) -> tuple[Bundle, Package]:
    """Take a folder in as a ZIP.

    Args:
        blobs: Where it is kept.
        source: What to take.
        commit: Git commit it was built from.
        message: One line for people.

    Raises:
        InvalidInput: A file is missing, too large, or no file.
        JournalUnavailable: The ZIP could not be written.
    """
    folder = blobs.folder if isinstance(blobs, BlobStore) else None
    place = await _beside(blobs, lambda: Path(tempfile.mkdtemp(dir=_private(folder))))
    path = place / "package.zip"
    try:
        package = await _beside(blobs, lambda: _write(source, path))
        bundle = await blobs.put_file(path, commit=commit, message=message)
    finally:
        with anyio.CancelScope(shield=True):
            await _beside(blobs, lambda: shutil.rmtree(place, ignore_errors=True))

    return evolve(bundle, source=str(source.code)), package


async def described(blobs: Blobs, blob: Blob, not_found: str = "") -> Package | None:
    """Say what a package holds that was made here; None for plain code.

    A large one stays in its file, which is compared with its digest before.

    Args:
        blobs: The store that gave it.
        blob: The bytes of a bundle.
        not_found: What answers a path that no asset has: a package does not say.

    Raises:
        JournalUnavailable: It cannot be read.
        JournalCorrupt: The bytes are not those of the digest any more.
    """
    if not isinstance(blob, FileBlob):
        content = b"".join([part async for part in blob])
        return _described(io.BytesIO(content), not_found)

    await blob.verify()
    return await _beside(blobs, lambda: _described(blob.path, not_found))


def _described(place: Path | IO[bytes], not_found: str) -> Package | None:
    if not zipfile.is_zipfile(place):
        return None

    with zipfile.ZipFile(place) as packed:
        assets = [name for name in packed.namelist() if name.startswith("assets/")]
        return Package(
            code=digest_of(packed.read(CODE)), assets=len(assets), not_found=not_found
        )


def _private(folder: Path | None) -> Path | None:
    """Make the store's folder before it is written to; None for the machine's own."""
    if folder is not None:
        with writing(folder):
            make_private_folder(folder)

    return folder


async def _beside(blobs: Blobs, work: Callable[[], T]) -> T:
    """Do it in a thread, as the store does; a store in memory has none."""
    is_inline = isinstance(blobs, MemoryBlobs) or (
        isinstance(blobs, BlobStore) and blobs.mode == "inline"
    )
    if not is_inline:
        return await anyio.to_thread.run_sync(work)

    await anyio.lowlevel.checkpoint()
    return work()


def _write(source: Source, path: Path) -> Package:
    assets = _files(source.folder)
    if source.not_found and INDEX not in assets:
        raise InvalidInput(
            f"{source.folder} has no index.html to answer unknown paths with.",
            next_move="Build it, or release without --not-found.",
        )

    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        for name, file in sorted(assets.items()):
            _add(packed, name, file, MOST_ASSET)

        code = _add(packed, CODE, source.script, source.most_code)

    return Package(code=code, assets=len(assets), not_found=source.not_found)


def _files(folder: Path) -> dict[str, Path]:
    """Give the files of a folder of assets by their name in the ZIP.

    Raises:
        InvalidInput: There are none, or a link leads to a folder elsewhere.
    """
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        links = [each for each in folders if Path(place, each).is_symlink()]
        if links:
            raise InvalidInput(
                f"{Path(place, links[0])} is a link to a folder.",
                next_move="Put the files themselves there.",
            )

        for name in names:
            path = Path(place, name)
            found[f"assets/{path.relative_to(folder).as_posix()}"] = path

    if not found:
        raise InvalidInput(
            f"There is no file in {folder}.",
            next_move="A folder to release has index.js and assets/ with files in it;"
            " without assets, name the one JavaScript file.",
        )

    return found


def _add(packed: zipfile.ZipFile, name: str, path: Path, most: int) -> Digest:
    """Copy a file into the ZIP, slice by slice.

    Raises:
        InvalidInput: It is missing, empty code, too large, or no file.
    """
    seen, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(_encodable(name), _EARLIEST)
    info.create_system, info.external_attr = _UNIX, _RIGHTS
    with packed.open(info, "w") as entry:
        for content in _slices(path):
            size += len(content)
            if size > most:
                raise _too_large(path, most)

            seen.update(content)
            entry.write(content)

    if name == CODE and not size:
        raise InvalidInput(f"{path} is empty.", next_move="Build it again.")

    return Digest(seen.hexdigest())


def _slices(path: Path) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            yield from iter(lambda: file.read(SLICE), b"")
    except FileNotFoundError:
        raise InvalidInput(
            f"There is no file {path}.", next_move="Build it first, or name another."
        ) from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error


def _opened(path: Path) -> IO[bytes]:
    if not stat.S_ISREG(path.stat().st_mode):
        raise InvalidInput(f"{path} is not a file but a folder or a device.")

    return path.open("rb")


def _encodable(name: str) -> str:
    """Refuse a name that no ZIP can hold."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name!r} is no UTF-8.", next_move="Rename it.") from None

    return name


def _too_large(path: Path, most: int) -> InvalidInput:
    return InvalidInput(
        f"{path} has more than {most:,} bytes, which the provider does not take.",
        next_move="Make it smaller, or keep it elsewhere.",
    )
