"""One suite for every store, one for those in folders."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import os
import stat
from pathlib import Path

import anyio
import pytest

from esa_flows.errors import InvalidInput, JournalCorrupt, JournalUnavailable
from esa_flows.files import (
    SLICE,
    Blob,
    Blobs,
    BlobStore,
    FileBlob,
    MemoryBlobs,
    Mode,
    digest_of,
    reading,
)
from esa_flows.model import Bundle, Digest

CODE = b"export default {};\n" * 40_000  # three slices
UNKNOWN = Digest("0" * 64)


@pytest.fixture(
    params=[
        pytest.param("thread", marks=pytest.mark.real_time),
        pytest.param("inline", marks=pytest.mark.may_block),
        pytest.param("memory", marks=pytest.mark.may_block),
    ]
)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """Every kind of store: one suite for all of them."""
    if request.param == "memory":
        return MemoryBlobs()

    return BlobStore(tmp_path / "state" / "journal.blobs", mode=request.param)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What a build wrote."""
    path = tmp_path / "worker.js"
    path.write_bytes(CODE)
    return path


def folder_of(blobs: BlobStore) -> list[str]:
    """Give the names in a store's folder."""
    return sorted(path.name for path in blobs.folder.iterdir())


def build(source: Path, code: bytes) -> None:
    """Write a source anew."""
    source.write_bytes(code)


def clean(source: Path) -> None:
    """Remove a source."""
    source.unlink()


async def whole(blob: Blob) -> list[bytes]:
    """Read a blob to its end."""
    return [content async for content in blob]


# --- what every store does ----------------------------------------------------------


async def test_file_becomes_a_bundle(blobs: Blobs, source: Path) -> None:
    """Digest, size and where it came from."""
    bundle = await blobs.put_file(source, commit="9fceb02", message="ü 1")

    assert bundle == Bundle(
        digest=Digest(hashlib.sha256(CODE).hexdigest()),
        size=len(CODE),
        source=str(source),
        commit="9fceb02",
        message="ü 1",
    )
    assert await blobs.read(bundle.digest) == CODE


async def test_source_is_never_read_again(blobs: Blobs, source: Path) -> None:
    """A rebuilt or vanished source changes nothing."""
    bundle = await blobs.put_file(str(source))
    build(source, b"another build")
    blob = await blobs.open(bundle.digest)
    clean(source)

    assert b"".join(await whole(blob)) == CODE


async def test_blob_is_read_in_slices_as_often_as_wished(
    blobs: Blobs, source: Path
) -> None:
    """Several uploads share one blob, each at its own place."""
    blob = await blobs.open((await blobs.put_file(source)).digest)

    first, second = aiter(blob), aiter(blob)
    head = await anext(first)
    again = [content async for content in second]

    assert (blob.size, blob.digest) == (len(CODE), digest_of(CODE))
    assert [len(content) for content in again] == [SLICE, SLICE, len(CODE) % SLICE]
    assert head + b"".join([content async for content in first]) == CODE


async def test_same_bytes_are_kept_once(blobs: Blobs, source: Path) -> None:
    """A digest names its bytes, from wherever they came."""
    bundle = await blobs.put_file(source)

    assert await blobs.put_bytes(CODE) == bundle.digest
    assert await blobs.read(bundle.digest) == CODE


async def test_bytes_come_and_go(blobs: Blobs) -> None:
    """A backup is kept until nobody needs it."""
    digest = await blobs.put_bytes(b"old code")

    assert await blobs.has(digest)
    await blobs.remove(digest)
    await blobs.remove(digest)
    assert not await blobs.has(digest)


async def test_digests_are_found_by_their_beginning(blobs: Blobs) -> None:
    """Eight digits are enough for a person; an empty store has none."""
    assert () == await blobs.find("")

    kept = sorted([await blobs.put_bytes(code) for code in (b"one", b"two")])

    assert tuple(kept) == await blobs.find("")
    assert (kept[0],) == await blobs.find(kept[0][:8])
    assert () == await blobs.find("0" * 9)


async def test_empty_bytes_are_bytes(blobs: Blobs) -> None:
    """The provider may give back nothing at all, and that is what it gave."""
    digest = await blobs.put_bytes(b"")

    assert await blobs.read(digest) == b""
    assert await whole(await blobs.open(digest)) == []


async def test_unknown_digest_names_what_is_missing(blobs: Blobs) -> None:
    """Whoever reads it knows which file to put back."""
    for look in (blobs.open, blobs.read):
        with pytest.raises(InvalidInput, match=f"{UNKNOWN}.* is missing.*Put the file"):
            await look(UNKNOWN)

    assert not await blobs.has(UNKNOWN)


