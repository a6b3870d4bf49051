"""What can happen to a process in the middle of its work, for real."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

_UNLIMITED = resource.RLIM_INFINITY


def die() -> None:
    """Be killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def freeze() -> None:
    """Be stopped until somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


def limit_files() -> None:
    """Find no room for another byte in any file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, _UNLIMITED))


def use_up_disk() -> None:
    """Fill the journal's disk to its last byte."""
    filler = Path(f"{os.environ['ESA_FLOWS_JOURNAL']}.filler")
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 512):
            pass


def lose_disk() -> None:
    """Get an error for every write to the journal's log, as from a broken disk."""
    log = f"{os.environ['ESA_FLOWS_JOURNAL']}-wal"
    nowhere = os.open(log, os.O_RDONLY)
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        if number != nowhere and _leads_to(entry, log):
            os.dup2(nowhere, number)


def forbid_writing() -> None:
    """Find the journal read-only, as after its disk was mounted again."""
    for connection in sqlite_connections():
        connection.execute("PRAGMA query_only = ON")


def end_all() -> None:
    """Get room again, to say what happened."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_UNLIMITED, _UNLIMITED))


def sqlite_connections() -> list[sqlite3.Connection]:
    """Give the open connections of this process."""
    return [each for each in gc.get_objects() if isinstance(each, sqlite3.Connection)]


def _leads_to(entry: Path, file: str) -> bool:
    try:
        return str(entry.readlink()) == str(Path(file).resolve())
    except OSError:
        return False


BY_NAME: Mapping[str, Callable[[], None]] = {
    "die": die,
    "freeze": freeze,
    "full disk": use_up_disk,
    "file limit": limit_files,
    "broken disk": lose_disk,
    "read-only": forbid_writing,
}
