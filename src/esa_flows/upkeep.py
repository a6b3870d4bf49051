"""Looking after a journal and the bytes beside it: make it smaller, or make it anew."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import anyio
from attrs import frozen

from esa_flows.engine.journal import Owner
from esa_flows.engine.journal_sqlite import SQLiteJournal, Writer
from esa_flows.errors import InvalidInput
from esa_flows.files import BlobStore
from esa_flows.release.rebuild import Rebuilt

__all__ = ["YOUNG", "Compacted", "compact", "existing", "rebuild"]

YOUNG = dt.timedelta(days=1)
"""Age up to which bytes stay, named or not: they are stored before a run is listed."""

_NOBODY = Owner("", 0, "", "rebuild")


@frozen(kw_only=True)
class Compacted:
    """What became smaller.

    Attributes:
        packed: Runs whose records were packed.
        removed: Files of bytes that nobody needs any more.
        before: Bytes of the journal and of what lay beside it, before.
        after: The same, after.
    """

    packed: int
    removed: int
    before: int
    after: int


async def compact(
    path: Path, *, now: dt.datetime, older_than: dt.timedelta, mode: Writer = "thread"
) -> Compacted:
    """Pack ended runs, and delete bytes that no run, target or backup names.

    Args:
        path: The journal's file.
        now: Wall time, UTC.
        older_than: Only runs that began so long ago are packed.
        mode: Where files are worked on.

    Raises:
        InvalidInput: There is no such journal.
        JournalError: It is damaged, or cannot be written.
    """
    journal = SQLiteJournal(await existing(path), writer=mode)
    blobs = BlobStore(Path(f"{path}.blobs"), mode=mode)
    before = await _size(path, blobs)
    try:
        packed = await journal.compact(before=now - older_than)
        needed = await journal.named()
    finally:
        await journal.close()

    held = await blobs.held(before=now - YOUNG)
    garbage = [digest for digest in held if digest not in needed]
    for digest in garbage:
        await blobs.remove(digest)

    return Compacted(
        packed=packed,
        removed=len(garbage),
        before=before,
        after=await _size(path, blobs),
    )


async def rebuild(
    path: Path, runs: Iterable[Rebuilt], *, mode: Writer = "thread"
) -> None:
    """Write rebuilt runs into a new journal.

    Dying on the way leaves a journal that holds some of them; delete it and begin anew.

    Args:
        path: A file that is not there yet.
        runs: What the provider's state tells.
        mode: Where the file is worked on.

    Raises:
        InvalidInput: There is a file already: nothing is ever written over it.
        JournalError: It cannot be written.
    """
    if await anyio.Path(path).exists():
        raise InvalidInput(
            f"There is a file {path} already; a journal is only rebuilt beside it.",
            next_move="Name a file that is not there yet with --into.",
        )

    journal = await SQLiteJournal.open(path, writer=mode)
    try:
        for found in runs:
            lease = await journal.create(found.run, _NOBODY)
            await journal.append(lease, found.records)
            await journal.release(lease)
    finally:
        await journal.close()


async def existing(path: Path) -> Path:
    """Give the path of a journal that is there.

    Raises:
        InvalidInput: There is none.
    """
    if not await anyio.Path(path).exists():
        raise InvalidInput(
            f"There is no journal {path}.",
            next_move="Name another file with --journal.",
        )

    return path


async def _size(path: Path, blobs: BlobStore) -> int:
    held = await blobs.held()
    return (await anyio.Path(path).stat()).st_size + sum(held.values())
