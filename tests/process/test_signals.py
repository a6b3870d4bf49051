"""Ctrl-C in a terminal and SIGTERM, at every stage of a release, in real processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from attrs import frozen
from tests.process.child import Job
from tests.process.nursery import Child, Ended, done, until
from tests.process.place import End, Place
from tests.process.scenes import SCENES
from tests.process.terminal import opened

from esa_flows.localcloud import Fault

pytestmark = pytest.mark.may_block

SLOW = 2.0
"""Seconds a slow answer takes; what ends sooner has not waited for it."""

WHOLE = End(
    outcome="released",
    versions=2,
    splits={"staging": {1: 100}, "production": {1: 100}},
    orphans=0,
)
CANARY = SCENES["canary"]


@frozen
class Stage:
    """A stage of a release that a signal can meet.

    Attributes:
        name: What it is called.
        faults: What keeps the release there.
        is_there: Whether the release is there, from what the cloud saw.
        canary: Shares and bake times.
        waits: Whether the first signal waits for the answer under way.
    """

    name: str
    faults: tuple[Fault, ...]
    is_there: Callable[[Place], object]
    canary: str = "10:0.1s,100"
    waits: bool = False


def _called(operation: str) -> Callable[[Place], bool]:
    return lambda place: operation in place.report()["calls"]


def _bakes(place: Place) -> bool:
    production = place.report()["splits"]["shop"]["production"]
    return {10, 90} == set(production.values())


def _visited(place: Place) -> bool:
    return bool(place.report()["visits"])


def _slow(operation: str) -> Fault:
    return Fault(operation=operation, kind="slow", seconds=SLOW)


STAGES = [
    Stage("read", (_slow("GetRoutine"),), _called("GetRoutine")),
    Stage(
        "commit",
        (_slow("CommitRoutineStagingCode"),),
        _called("CommitRoutineStagingCode"),
        waits=True,
    ),
    Stage(
        "deploy",
        (_slow("CreateRoutineCodeDeployment"),),
        _called("CreateRoutineCodeDeployment"),
        waits=True,
    ),
    Stage("gate", (_slow("edge"),), _visited),
    Stage("bake", (), _bakes, canary="10:1m,100"),
]
EXCHANGES = [
    pytest.param(stage, marks=pytest.mark.slow if stage.name == "deploy" else ())
    for stage in STAGES
    if stage.waits
]


def command(place: Place, folder: Path, stage: Stage, *, terminal: str = "") -> Job:
    """Make `esa-flows release` stay in a stage."""
    place.begin(CANARY, folder)
    place.inject(*stage.faults)
    return Job(
        do="command",
        folder=folder,
        environ=place.environ(folder) | {"TERM": "xterm"},
        argv=("release", "shop", "worker.js", "--canary", stage.canary),
        terminal=terminal,
    )


def goes_on(place: Place, folder: Path, words: str) -> None:
    """Take the run that people are told to resume to its end, with a short bake."""
    run = words.rpartition("esa-flows resume ")[2].split()[0]
    place.inject()
    environ = place.environ(folder)
    argv = ("resume", run)
    ended = done(Job(do="command", folder=folder, environ=environ, argv=argv))

    assert 0 == ended.code, ended.words
    assert WHOLE == place.end(CANARY, "released")


def outcomes(folder: Path, step: str) -> int:
    """Count the outcomes that a journal holds of a step."""
    wanted = (f"%{step}%",)
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        rows = db.execute(
            "SELECT count(*) FROM records WHERE kind = 'outcome' AND step LIKE ?",
            wanted,
        )
        return int(rows.fetchone()[0])


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_first_ctrl_c_pauses(stage: Stage, place: Place, tmp_path: Path) -> None:
    """What is under way is finished and recorded, the way on is shown: code 130."""
    with opened() as screen:
        job = command(place, tmp_path, stage, terminal=screen.path)
        with Child(job) as release:
            until(lambda: stage.is_there(place))
            pressed = time.monotonic()
            screen.press_ctrl_c()
            code = release.wait().code
            took = time.monotonic() - pressed

    assert 130 == code, screen.shown
    assert "Pausing: the call under way is finished first." in screen.shown
    assert "Traceback" not in screen.shown
    if stage.waits:
        assert took > SLOW / 3, took
        assert 1 == outcomes(tmp_path, stage.name)
        assert 1 == place.report()["calls"][stage_operation(stage)]

    if not stage.faults:
        return  # nobody waits for the rest of that bake

    goes_on(place, tmp_path, screen.shown)


def stage_operation(stage: Stage) -> str:
    """Give the operation that is slow in a stage."""
    return stage.faults[0].operation


@pytest.mark.parametrize("stage", STAGES[1::3], ids=lambda stage: stage.name)
def test_sigterm_pauses_too(stage: Stage, place: Place, tmp_path: Path) -> None:
    """As a container's end or a CI job's cancellation does it: code 143."""
    with Child(command(place, tmp_path, stage)) as release:
        until(lambda: stage.is_there(place))
        release.signal(signal.SIGTERM)
        ended = release.wait()

    assert 143 == ended.code, ended.words
    assert "esa-flows resume " in ended.words
    assert "Traceback" not in ended.words
    if stage.waits:
        assert 1 == outcomes(tmp_path, stage.name)


@pytest.mark.parametrize("stage", EXCHANGES, ids=lambda stage: stage.name)
def test_the_second_ctrl_c_leaves_at_once(
    stage: Stage, place: Place, tmp_path: Path
) -> None:
    """Nobody has to wait; the next process looks what the lost answer did."""
    with opened() as screen:
        job = command(place, tmp_path, stage, terminal=screen.path)
        with Child(job) as release:
            until(lambda: stage.is_there(place))
            screen.press_ctrl_c()
            until(lambda: "Again to leave" in screen.shown)
            screen.press_ctrl_c()
            code = release.wait().code

    assert 130 == code, screen.shown
    assert 0 == outcomes(tmp_path, stage.name)

    environ = place.environ(tmp_path)
    place.inject()
    again = done(
        Job(
            do="command",
            folder=tmp_path,
            environ=environ,
            argv=("release", "shop", "worker.js", "--canary", stage.canary),
        )
    )

    assert 0 == again.code, again.words
    assert WHOLE == place.end(CANARY, "released")


@pytest.fixture
def heeded() -> Iterator[None]:
    """Heed Ctrl-C, which whoever runs the tests in the background ignores for them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "delay", [0.1, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.0, 0.3))]
)
def test_a_signal_while_it_starts(
    delay: float,
    number: signal.Signals,
    place: Place,
    tmp_path: Path,
    heeded: None,
) -> None:
    """It ends as by that signal, and whatever was begun is found again."""
    place.begin(CANARY, tmp_path)
    argv = (sys.executable, "-m", "esa_flows", "release", "shop", "worker.js")
    environ = place.environ(tmp_path) | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environ, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(delay)
        process.send_signal(number)
        code = process.wait(100)

    assert code in {-number, 128 + number}
    ended = done(place.job(tmp_path, SCENES["at quota"], do="resume"))
    assert WHOLE == place.end(CANARY, ended.said["outcome"])