async def test_missing_source(blobs: Blobs, tmp_path: Path) -> None:
    """A file that was not built."""
    with pytest.raises(InvalidInput, match=r"There is no file .*gone\.js\. Build it"):
        await blobs.put_file(tmp_path / "gone.js")


async def test_empty_source(blobs: Blobs, source: Path) -> None:
    """A build that wrote nothing."""
    build(source, b"")

    with pytest.raises(InvalidInput, match=r"worker\.js is empty"):
        await blobs.put_file(source)


async def test_folder_as_source(blobs: Blobs, tmp_path: Path) -> None:
    """The folder of a build instead of its file."""
    with pytest.raises(InvalidInput, match="not a file but a folder or a device"):
        await blobs.put_file(tmp_path)


async def test_endless_source(blobs: Blobs) -> None:
    """A device has no end: it would fill the disk."""
    with pytest.raises(InvalidInput, match="not a file but a folder or a device"):
        await blobs.put_file("/dev/zero")


async def test_source_in_no_folder(blobs: Blobs, source: Path) -> None:
    """The system's own words where we have none of our own."""
    with pytest.raises(InvalidInput, match=r"cannot be read: Not a directory"):
        await blobs.put_file(source / "worker.js")


# --- what stores in folders do ------------------------------------------------------


@pytest.fixture(
    params=[
        pytest.param("thread", marks=pytest.mark.real_time),
        pytest.param("inline", marks=pytest.mark.may_block),
    ]
)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Both ways to use a folder."""
    mode: Mode = request.param
    return mode


@pytest.fixture
def store(mode: Mode, tmp_path: Path) -> BlobStore:
    """A store in a folder that does not exist yet."""
    return BlobStore(tmp_path / "state" / "journal.blobs", mode=mode)


async def test_files_are_for_their_owner_only(store: BlobStore) -> None:
    """0600 in folders 0700, whatever the process would do otherwise."""
    before = os.umask(0)
    try:
        digest = await store.put_bytes(b"x")
    finally:
        os.umask(before)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (store.folder / digest,)]
    folders = [store.folder, store.folder.parent]
    assert modes == [0o600]
    assert [stat.S_IMODE(path.stat().st_mode) for path in folders] == [0o700, 0o700]


@pytest.mark.parametrize(("bits", "safe"), [(0o777, False), (0o1777, True)])
async def test_folder_where_everybody_exchanges_files_is_refused(
    store: BlobStore, *, bits: int, safe: bool
) -> None:
    """A folder like /tmp is fine: nobody may replace another's files there."""
    store.folder.mkdir(parents=True)
    store.folder.chmod(bits)
    if safe:
        await store.put_bytes(b"x")
        return

    with pytest.raises(InvalidInput, match=r"Everybody .* Run: chmod o-w"):
        await store.put_bytes(b"x")

    assert folder_of(store) == []


async def test_what_is_held_is_listed_by_age(store: BlobStore) -> None:
    """Digests and sizes; parts, and files of other names, are nobody's bytes."""
    assert {} == await store.held()
    old, new = await store.put_bytes(b"old"), await store.put_bytes(b"newer")
    os.utime(store.folder / old, (1e9, 1e9))
    leave(store, ".half.part")
    leave(store, "README")

    assert {old: 3, new: 5} == await store.held()
    assert {old: 3} == await store.held(before=dt.datetime(2010, 1, 1, tzinfo=dt.UTC))


def leave(store: BlobStore, name: str) -> None:
    """Put another file into a store's folder."""
    (store.folder / name).write_bytes(b"x")


def test_repr_is_short(store: BlobStore) -> None:
    """Where it is and how it works."""
    assert repr(store) == f"<BlobStore {store.folder} [{store.mode}]>"


async def test_nothing_is_left_of_a_failure(store: BlobStore, source: Path) -> None:
    """Neither a part nor a name without its bytes."""
    build(source, b"")

    with pytest.raises(InvalidInput):
        await store.put_file(source)

    assert folder_of(store) == []


async def test_folder_that_cannot_be_written(mode: Mode, source: Path) -> None:
    """The journal's error: nothing was sent, and the same may be tried again."""
    store = BlobStore(source / "blobs", mode=mode)

    with pytest.raises(JournalUnavailable, match="cannot be written: Not a directory"):
        await store.put_bytes(b"x")


async def test_blob_that_is_a_folder_cannot_be_read(store: BlobStore) -> None:
    """Whatever is in the way is named."""
    (store.folder / UNKNOWN).mkdir(parents=True)

    with pytest.raises(JournalUnavailable, match="cannot be read: Is a directory"):
        await store.read(UNKNOWN)

    with pytest.raises(JournalUnavailable, match="cannot be written: Is a directory"):
        await store.remove(UNKNOWN)


