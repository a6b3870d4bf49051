"""Share the slots of a cap between the processes of one user through a file.

A table of slots lies in a file that everybody maps into memory. A lock on the file,
held for some microseconds, keeps takes apart; times are those of the machine's
monotonic clock, which all processes read alike. There is no daemon: each client also
holds a lock on a small file of its own for as long as it lives, so that the slots of
one that was killed are known to be nobody's, and come back.

Boots, keys and clouds have files of their own: a file's name is a digest of these.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import threading
from pathlib import Path

import anyio.to_thread
from attrs import define, field

from esa_flows.errors import NotSent
from esa_flows.wire.learned import Learned
from esa_flows.wire.lives import Lives, is_same, open_own, unusable
from esa_flows.wire.rule import Rule
from esa_flows.wire.slot_table import MOST, SIZE, SlotTable
from esa_flows.wire.slots import Fate, SlotStore, Wish

__all__ = ["FileSlots", "FileStores"]

_MAGIC = b"esa-flows slots\n"
VERSION = 1
"""Of the file's form; a file of another one is refused."""

_TITLE = 64
_WHOLE = _TITLE + SIZE
_BUSY = 0.0005
_PATIENCE = 5.0
_BETWEEN_CARE = 1.0
_OLD = 24 * 3600.0


def _title() -> bytes:
    return (_MAGIC + f"version {VERSION}\n".encode()).ljust(_TITLE, b"\0")


@define(eq=False, repr=False)
class FileSlots:
    """The slots of one gate in a file; a `SlotStore`.

    Args:
        path: The file; made where there is none.
        lives: Tells which clients live.
        token: This client's number.
        rest: Seconds after which the call of a client that was killed is surely
            counted and a period has passed.
        period: Seconds a slot rests.

    Raises:
        InvalidInput: The file belongs to another user or another version of this
            library, or cannot be used.
    """

    is_here = False
    _path: Path
    _lives: Lives
    _token: int
    _rest: float = field(kw_only=True)
    _period: float = field(kw_only=True)
    _handle: int = field(init=False)
    _map: mmap.mmap = field(init=False)
    _table: SlotTable = field(init=False)
    _busy_since: float | None = field(init=False, default=None)
    _cared: float | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._handle = self._begun()
        self._map = mmap.mmap(self._handle, _WHOLE)
        memory = memoryview(self._map)[_TITLE:]
        self._table = SlotTable(memory, self._token, self._period)

    def __repr__(self) -> str:
        return f"<FileSlots {self._path.name}, {self.in_flight} in flight>"

    def close(self) -> None:
        """Let go of the file."""
        self._table.close()
        # What is written through memory does not date a file everywhere.
        os.utime(self._handle)
        os.close(self._handle)

    @property
    def in_flight(self) -> int:
        """Slots lent and not settled, by everybody."""
        return self._table.in_flight

    @property
    def learned(self) -> Learned:
        """What refusals have taught everybody."""
        return self._table.learned

    @learned.setter
    def learned(self, known: Learned) -> None:
        self._table.learned = known

    def take(self, now: float, calls: int, *, is_urgent: bool = False) -> float:
        """Lend a slot if one is ready; no more than `MOST` a second are shared."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._is_busy(now)

        self._busy_since = None
        try:
            return self._table.take(now, min(calls, MOST), is_urgent=is_urgent)
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def settle(self, ready: float, fate: Fate) -> None:
        """Take back a slot of ours; see `SlotStore.settle`."""
        self._table.settle(ready, is_answer=fate is Fate.ANSWERED)

    def accepted(self, now: float) -> int:
        """Give the calls of everybody that were answered within the last period."""
        return self._table.accepted(now)

    def needs_care(self, now: float, wish: Wish) -> bool:  # noqa: ARG002  part of the port
        """Tell, once a second, that it is time to look after the others."""
        return self._cared is None or now - self._cared >= _BETWEEN_CARE

    async def care(self, now: float, wish: Wish) -> None:  # noqa: ARG002  part of the port
        """Take back what others left behind; looks at files, so in a thread.

        Raises:
            NotSent: The file is gone, so that others may use another one.
        """
        self._cared = now
        await anyio.to_thread.run_sync(self._care, now)

    def spare(self) -> None:
        """Do nothing: nothing is fetched."""

    def _care(self, now: float) -> None:
        if not (is_same(self._path, self._handle) and self._lives.is_told()):
            self._cared = None
            raise NotSent(
                f"Nothing was sent: {self._path}, through which the cap is shared, was"
                " removed while in use, so that others may not see our calls.",
                next_move="Leave the file in place; open a new client.",
            )

        gone = self._lives.gone(self._table.strangers())
        # By a handle of its own: the event loop's lock would let us in.
        handle = open_own(self._path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._table.reclaim(gone, now + self._rest, now)
        except BlockingIOError:
            return  # somebody is busy with it: next time
        finally:
            os.close(handle)

    def _is_busy(self, now: float) -> float:
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since < _PATIENCE:
            return _BUSY

        self._busy_since = None
        raise NotSent(
            f"Nothing was sent: for {_PATIENCE:.0f} s another process has held the lock"
            f" of {self._path}, through which the cap is shared.",
            next_move="A process that was stopped may hold it: continue it, or end it.",
        )

    def _begun(self) -> int:
        """Open the file; again where somebody swept it between two moves."""
        while True:
            handle = open_own(self._path)
            try:
                if self._begin(handle):
                    return handle
            except BaseException:
                os.close(handle)
                raise

            os.close(handle)

    def _begin(self, handle: int) -> bool:
        """Write a new file's title, or read what an old one is; not if it is gone."""
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            if not is_same(self._path, handle):
                return False

            os.utime(handle)
            found = os.pread(handle, _TITLE, 0)
            if found.strip(b"\0"):
                self._check(handle, found)
                return True

            # New, or left by a maker that died: nobody maps it before it has a title.
            os.ftruncate(handle, _WHOLE)
            os.pwrite(handle, _title(), 0)
            return True
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)

    def _check(self, handle: int, title: bytes) -> None:
        is_whole = os.fstat(handle).st_size == _WHOLE
        if title == _title() and is_whole:
            return

        if title.startswith(_MAGIC):
            raise unusable(
                self._path, "another version of esa-flows made it: use one for all"
            )

        raise unusable(self._path, "it is not a file of slots")


