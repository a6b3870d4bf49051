"""Reading the ZIP of a version with assets: ``routine/index.js`` and ``assets/…``.

Either part may be absent, not both. Anything else in the ZIP is ignored. Limits hold on
what the files say they unpack to, before they are unpacked.
Source: the official command line tool, which builds such packages.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from zipfile import BadZipFile, ZipFile, ZipInfo

from attrs import field, frozen

CODE = "routine/index.js"
_ASSETS = "assets/"
_MOST_FILES = 20_000
_BROKEN = (
    BadZipFile,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
)


@frozen(kw_only=True)
class Package:
    """What a usable ZIP holds.

    Attributes:
        content: the code, empty without one.
        assets: files by path, without a slash at the front.
    """

    content: bytes = field(default=b"", repr=False)
    assets: Mapping[str, bytes] = field(factory=dict, repr=False)


def read_package(body: bytes, *, code_limit: int, asset_limit: int) -> Package | None:
    """Return what a ZIP holds, None where the version made of it fails.

    Args:
        body: the ZIP.
        code_limit: largest code, bytes.
        asset_limit: largest single asset, bytes.
    """
    try:
        with ZipFile(io.BytesIO(body)) as held:
            return _read(held, code_limit, asset_limit)
    except _BROKEN:
        return None


def _read(held: ZipFile, code_limit: int, asset_limit: int) -> Package | None:
    files = [info for info in held.infolist() if not info.is_dir()]
    assets = [info for info in files if info.filename.startswith(_ASSETS)]
    code = [info for info in files if info.filename == CODE]
    wanted = len(code) + len(assets)
    if not wanted or wanted > _MOST_FILES or not _fit(assets, asset_limit):
        return None

    if not _fit(code, code_limit):
        return None

    return Package(
        content=held.read(code[-1]) if code else b"",
        assets={
            info.filename.removeprefix(_ASSETS): held.read(info) for info in assets
        },
    )


def _fit(files: list[ZipInfo], limit: int) -> bool:
    return all(info.file_size <= limit for info in files)