async def test_changed_bytes_are_found_out(store: BlobStore) -> None:
    """A blob is compared with the digest it is named after."""
    digest = await store.put_bytes(b"good")
    (store.folder / digest).write_bytes(b"evil")

    with pytest.raises(JournalCorrupt, match="does not hold the bytes it is named"):
        await store.read(digest)


async def opened_by_slices(store: BlobStore, content: bytes) -> FileBlob:
    """Put bytes in, and open them as those are that are too large to be shared."""
    store.shared = 0
    blob = await store.open(await store.put_bytes(content))
    assert isinstance(blob, FileBlob)
    return blob


async def test_blob_that_shrinks_is_not_sent_to_its_end(store: BlobStore) -> None:
    """An upload of a cut file fails instead of ending early."""
    blob = await opened_by_slices(store, CODE)
    os.truncate(blob.path, SLICE + 10)
    slices = aiter(blob)

    await anext(slices)
    with pytest.raises(JournalCorrupt, match="is shorter than the 760000 bytes"):
        await anext(slices)


async def test_blob_that_grows_is_sent_to_its_length(store: BlobStore) -> None:
    """Never more than was promised."""
    blob = await opened_by_slices(store, b"four")
    (store.folder / blob.digest).write_bytes(b"fourteen")

    assert await whole(blob) == [b"four"]


async def test_changed_bytes_are_found_out_slice_by_slice(store: BlobStore) -> None:
    """One that is too large to be read as a whole is compared as well."""
    blob = await opened_by_slices(store, CODE)
    await blob.verify()
    blob.path.write_bytes(CODE[:-1] + b"?")

    with pytest.raises(JournalCorrupt, match="does not hold the bytes it is named"):
        await blob.verify()


async def test_blob_that_goes_away_while_it_is_read(store: BlobStore) -> None:
    """The next slice says so."""
    blob = await opened_by_slices(store, CODE)
    slices = aiter(blob)
    await anext(slices)
    await store.remove(blob.digest)

    with pytest.raises(InvalidInput, match="is missing"):
        await anext(slices)


async def test_uploads_share_one_copy(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty that open a bundle at once read its file once, and hash it once."""
    digest, reads, opened = await store.put_bytes(CODE), list[Path](), list[Blob]()
    read = reading.read

    async def counted(path: Path, mode: Mode) -> bytes:
        """Read a file and remember it."""
        reads.append(path)
        return await read(path, mode)

    async def open_it() -> None:
        """Be one of twenty."""
        opened.append(await store.open(digest))

    monkeypatch.setattr("esa_flows.files.store.read", counted)
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(open_it)

    assert 1 == len(reads)
    assert 1 == len({id(blob) for blob in opened})
    assert CODE == b"".join(await whole(opened[0]))


async def test_of_shared_copies_the_last_is_kept_alone(store: BlobStore) -> None:
    """Memory holds what is on its way, and one bundle for the next routine."""
    first, second = [await store.put_bytes(code) for code in (b"one", b"two")]
    for digest in (first, second):
        assert digest == (await store.open(digest)).digest

    gc.collect()
    assert "<Shelf [lent: 1]>" == repr(store._shelf)

    await store.remove(first)
    assert "<Shelf [lent: 1]>" == repr(store._shelf)

    await store.remove(second)
    gc.collect()
    assert "<Shelf [lent: 0]>" == repr(store._shelf)


async def test_a_shared_copy_is_compared_with_its_digest(store: BlobStore) -> None:
    """Bytes that were damaged on the disk are not sent, and mending them is enough."""
    digest = await store.put_bytes(CODE)
    (store.folder / digest).write_bytes(b"damaged")
    with pytest.raises(JournalCorrupt, match="does not hold the bytes it is named"):
        await store.open(digest)

    await store.put_bytes(CODE)

    assert CODE == b"".join(await whole(await store.open(digest)))


def test_path_is_a_digest_only(tmp_path: Path) -> None:
    """A text that leads out of the folder is no digest."""
    with pytest.raises(InvalidInput, match="is not a digest"):
        BlobStore(tmp_path)._path("../x")  # type: ignore[arg-type]


@pytest.mark.real_time
async def test_cancelled_reader_leaves_no_file_open(tmp_path: Path) -> None:
    """An open file would be reported as a warning, which fails this test."""
    store = BlobStore(tmp_path / "blobs")
    blob = await opened_by_slices(store, CODE)

    async def read_for_ever() -> None:
        """Be cut off somewhere."""
        while True:
            await whole(blob)

    for after in range(20):
        with anyio.move_on_after(after / 1000):
            await read_for_ever()

    assert CODE == b"".join(await whole(blob))
