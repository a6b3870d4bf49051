"""Know which clients of this machine live: by locks that end when a process does.

Numbers of processes are used again, and containers number theirs alike; a lock on a
file is neither. Each client holds one on a file of its own. Whoever can take it knows
that its holder is gone, however it went.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from esa_flows.errors import InvalidInput

__all__ = ["Lives", "is_same", "open_own", "unusable"]

_OWN = 0o600


def open_own(path: Path) -> int:
    """Open a file of ours, making it where there is none.

    Raises:
        InvalidInput: It is not ours, or cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        handle = os.open(path, flags, _OWN)
    except OSError as error:
        raise unusable(path, error.strerror or str(error)) from error

    found = os.fstat(handle)
    if found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode):
        return handle

    os.close(handle)
    raise unusable(path, "it belongs to another user")


def unusable(path: Path, why: str) -> InvalidInput:
    """Give the error for a file that cannot be used."""
    return InvalidInput(
        f"The cap cannot be shared through {path}: {why}.",
        next_move="Mend that; or set ESA_FLOWS_CAP_SHARING=process and let one process"
        " at a time use this access key.",
    )


def is_same(path: Path, handle: int) -> bool:
    """Tell whether a name still leads to an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


class Lives:
    """Tells which clients live, by locks that the system drops when they do not.

    Args:
        folder: Where each client has a file.
        token: This client's number, never used before.
    """

    def __init__(self, folder: Path, token: int) -> None:
        self._folder = folder
        self._path = self._name(token)
        self._handle = self._begin()
        self._sweep()

    def gone(self, tokens: set[int]) -> set[int]:
        """Give those of some clients that live no more."""
        return {token for token in tokens if self._is_gone(self._name(token))}

    def is_told(self) -> bool:
        """Tell whether others can see that this client lives."""
        return is_same(self._path, self._handle)

    def is_alone(self) -> bool:
        """Tell whether no other client lives."""
        others = (path for path in self._folder.iterdir() if path != self._path)
        return all(self._is_gone(path) for path in others)

    @property
    def begun(self) -> float:
        """When this client began, as files are dated."""
        return os.fstat(self._handle).st_mtime

    def close(self) -> None:
        """Say that this client is done."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)

    def _name(self, token: int) -> Path:
        return self._folder / f"{token:016x}"

    def _begin(self) -> int:
        """Make our file and lock it; again where somebody swept it between the two."""
        while True:
            handle = open_own(self._path)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if is_same(self._path, handle):
                return handle

            os.close(handle)

    def _sweep(self) -> None:
        """Remove the files of clients that were killed."""
        for path in self._folder.iterdir():
            if path != self._path:
                self._is_gone(path)

    def _is_gone(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return True

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_same(path, handle):
                return self._is_gone(path)  # swept by others, and perhaps made again

            # Under the lock: whoever begins just now waits for it, and then looks.
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)

        return True
