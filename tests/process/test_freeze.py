"""Frozen with SIGSTOP for longer than a lease, and continued after a takeover."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from tests.process.nursery import Child, Ended, done, until
from tests.process.place import End, Place
from tests.process.scenes import SCENES

pytestmark = pytest.mark.may_block

LEASE = 1.5
"""Seconds a lease lasts here, so that nobody waits for a quarter of a minute."""

WHOLE = End(
    outcome="released",
    versions=2,
    splits={"staging": {1: 100}, "production": {1: 100}},
    orphans=0,
)

NOT_PERMITTED = [
    ("before row 9", "asyncio"),
    ("after commit 1", "trio"),
    ("intent commit#1", "asyncio"),
    ("intent deploy[production:10]#1", "trio"),
    pytest.param("after info 1", "trio", marks=pytest.mark.slow),
    pytest.param("after row 14", "asyncio", marks=pytest.mark.slow),
    pytest.param("after deploy production 10+90 1", "trio", marks=pytest.mark.slow),
]
"""Moments at which no call has passed the permit.

Right after an intent nothing but the permit stands between a late process and its call.
"""

PERMITTED = [
    ("before commit 1", "asyncio"),
    ("before deploy production 10+90 1", "trio"),
    pytest.param("before deploy staging 100 1", "trio", marks=pytest.mark.slow),
    pytest.param("before observe 3", "asyncio", marks=pytest.mark.slow),
]
"""Moments at which a call has passed the permit and is not sent yet."""


def shares(place: Place) -> set[int]:
    """Give the shares in production."""
    return set(place.report()["splits"]["shop"]["production"].values())


def calls_in(ended: Ended, since: float = 0.0) -> list[str]:
    """Give the calls that a process began, since some time."""
    return [
        moment
        for moment, at in ended.said["passed"]
        if at >= since and moment.startswith("before ") and " row " not in moment
    ]


def frozen_and_taken_over(
    place: Place, folder: Path, moment: str, backend: str
) -> tuple[Ended, Ended, int]:
    """Freeze a process, let another one finish its run, continue the first.

    Returns:
        How the second and the first ended, and what the provider counted in between:
        the calls that the first made when it was continued.
    """
    scene = SCENES["canary"]
    place.begin(scene, folder)
    life = {"lease": LEASE, "backend": backend}
    first = place.job(folder, scene, moment=moment, trouble="freeze", **life)
    second = place.job(folder, scene, do="resume", name="second", **life)
    with Child(first) as frozen:
        until(frozen.is_stopped)
        with Child(second) as heir:
            ended = heir.wait()

        before = sum(place.report()["calls"].values())
        frozen.signal(signal.SIGCONT)
        late = frozen.wait()

    return ended, late, sum(place.report()["calls"].values()) - before


@pytest.mark.parametrize(("moment", "backend"), NOT_PERMITTED)
def test_a_frozen_process_sends_nothing_after_its_lease(
    moment: str, backend: str, place: Place, tmp_path: Path
) -> None:
    """Whoever took over ends the run, once and rightly; the old one sees it is late."""
    ended, late, calls = frozen_and_taken_over(place, tmp_path, moment, backend)

    assert (0, "released") == (ended.code, ended.said["outcome"]), ended.words
    assert (0, 0) == (late.code, calls), late.said
    assert "" == late.said["outcome"]
    assert WHOLE == place.end(SCENES["canary"], ended.said["outcome"])


@pytest.mark.parametrize(("moment", "backend"), PERMITTED)
def test_at_most_the_call_that_had_passed_is_sent(
    moment: str, backend: str, place: Place, tmp_path: Path
) -> None:
    """One call, no second one; the journal is the new owner's alone."""
    ended, late, calls = frozen_and_taken_over(place, tmp_path, moment, backend)

    assert (0, "released") == (ended.code, ended.said["outcome"]), ended.words
    assert (0, 1) == (late.code, calls), late.said
    assert "" == late.said["outcome"]
    again = done(place.job(tmp_path, SCENES["canary"], do="resume"))
    assert "released" == again.said["outcome"]
    assert [] == calls_in(again)


def test_both_alive_the_heir_alone_goes_on(place: Place, tmp_path: Path) -> None:
    """The old one continues in the middle of the heir's work, and is of no effect."""
    scene = SCENES["slow canary"]
    place.begin(scene, tmp_path)
    first = place.job(
        tmp_path, scene, moment="after post 1", trouble="freeze", lease=LEASE
    )
    second = place.job(tmp_path, scene, do="resume", name="second", lease=LEASE)
    with Child(first) as frozen:
        until(frozen.is_stopped)
        with Child(second) as heir:
            until(lambda: {10, 90} == shares(place))
            began = time.monotonic()
            frozen.signal(signal.SIGCONT)
            late, ended = frozen.wait(), heir.wait()

    assert [] == calls_in(late, since=began)
    assert WHOLE == place.end(scene, ended.said["outcome"])


@pytest.mark.slow
def test_a_late_deployment_stops_the_heir(place: Place, tmp_path: Path) -> None:
    """The one call that had passed is met like anybody's: a conflict, and no more."""
    scene = SCENES["slow canary"]
    place.begin(scene, tmp_path)
    first = place.job(
        tmp_path,
        scene,
        moment="before deploy production 10+90 1",
        trouble="freeze",
        lease=LEASE,
    )
    second = place.job(tmp_path, scene, do="resume", name="second", lease=LEASE)
    with Child(first) as frozen:
        until(frozen.is_stopped)
        with Child(second) as heir:
            until(lambda: {50} == shares(place))
            began = time.monotonic()
            frozen.signal(signal.SIGCONT)
            late, ended = frozen.wait(), heir.wait()

    assert [] == calls_in(late, since=began)  # the one was begun before
    assert "conflict" == ended.said["outcome"], ended
    assert {10, 90} == shares(place)
    assert [] == place.report()["violations"]


@pytest.mark.slow
def test_frozen_in_the_middle_of_a_write(place: Place, tmp_path: Path) -> None:
    """It holds the journal: the next one is told so, and nothing is lost."""
    scene = SCENES["canary"]
    place.begin(scene, tmp_path)
    first = place.job(
        tmp_path, scene, moment="inside row 12", trouble="freeze", lease=LEASE
    )
    second = place.job(tmp_path, scene, do="resume", name="second", lease=LEASE)
    with Child(first) as frozen:
        until(frozen.is_stopped)
        refused = done(second)
        frozen.signal(signal.SIGCONT)
        frozen.wait()

    ended = done(second)

    assert "JournalUnavailable" == refused.said["error"], refused
    assert "Another process holds it" in refused.said["words"]
    assert WHOLE == place.end(scene, ended.said["outcome"])


def test_a_process_frozen_for_less_than_its_lease_goes_on(
    place: Place, tmp_path: Path
) -> None:
    """Nobody took over, and nothing happened."""
    scene = SCENES["canary"]
    place.begin(scene, tmp_path)
    job = place.job(
        tmp_path, scene, moment="before deploy staging 100 1", trouble="freeze"
    )
    with Child(job) as frozen:
        until(frozen.is_stopped)
        time.sleep(0.2)
        frozen.signal(signal.SIGCONT)
        ended = frozen.wait()

    assert WHOLE == place.end(scene, ended.said["outcome"])
