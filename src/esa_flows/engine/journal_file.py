"""Where the journal's file may lie, and who may read it.

Rules:

1. What we make is ours alone: the file 0600, its folder 0700. The database makes its
   two side files with the mode of the main one.
2. A folder that everybody may write to, and delete from, is no place for a journal.
3. A network file system is none either: the write-ahead log needs memory that every
   process sees and locks that hold.
4. A journal whose file was deleted or replaced while it was open is no journal more.
"""

import contextlib
import os
import re
import stat
from pathlib import Path

from esa_flows.errors import InvalidInput, JournalUnavailable
from esa_flows.files import make_private_folder

__all__ = ["identity", "mount_type", "prepare"]

_MOUNTS = Path("/proc/self/mounts")
_NETWORK = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "smb3",
        "smbfs",
        "fuse.ceph",
        "fuse.davfs2",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.juicefs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
    ]
)


def prepare(path: Path) -> tuple[str, ...]:
    """Make the journal's file and folder where they are missing.

    Args:
        path: The file, absolute.

    Returns:
        Advice to people, in sentences: what is allowed but could be safer.

    Raises:
        InvalidInput: The file may not lie there; says where it may.
        JournalUnavailable: The system lets us make no such file.
    """
    try:
        make_private_folder(path.parent)
        _refuse_network(path, _mounts())
        _make_file(path)
        return (*_folder_advice(path.parent), *_file_advice(path))
    except OSError as error:
        raise JournalUnavailable(
            f"The journal {path} cannot be made: {error.strerror}.",
            next_move="Make its folder writable, or choose another file with"
            " --journal.",
        ) from error


def identity(path: Path) -> tuple[int, int] | None:
    """Tell which file lies at a path; None where there is none.

    An open file can be deleted, or another one be put in its place: whoever still
    writes to it writes to nowhere.
    """
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino

    return None


def mount_type(path: Path, mounts: str) -> str:
    """Give the type of the file system that holds a path.

    Args:
        path: The path, absolute and without links.
        mounts: The text of `/proc/self/mounts`; empty where the system has none.

    Returns:
        The type, such as `ext4` or `nfs4`; empty where unknown.

    Source: proc_pid_mounts(5) and fstab(5); blanks are written as octal escapes.
    """
    found, longest = "", -1
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        folder = Path(_unescaped(point))
        # Of two mounts in one place the later one hides the earlier.
        if path.is_relative_to(folder) and len(folder.parts) >= longest:
            found, longest = kind, len(folder.parts)

    return found


def _unescaped(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point)


def _mounts() -> str:
    with contextlib.suppress(FileNotFoundError):
        return _MOUNTS.read_text(errors="replace")

    return ""


def _refuse_network(path: Path, mounts: str) -> None:
    kind = mount_type(path.parent.resolve() / path.name, mounts)
    if kind in _NETWORK:
        raise InvalidInput(
            f"The journal {path} would lie on a network file system ({kind}), where"
            " several machines cannot share its write-ahead log safely.",
            next_move="Choose a file on a local disk with --journal.",
        )


def _make_file(path: Path) -> None:
    if path.exists():
        # Opening and closing it here would drop the locks that a journal of this
        # process holds on it (POSIX locks belong to the process, not to the opening).
        return

    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _folder_advice(folder: Path) -> tuple[str, ...]:
    if not folder.stat().st_mode & stat.S_IWGRP:
        return ()

    return (f"The group of {folder} may write to it; to stop that: chmod g-w {folder}",)


def _file_advice(path: Path) -> tuple[str, ...]:
    if not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ()

    return (f"Others may use the journal {path}; to stop that: chmod 600 {path}",)
