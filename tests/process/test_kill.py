"""Killed with SIGKILL over real sockets and a real journal, resumed to the same end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from attrs import define
from tests.process.nursery import done
from tests.process.place import End, Place
from tests.process.scenes import SCENES, Scene, place_bundle

pytestmark = pytest.mark.may_block

FLOWS = tuple(scene for scene in SCENES.values() if scene.name != "slow canary")
POINTS = 10
"""Deaths of each flow: after each call that changes something, and all along."""

FATES = ("kept", "rebuilt", "deleted")
CHANGING = ("slot", "post", "commit", "deploy", "delete", "create", "package")
BACKENDS = ("asyncio", "trio")
BEGUN = "after row 1"


@define
class Course:
    """What a flow passes when nobody disturbs it, and where it ends."""

    moments: list[str]
    end: End


@pytest.fixture(scope="module")
def courses() -> dict[str, Course]:
    """Remember the undisturbed course of each flow."""
    return {}


def chosen(moments: list[str], most: int) -> list[str]:
    """Choose moments to die at: the worst ones first, then evenly from all the others.

    The worst is right after the provider did what it was asked to, and nothing of it
    is recorded yet.
    """
    worst = [
        each
        for each in moments
        if each.startswith(tuple(f"after {word}" for word in CHANGING))
    ][:most]
    others = [each for each in moments if each not in worst]
    count = most - len(worst)
    even = [others[(2 * n + 1) * len(others) // (2 * count)] for n in range(count)]
    return sorted([*worst, *even], key=moments.index)


def course_of(
    scene: Scene, place: Place, folder: Path, courses: dict[str, Course]
) -> Course:
    """Give a flow's undisturbed course; run it where that was not done yet."""
    if scene.name not in courses:
        own = folder / "undisturbed"
        own.mkdir()
        place.begin(scene, own)
        ended = done(place.job(own, scene))

        assert 0 == ended.code, ended.words
        names = [name for name, _ in ended.said["passed"]]
        courses[scene.name] = Course(names, place.end(scene, ended.said["outcome"]))

    return courses[scene.name]


def change(folder: Path, fate: str) -> None:
    """Do to the bundle what a build may do while the release is dead."""
    if fate == "rebuilt":
        place_bundle(folder, b"// another build\n")
    elif fate == "deleted":
        for file in (folder / "worker.js", folder / "site" / "index.js"):
            file.unlink()


@pytest.mark.parametrize("point", range(POINTS))
@pytest.mark.parametrize("scene", FLOWS, ids=lambda scene: scene.name)
def test_a_killed_run_ends_as_an_undisturbed_one(
    scene: Scene,
    point: int,
    place: Place,
    tmp_path: Path,
    courses: dict[str, Course],
) -> None:
    """After SIGKILL at any moment, a new process comes to the same end."""
    course = course_of(scene, place, tmp_path, courses)
    moment = chosen(course.moments, POINTS)[point]
    place.begin(scene, tmp_path)
    job = place.job(tmp_path, scene, moment=moment, backend=BACKENDS[point % 2])
    died = done(job)

    assert -signal.SIGKILL == died.code, (moment, died)
    if course.moments.index(moment) >= course.moments.index(BEGUN):
        change(tmp_path, FATES[point % len(FATES)])

    again = place.job(tmp_path, scene, do="resume", backend=BACKENDS[point // 2 % 2])
    ended = done(again)

    assert 0 == ended.code, (moment, ended.words)
    assert (moment, course.end) == (moment, place.end(scene, ended.said["outcome"]))


def test_the_worst_moments_are_never_left_out() -> None:
    """Death after each call that changes something; the rest evenly, in order."""
    moments = [f"before row {n}" for n in range(10)]
    moments[3], moments[7] = "after commit 1", "after deploy 1"

    found = chosen(moments, 4)

    assert ["before row 2", "after commit 1", "after deploy 1", "before row 8"] == found
