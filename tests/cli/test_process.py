"""The command line as a process of its own, over sockets, with real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.office import bundle
from tests.house import NEW

pytestmark = pytest.mark.may_block

RUN = (sys.executable, "-m", "esa_flows")
PATIENCE = 40.0


@contextmanager
def _process(*argv: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*RUN, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], **environ},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Serve a local cloud, and give what it says to export."""
    home = str(tmp_path_factory.mktemp("home"))
    with _process("local", "serve", "--port", "0", HOME=home) as process:
        assert process.stdout is not None
        environ = {"HOME": home}
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                environ[name] = value
            if line.startswith("# Ctrl-C"):
                break

        yield environ
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


def _run(
    place: dict[str, str], *argv: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *argv],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={"PATH": os.environ["PATH"], **place, **environ},
    )


def test_a_release_from_a_shell(place: dict[str, str], tmp_path: Path) -> None:
    """What `local serve` prints is all that a release needs; then it can go back."""
    done = _run(place, "release", "checkout-edge", bundle(tmp_path), "--json")
    back = _run(place, "rollback", "checkout-edge")
    doctor = _run(place, "doctor")

    assert 0 == done.returncode, done.stderr
    assert "released" == json.loads(done.stdout)["outcome"]
    assert 0 == back.returncode, back.stderr
    assert 0 == doctor.returncode, doctor.stdout


def test_a_release_to_dcdn_from_a_shell(place: dict[str, str], tmp_path: Path) -> None:
    """The same address serves the older cloud, with routines of its own."""
    dcdn = {**place, "ESA_FLOWS_CLOUD": "dcdn"}
    done = _run(dcdn, "release", "old-shop", bundle(tmp_path), "--create", "--json")
    doctor = _run(dcdn, "doctor")
    listed = _run(dcdn, "versions", "list", "old-shop", "--json")
    unknown = _run(place, "versions", "list", "old-shop")

    assert 0 == done.returncode, done.stderr
    report = json.loads(done.stdout)
    assert ("released", "dcdn") == (report["outcome"], report["cloud"])
    assert 0 == doctor.returncode, doctor.stdout
    (version,) = json.loads(listed.stdout)["versions"]
    assert {"staging": 100, "production": 100} == version["serves"]
    assert 10 == unknown.returncode


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_pauses_and_resume_goes_on(
    number: signal.Signals, code: int, place: dict[str, str], tmp_path: Path
) -> None:
    """A signal leaves an intact journal and says how to go on."""
    file = bundle(tmp_path, NEW + str(number).encode())
    argv = ("release", "img-resize", file, "--canary", "10:3s,100")
    with _process(*argv, **place) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "bake at 10 %: 3" in line:
                break

        process.send_signal(number)
        rest = process.stderr.read()
        assert code == process.wait(PATIENCE)

    run = rest.partition("esa-flows resume ")[2].split()[0]
    done = _run(place, "resume", run)

    assert 0 == done.returncode, done.stderr
    assert "img-resize: released" in done.stdout


def test_no_route(place: dict[str, str], tmp_path: Path) -> None:
    """A port where nobody listens: code 10, in one sentence."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        done = _run(
            place, "versions", "list", "shop", "--endpoint", f"127.0.0.1:{port}"
        )

    assert 10 == done.returncode
    assert "refused the connection" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_journal_from_a_newer_release(place: dict[str, str], tmp_path: Path) -> None:
    """A file with a newer schema is left alone: code 2, with what to do."""
    file = tmp_path / "j.db"
    _run(place, "runs", "--journal", str(file))
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")

    db.close()
    done = _run(place, "runs", "--journal", str(file))

    assert 2 == done.returncode
    assert "has schema 99" in done.stderr
    assert "pip install --upgrade esa-flows" in done.stderr


def test_a_folder_that_everybody_may_write_to(
    place: dict[str, str], tmp_path: Path
) -> None:
    """A journal there could be replaced by anybody: code 2, with the command."""
    tmp_path.chmod(0o777)

    done = _run(place, "release", "shop", __file__, "--journal", str(tmp_path / "j.db"))
    doctor = _run(place, "doctor", "--journal", str(tmp_path / "j.db"))

    assert 2 == done.returncode == doctor.returncode
    assert f"chmod o-w {tmp_path}" in done.stderr
    assert "fail journal " in doctor.stdout
    assert "ok   staging " in doctor.stdout


def test_a_port_that_is_taken(place: dict[str, str]) -> None:
    """A second cloud on the same port is refused, with what to do."""
    port = place["ESA_FLOWS_ENDPOINT"].rpartition(":")[2]

    done = _run(place, "local", "serve", "--port", port)

    assert 2 == done.returncode
    assert f"cannot listen on {port} to {int(port) + 2}" in done.stderr
    assert "--port" in done.stderr


def test_a_state_outlives_the_cloud(tmp_path: Path) -> None:
    """With --state routines and journal are there again the next time."""
    state = tmp_path / "state.json"
    argv = ("local", "serve", "--port", "0", "--state", str(state), "--empty")
    for _ in range(2):
        with _process(*argv, HOME=str(tmp_path)) as process:
            assert process.stdout is not None
            told = "".join(iter(process.stdout.readline, "# Ctrl-C ends it.\n"))
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(PATIENCE)

    assert "# No routines yet: release with --create." in told
    assert f"export ESA_FLOWS_JOURNAL={state}.journal.db" in told
    assert state.exists()