# --- a program that embeds a client --------------------------------------------------


def host(
    place: Place, folder: Path, stage: Stage, backend: str, number: signal.Signals
) -> Ended:
    """Let a program that embeds a client get a signal in a stage."""
    place.begin(CANARY, folder)
    place.inject(*stage.faults)
    with Child(place.job(folder, CANARY, backend=backend)) as program:
        until(lambda: stage.is_there(place))
        program.signal(number)
        return program.wait()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("stage", EXCHANGES, ids=lambda stage: stage.name)
def test_a_host_that_cancels(
    stage: Stage, backend: str, place: Place, tmp_path: Path
) -> None:
    """The exchange is finished and recorded, the cancellation goes on its way."""
    ended = host(place, tmp_path, stage, backend, signal.SIGTERM)

    assert (0, "cancelled") == (ended.code, ended.said["stopped"]), ended.words
    assert 1 == outcomes(tmp_path, stage.name)

    place.inject()
    again = done(place.job(tmp_path, CANARY, do="resume", backend=backend))
    assert WHOLE == place.end(CANARY, again.said["outcome"])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("stage", EXCHANGES, ids=lambda stage: stage.name)
def test_a_host_that_heeds_no_ctrl_c(
    stage: Stage, backend: str, place: Place, tmp_path: Path
) -> None:
    """It gets its KeyboardInterrupt, and the run goes on where it was."""
    ended = host(place, tmp_path, stage, backend, signal.SIGINT)

    assert (0, "interrupted") == (ended.code, ended.said["stopped"]), ended.words

    place.inject()
    again = done(place.job(tmp_path, CANARY, do="resume", backend=backend))
    assert WHOLE == place.end(CANARY, again.said["outcome"])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_host_that_waits_for_a_person(
    number: signal.Signals, backend: str, place: Place, tmp_path: Path
) -> None:
    """It ends at once; whoever comes back finds the question, or the answer to it."""
    scene = SCENES["approval"]
    place.begin(scene, tmp_path)
    with Child(place.job(tmp_path, scene, backend=backend)) as program:
        until(lambda: is_asked(tmp_path))
        program.signal(number)
        ended = program.wait()

    assert ended.said["stopped"] in {"cancelled", "interrupted"}, ended.words
    run = rows_of(tmp_path, "asked")[0]
    environ = place.environ(tmp_path)
    argv = ("approve", run)
    answered = done(Job(do="command", folder=tmp_path, environ=environ, argv=argv))

    assert 0 == answered.code, answered.words
    again = done(place.job(tmp_path, scene, do="resume", backend=backend))
    assert again.said["outcome"].startswith("agreed by "), again


def is_asked(folder: Path) -> bool:
    """Whether a question stands in a journal."""
    return (folder / "journal.db").exists() and bool(rows_of(folder, "asked"))


def rows_of(folder: Path, kind: str) -> list[str]:
    """Give the runs of a journal's rows of a kind."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        try:
            found = db.execute("SELECT run FROM records WHERE kind = ?", (kind,))
            return [run for (run,) in found]
        except sqlite3.OperationalError:
            return []  # no tables yet