class FileStores:
    """Makes stores in a folder; everybody with the same folder shares them.

    Args:
        folder: The user's own; made where there is none.
        place: What tells apart clouds with the same access key, and boots.
        token: This client's number, 1 to 2**52, never used before.
        rule: What the gates keep to; how long slots rest.
    """

    shared = "all clients of this user on this machine that use the same access key"
    is_lost = False

    def __init__(
        self, folder: Path, *, place: str, token: int, rule: Rule = Rule()
    ) -> None:
        self._folder = folder
        self._place = place
        self._token = token
        self._rule = rule
        self._lives: Lives | None = None
        self._stores: list[FileSlots] = []
        self._opening = threading.Lock()

    async def open(self, gate: str, key: str) -> SlotStore:
        """Open the slots of one gate; looks at files, so in a thread.

        Args:
            gate: What is counted.
            key: An access key's id; it enters the file's name as a digest.

        Raises:
            InvalidInput: They cannot be shared through this folder.
        """
        return await anyio.to_thread.run_sync(self._open, gate, key)

    def close(self) -> None:
        """Let go of every file; slots still lent come back as those of the dead."""
        for store in self._stores:
            store.close()

        if self._lives is not None:
            self._lives.close()

    def _open(self, gate: str, key: str) -> SlotStore:
        # The caps of several accounts come at once, each in a thread of its own, and
        # whoever began a second life would wait for the first one to end.
        with self._opening:
            if self._lives is None:
                self._lives = Lives(_made(self._folder / "lives"), self._token)
                _sweep(self._folder, self._lives)

            return self._opened(self._lives, gate, key)

    def _opened(self, lives: Lives, gate: str, key: str) -> SlotStore:
        name = hashlib.sha256(f"{self._place}\n{key}\n{gate}".encode()).hexdigest()
        store = FileSlots(
            self._folder / f"{name[:32]}.slots",
            lives,
            self._token,
            rest=self._rule.grace + self._rule.period,
            period=self._rule.period,
        )
        self._stores.append(store)
        return store


def _sweep(folder: Path, lives: Lives) -> None:
    """Remove files that nobody has used for a day: of other keys, of earlier boots."""
    if not lives.is_alone():
        return

    for path in folder.glob("*.slots"):
        if lives.begun - path.stat().st_mtime > _OLD:
            _remove(path, lives)


def _remove(path: Path, lives: Lives) -> None:
    """Remove a file, unless somebody came meanwhile."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        # Whoever comes from now on waits for the lock, and then finds it gone.
        fcntl.flock(handle, fcntl.LOCK_EX)
        if lives.is_alone():
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(folder, error.strerror or str(error)) from error

    return folder
