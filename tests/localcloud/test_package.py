"""What is made of a ZIP, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esa_flows.localcloud.package import Package, read_package

from .packages import CODE, FILES, PAGE, zipped

LIMIT = 1000


def read(body: bytes, code_limit: int = LIMIT) -> Package | None:
    """Read a ZIP with limits of a kilobyte."""
    return read_package(body, code_limit=code_limit, asset_limit=LIMIT)


def test_code_and_assets_come_apart() -> None:
    """Assets lose their folder; what is in neither place is ignored."""
    package = read(zipped({**FILES, "README": b"x", "assets/": b""}))

    assert package is not None
    assert package.content == CODE
    assert sorted(package.assets) == ["css/site.css", "docs/index.html", "index.html"]


@pytest.mark.parametrize(
    ("files", "content", "count"),
    [
        ({"routine/index.js": CODE}, CODE, 0),
        ({"assets/index.html": PAGE}, b"", 1),
    ],
)
def test_either_part_is_enough(
    files: dict[str, bytes], content: bytes, count: int
) -> None:
    """Code without assets, assets without code."""
    package = read(zipped(files))

    assert package is not None
    assert (package.content, len(package.assets)) == (content, count)


@pytest.mark.parametrize(
    "body",
    [
        b"no zip",
        zipped({}),
        zipped({"other.js": CODE}),
        zipped({"assets/big": b"0" * (LIMIT + 1)}),
        zipped(FILES)[:-30],
        zipped(FILES).replace(b"css/site.css", b"css/site.csX", 1),
    ],
)
def test_what_cannot_be_used_fails(body: bytes) -> None:
    """Not a ZIP, nothing in it, too large, torn, altered."""
    assert read(body) is None


def patched(at: int, value: bytes) -> bytes:
    """Return a ZIP of one file with some bytes of both its headers replaced.

    Args:
        at: where in the central directory's entry.
        value: what stands there instead.
    """
    body = bytearray(zipped({"routine/index.js": CODE}))
    central = body.index(b"PK\x01\x02")
    for start in (central + at, at - 2):
        body[start : start + len(value)] = value

    return bytes(body)


@pytest.mark.parametrize(
    "body",
    [patched(8, b"\x01\x00"), patched(10, b"\x63\x00")],
    ids=["encrypted", "unknown compression"],
)
def test_what_cannot_be_unpacked_fails(body: bytes) -> None:
    """The ZIP is whole, but nobody here can read it."""
    assert read(body) is None


def test_code_that_does_not_unpack_fails() -> None:
    """The compressed bytes are no such bytes."""
    body = zipped({"routine/index.js": CODE})
    at = body.index(b"routine/index.js") + len("routine/index.js")

    assert read(body[:at] + b"\xff\xff\xff" + body[at + 3 :]) is None


def test_code_has_its_own_limit() -> None:
    """It is smaller than an asset's."""
    assert read(zipped({"routine/index.js": CODE}), code_limit=10) is None


def test_too_many_files_fail() -> None:
    """Before any of them is unpacked."""
    assert read(zipped({f"assets/{n}": b"" for n in range(20_001)})) is None


@given(noise=st.binary(max_size=200), at=st.integers(0, 400))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    """A package or a failure, never anything else."""
    body = zipped(FILES)
    package = read(body[:at] + noise + body[at:])

    assert package is None or package.content in {b"", CODE}
