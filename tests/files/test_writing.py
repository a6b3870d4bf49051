"""Folders and files that only their owner may touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.files import make_private_folder
from esa_flows.files.writing import keep, write_whole


def test_existing_folders_stay_as_they_are(tmp_path: Path) -> None:
    """A folder that somebody else made keeps its rights."""
    tmp_path.chmod(0o755)

    make_private_folder(tmp_path)

    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_open_folder_is_refused(tmp_path: Path) -> None:
    """Everybody could exchange a file between two looks at it."""
    tmp_path.chmod(0o757)

    with pytest.raises(InvalidInput, match=f"Run: chmod o-w {tmp_path}"):
        make_private_folder(tmp_path)


def test_part_is_removed_when_writing_fails(tmp_path: Path) -> None:
    """Whatever the reason, no half file stays."""

    def slices() -> object:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep(slices(), tmp_path)  # type: ignore[arg-type]

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content in a file for its owner alone, and nothing beside it."""
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")

    write_whole(path, b"new")

    assert b"new" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    """A folder of its name, and a folder that is not there: said, and no half file."""
    folder = tmp_path / "plan.json"
    (folder / "kept").mkdir(parents=True)

    for path in (folder, tmp_path / "gone" / "plan.json"):
        with pytest.raises(InvalidInput, match=f"{path} cannot be written"):
            write_whole(path, b"new")

    assert [folder] == list(tmp_path.iterdir())
