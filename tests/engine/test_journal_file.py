"""Where a journal may lie, and whose it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from esa_flows.engine import journal_file
from esa_flows.engine.journal_file import identity, mount_type, prepare
from esa_flows.errors import InvalidInput, JournalUnavailable

MOUNTS = """\
proc /proc proc rw 0 0
/dev/vda / ext4 rw,relatime 0 0
server:/export /home nfs4 rw 0 0
/dev/vdb /home/ana ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
//server/share /mnt/two\\040words cifs rw 0 0
host:/x /tmp fuse.sshfs rw 0 0
"""


def mode_of(path: Path) -> int:
    """Give the permissions of a file or folder."""
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/journal.sqlite", "ext4"),
        ("/home/journal.sqlite", "nfs4"),
        ("/homely/journal.sqlite", "ext4"),
        ("/home/ana/.local/journal.sqlite", "ext4"),
        ("/mnt/two words/journal.sqlite", "cifs"),
        ("/tmp/journal.sqlite", "fuse.sshfs"),
    ],
)
def test_the_nearest_and_latest_mount_holds_a_path(path: str, kind: str) -> None:
    """The longest mount point counts, of equals the one that hides the other."""
    assert mount_type(Path(path), MOUNTS) == kind


def test_without_mounts_the_type_is_unknown() -> None:
    """Systems without a list of mounts give no type."""
    assert mount_type(Path("/home/journal.sqlite"), "") == ""


def test_what_is_made_is_private(tmp_path: Path) -> None:
    """The file is 0600 and each folder that was missing is 0700, whatever the umask."""
    path = tmp_path / "one" / "two" / "journal.sqlite"
    before = os.umask(0)
    try:
        advice = prepare(path)
    finally:
        os.umask(before)

    assert advice == ()
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700
    assert mode_of(path.parent.parent) == 0o700


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """An existing file keeps its bytes and mode; that others may use it is told."""
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"kept")
    path.chmod(0o644)

    advice = prepare(path)

    assert path.read_bytes() == b"kept"
    assert mode_of(path) == 0o644
    assert advice == (
        f"Others may use the journal {path}; to stop that: chmod 600 {path}",
    )


def test_a_file_made_by_another_process_meanwhile_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes second finds the file of who came first."""
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"first")
    monkeypatch.setattr(Path, "exists", lambda self: self != path)

    prepare(path)

    assert path.read_bytes() == b"first"


def test_a_folder_open_to_everybody_is_refused(tmp_path: Path) -> None:
    """Who may write to a folder can replace the files in it."""
    tmp_path.chmod(0o777)

    with pytest.raises(InvalidInput) as caught:
        prepare(tmp_path / "journal.sqlite")

    assert str(caught.value) == (
        f"Everybody on this machine may exchange files in {tmp_path}."
        f" Run: chmod o-w {tmp_path} - or choose another place with --journal."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_where_nobody_can_delete_others_files_is_used(tmp_path: Path) -> None:
    """The sticky bit makes a common folder such as /tmp usable."""
    tmp_path.chmod(0o1777)

    prepare(tmp_path / "journal.sqlite")

    assert mode_of(tmp_path / "journal.sqlite") == 0o600


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A journal that several machines would see is refused, with the alternative."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path} {kind} rw 0 0\n")
    monkeypatch.setattr(journal_file, "_MOUNTS", mounts)

    with pytest.raises(InvalidInput) as caught:
        prepare(tmp_path / "journal.sqlite")

    assert str(caught.value) == (
        f"The journal {tmp_path}/journal.sqlite would lie on a network file system"
        f" ({kind}), where several machines cannot share its write-ahead log safely."
        " Choose a file on a local disk with --journal."
    )


def test_a_link_into_a_network_file_system_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the folder really is counts, not where its link is."""
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path}/far nfs rw 0 0\n")
    monkeypatch.setattr(journal_file, "_MOUNTS", mounts)

    with pytest.raises(InvalidInput, match=r"network file system \(nfs\)"):
        prepare(tmp_path / "near" / "journal.sqlite")


def test_a_system_without_a_list_of_mounts_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system's type cannot be known, the journal is made."""
    monkeypatch.setattr(journal_file, "_MOUNTS", tmp_path / "none")

    prepare(tmp_path / "journal.sqlite")

    assert mode_of(tmp_path / "journal.sqlite") == 0o600


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    """The system's words are passed on with the next move."""
    (tmp_path / "file").touch()

    with pytest.raises(JournalUnavailable) as caught:
        prepare(tmp_path / "file" / "sub" / "journal.sqlite")

    assert str(caught.value) == (
        f"The journal {tmp_path}/file/sub/journal.sqlite cannot be made: Not a"
        " directory. Make its folder writable, or choose another file with --journal."
    )


def test_a_file_is_known_by_what_lies_there(tmp_path: Path) -> None:
    """Another file of the same name is another file; none is none."""
    path, other = tmp_path / "a", tmp_path / "b"
    path.touch()
    other.touch()
    before = identity(path)

    assert before == identity(path) is not None
    other.replace(path)
    assert before != identity(path)
    assert identity(other) is None
