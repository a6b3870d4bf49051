"""Killed with SIGKILL over real sockets and a real journal, resumed to the same end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from attrs import define
from tests.process.nursery import done
from tests.process.place import End, Place
from tests.process.scenes import RELEASES, Scene, place_bundle

pytestmark = pytest.mark.may_block

POINTS = 10
"""Deaths of each flow: after each call that changes something, and all along."""

SHARES = 12
"""Parts that all moments of a flow are dealt out to."""

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
@pytest.mark.parametrize("scene", RELEASES, ids=lambda scene: scene.name)
def test_a_killed_run_ends_as_an_undisturbed_one(
    scene: Scene,
    point: int,
    place: Place,
    tmp_path: Path,
    courses: dict[str, Course],
) -> None:
    """After SIGKILL at any moment, a new process comes to the same end."""
    course = course_of(scene, place, tmp_path, courses)
    _die_at(
        chosen(course.moments, POINTS)[point], point, scene, course, place, tmp_path
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("scene", RELEASES, ids=lambda scene: scene.name)
def test_a_run_killed_at_every_moment(
    scene: Scene,
    share: int,
    place: Place,
    tmp_path: Path,
    courses: dict[str, Course],
) -> None:
    """Before and after each call, before, inside and after each row."""
    course = course_of(scene, place, tmp_path, courses)
    for number, moment in enumerate(course.moments):
        if number % SHARES == share:
            folder = tmp_path / str(number)
            folder.mkdir()
            _die_at(moment, number, scene, course, place, folder)


def _die_at(
    moment: str, number: int, scene: Scene, course: Course, place: Place, folder: Path
) -> None:
    """Let a process die at a moment, and another one come to the same end."""
    place.begin(scene, folder)
    job = place.job(folder, scene, moment=moment, backend=BACKENDS[number % 2])
    died = done(job)

    assert -signal.SIGKILL == died.code, (moment, died)
    if course.moments.index(moment) >= course.moments.index(BEGUN):
        change(folder, FATES[number % len(FATES)])

    again = place.job(folder, scene, do="resume", backend=BACKENDS[number // 2 % 2])
    ended = done(again)

    assert 0 == ended.code, (moment, ended.words)
    assert (moment, course.end) == (moment, place.end(scene, ended.said["outcome"]))


def test_the_worst_moments_are_never_left_out() -> None:
    """Death after each call that changes something; the rest evenly, in order."""
    moments = [f"before row {n}" for n in range(10)]
    moments[3], moments[7] = "after commit 1", "after deploy 1"

    found = chosen(moments, 4)

    assert ["before row 2", "after commit 1", "after deploy 1", "before row 8"] == found
