"""The journal's disk gives way in the middle of a run: nothing unrecorded is sent."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.process.nursery import Ended, done
from tests.process.place import End, Place
from tests.process.scenes import SCENES

pytestmark = pytest.mark.may_block

MOMENTS = [
    "after row 2",
    "after slot 1",
    "after post 1",
    "after commit 1",
    "before row 12",
    "after deploy production 10+90 1",
]
TROUBLES = {
    "file limit": "Check its disk and the free space there",
    "broken disk": "Check its disk",
    "read-only": "Let this user write to it",
}
WHOLE = End(
    outcome="released",
    versions=2,
    splits={"staging": {1: 100}, "production": {1: 100}},
    orphans=0,
)
CHANGING = ("slot", "post", "commit", "deploy", "delete")


def after_the_first_failure(ended: Ended) -> list[str]:
    """Give the calls begun after a row could not be written."""
    names = [name for name, _ in ended.said["passed"]]
    first = next(n for n, name in enumerate(names) if name.startswith("without row"))
    return [name for name in names[first:] if is_call(name)]


def changes_after(ended: Ended, moment: str) -> list[str]:
    """Give the calls that change something and were begun after a moment."""
    names = [name for name, _ in ended.said["passed"]]
    later = names[names.index(moment) + 1 :]
    words = tuple(f"before {word}" for word in CHANGING)
    return [name for name in later if name.startswith(words)]


def is_call(name: str) -> bool:
    """Whether a moment is the beginning of a call."""
    return name.startswith("before ") and not name.startswith("before row")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte, where that is allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("a disk cannot be mounted here")

    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def moved(source: Path, elsewhere: Path) -> Path:
    """Copy a journal, and all that belongs to it, to another folder."""
    elsewhere.mkdir()
    wanted = [source / f"journal.db{tail}" for tail in ("", "-wal", "-shm", ".blobs")]
    for held in filter(Path.exists, wanted):
        if held.is_dir():
            shutil.copytree(held, elsewhere / held.name)
        else:
            shutil.copy(held, elsewhere)

    return elsewhere


def _cases() -> Iterator[Any]:
    """Give each trouble at each moment; all of one trouble, and some of the others."""
    for trouble in TROUBLES:
        for moment in MOMENTS:
            usual = trouble == "file limit" or moment == "after commit 1"
            marks = () if usual else (pytest.mark.slow,)
            yield pytest.param(trouble, moment, marks=marks)


@pytest.mark.parametrize(("trouble", "moment"), list(_cases()))
def test_no_call_is_sent_that_cannot_be_recorded(
    trouble: str, moment: str, place: Place, tmp_path: Path
) -> None:
    """The run stops with the reason; a copy of its journal elsewhere goes on."""
    scene = SCENES["canary"]
    backend = ("asyncio", "trio")[MOMENTS.index(moment) % 2]
    place.begin(scene, tmp_path)
    job = place.job(tmp_path, scene, moment=moment, trouble=trouble, backend=backend)
    stopped = done(job)

    assert 0 == stopped.code, stopped.words
    assert [] == after_the_first_failure(stopped)
    assert [] == changes_after(stopped, moment)
    assert "JournalUnavailable" == stopped.said["error"]
    assert TROUBLES[trouble] in stopped.said["words"]

    elsewhere = moved(tmp_path, tmp_path / "elsewhere")
    ended = done(place.job(elsewhere, scene, do="resume", backend=backend))

    assert WHOLE == place.end(scene, ended.said["outcome"])


def test_no_room_left_on_a_real_disk(
    place: Place, tmp_path: Path, small_disk: Path
) -> None:
    """The same on a disk that is full to its last byte; the next move says so."""
    scene, moment = SCENES["canary"], "after commit 1"
    place.begin(scene, tmp_path)
    environ = place.environ(tmp_path)
    environ["ESA_FLOWS_JOURNAL"] = str(small_disk / "journal.db")
    job = place.job(
        tmp_path, scene, moment=moment, trouble="full disk", environ=environ
    )
    stopped = done(job)

    assert "JournalUnavailable" == stopped.said["error"]
    assert "Free space on its disk" in stopped.said["words"]
    assert [] == changes_after(stopped, moment)

    elsewhere = moved(small_disk, tmp_path / "elsewhere")
    ended = done(place.job(elsewhere, scene, do="resume"))

    assert WHOLE == place.end(scene, ended.said["outcome"])
