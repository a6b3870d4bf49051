"""A survey from the command line."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.cli.office import Done, Office
from tests.house import BEGIN
from tests.survey.witness import bent

from esa_flows.cli.conformance import FILE, usable
from esa_flows.localcloud import ACCOUNT, Fault, Switches, switches_from_toml
from esa_flows.survey.scratch import mark_of

pytestmark = pytest.mark.may_block

RUN = (sys.executable, "-m", "esa_flows")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a fresh folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def _run(
    office: Office, *argv: str, answers: Sequence[str] | None = None
) -> Done:
    """Survey an office; the answers are typed one letter after the other."""
    desk = office.desk()
    if answers is not None:
        lines = iter(answers)

        async def listen() -> str:
            """Type the next letter."""
            await anyio.lowlevel.checkpoint()
            return next(lines, "")

        desk.listen = listen

    return await office.run("conformance", *argv, desk=desk)


async def test_a_survey() -> None:
    """It announces, asks, tells, writes, and leaves nothing."""
    office = Office(switches=Switches(list_lag=1.5, version_quota=5))
    office.live()

    done = await _run(office, answers="y")

    assert 0 == done.code
    assert "made now, and deleted at the end" in done.err
    assert "Begin? [y/N]" in done.err
    assert "21/32  how late is a new version available" in done.err
    assert "available at once, listed after 1.5 s" in done.out
    assert f"--switches {FILE}" in done.out
    assert ["shop"] == list(office.cloud.report().versions)


async def test_its_file_makes_a_local_cloud_the_same(folder: Path) -> None:
    """A survey of a cloud with the file's switches finds the file's switches."""
    switches = Switches(
        list_lag=2.0,
        status_case="lower",
        old_forms=False,
        slot_counts="commit",
        cap_window="fixed",
        throttle_status=429,
    )
    await _run(Office(switches=switches), "--yes", "--measure-cap")
    first = (folder / FILE).read_text()

    again = Office(switches=switches_from_toml(first))
    await _run(again, "--yes", "--measure-cap", "--output", "again.toml")

    assert switches == again.switches
    assert (
        first.split("[switches]")[1]
        == (folder / "again.toml").read_text().split("[switches]")[1]
    )


async def test_a_no_sends_nothing(folder: Path) -> None:
    """And writes nothing."""
    office = Office()

    done = await _run(office, answers="n")

    assert (12, "") == (done.code, done.out)
    assert done.err.endswith("Begin? [y/N]\nNothing was sent.\n")
    assert {} == office.cloud.report().calls
    assert [] == _files(folder)


async def test_nobody_to_ask() -> None:
    """Without a terminal and without --yes it is refused."""
    office = Office()

    done = await _run(office)

    assert 2 == done.code
    assert "standard input is no terminal" in done.err
    assert "Say it on the command line: --yes" in done.err
    assert {} == office.cloud.report().calls


@pytest.mark.parametrize("answer", ["", "\n", "no", "yeah", "ja"])
async def test_only_a_plain_yes_is_one(answer: str) -> None:
    """Everything else is a no, the end of the input included."""
    office = Office()

    done = await _run(office, answers=[answer])

    assert 12 == done.code
    assert {} == office.cloud.report().calls


async def test_a_yes_may_be_written_out() -> None:
    """In whatever casing."""
    done = await _run(Office(), answers=[" YES "])

    assert 0 == done.code


@pytest.mark.parametrize(("answers", "asked"), [("yy", True), ("yn", False)])
async def test_the_cap_is_asked_for_apart(answers: str, asked: bool) -> None:  # noqa: FBT001  a column of the table
    """A yes to the survey is none to what costs others."""
    office = Office()

    done = await _run(office, "--measure-cap", answers=answers)

    assert 0 == done.code
    assert asked is ("calls a second, by account" in done.out)
    assert asked is (office.cloud.report().throttled > 0)


async def test_a_file_is_not_written_over(folder: Path) -> None:
    """Unless it shall; nothing is sent before that is clear."""
    (folder / FILE).write_text("mine")
    office = Office()

    done = await _run(office, "--yes")

    assert 2 == done.code
    assert "is there already; nothing was sent" in done.err
    assert {} == office.cloud.report().calls
    assert "mine" == (folder / FILE).read_text()

    done = await _run(office, "--yes", "--force")

    assert 0 == done.code
    assert "[switches]" in (folder / FILE).read_text()


@pytest.mark.parametrize("output", ["nowhere/found.toml", "."])
async def test_a_file_that_cannot_be_written(output: str) -> None:
    """It is found out before anything is sent."""
    office = Office()

    done = await _run(office, "--yes", "--force", "--output", output)

    assert 2 == done.code
    assert "cannot be written; nothing was sent" in done.err
    assert {} == office.cloud.report().calls


async def test_a_disk_that_is_full_at_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The findings are shown all the same, and no half of a file stays."""

    def full(*_: Any, **__: Any) -> None:
        """Have no room."""
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    done = await _run(Office(), "--yes")

    assert 2 == done.code
    assert "could not be written: No space left on device" in done.err
    assert "available at once" in done.out
    assert [] == _files(folder)


async def test_what_is_left_open_is_in_the_file(folder: Path) -> None:
    """As comments, beside what the local cloud cannot do alike."""
    office = Office()
    office.cloud.inject(
        Fault(
            operation="DeleteRoutineCodeVersion", kind="refuse", code="Other", times=1
        ),
        Fault(operation="ListSiteRoutes", kind="refuse", code="Forbidden.RAM", times=9),
    )

    done = await _run(office, "--yes")

    text = (folder / FILE).read_text()
    assert 0 == done.code
    assert "# Open: unknown site: ListSiteRoutes is not allowed" in text
    assert "# unknown_version_code is left out: this account does two things" in text
    assert "unknown_version_code =" not in text


def test_settings_that_the_local_cloud_does_not_take() -> None:
    """They are parted from the others."""
    assert ({"cap": 5}, ("version_quota",)) == usable({"cap": 5, "version_quota": 0})


async def test_a_measurement_that_does_not_fit(folder: Path) -> None:
    """It is told in the file, and the file can be loaded."""
    office = Office()
    policy = {"conditions": [["content-length-range", 0, 0]]}

    def nothing(_: Any, response: Any) -> Any:
        """Let a form take nothing."""
        told = json.loads(response.body)
        text = base64.b64encode(json.dumps(policy).encode()).decode()
        told["OssPostConfig"]["policy"] = text
        return evolve(response, body=json.dumps(told).encode())

    desk = office.desk(transport=bent(office, GetRoutineStagingCodeUploadInfo=nothing))

    done = await office.run("conformance", "--yes", "--json", desk=desk)

    text = (folder / FILE).read_text()
    assert ["policy_max_size"] == done.json["unusable"]
    assert "# policy_max_size is left out: the local cloud does not take" in text
    assert Switches() == switches_from_toml(text)


async def test_as_json() -> None:
    """One object with everything."""
    done = await _run(Office(), "--yes", "--json")

    told = done.json
    assert (0, "", FILE) == (told["exit_code"], told["left"], told["file"])
    assert {"question": "date", "verdict": "measured"}.items() <= next(
        each.items() for each in told["findings"] if each["question"] == "date"
    )
    assert "mixed" == told["switches"]["status_case"]


async def test_what_stays_behind_fails() -> None:
    """With the sentence a person needs."""
    office = Office()
    office.cloud.inject(
        Fault(operation="DeleteRoutine", kind="refuse", code="No", times=None)
    )

    done = await _run(office, "--yes")

    assert 10 == done.code
    assert "LEFT BEHIND: The routine esa-flows-conformance-" in done.err
    assert "next: esa-flows conformance --clean" in done.err


async def test_somebodys_routine_is_refused() -> None:
    """And is as it was."""
    office = Office()
    office.live()

    done = await _run(office, "--yes", "--routine", "shop")

    assert 2 == done.code
    assert "was not made by a survey; nothing was changed" in done.err
    assert 1 == len(office.versions())
    assert {} == office.changes


# --- cleaning up --------------------------------------------------------------------


def _left_over(office: Office, name: str = "esa-flows-conformance-aa") -> str:
    office.cloud.state.create_routine(
        ACCOUNT, name, description=mark_of("1"), now=BEGIN
    )
    return name


async def test_leftovers_are_named() -> None:
    """With what deletes them; the survey goes on."""
    office = Office()
    _left_over(office)

    done = await _run(office, "--yes")

    assert 0 == done.code
    assert "Left over from an earlier survey, or of one under way" in done.err


async def test_leftovers_that_cannot_be_listed() -> None:
    """It hinders nobody."""
    office = Office()
    office.cloud.inject(
        Fault(operation="ListUserRoutines", kind="refuse", code="No", times=1)
    )

    done = await _run(office, "--yes")

    assert 0 == done.code


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 12)])
async def test_cleaning(answer: str, code: int) -> None:
    """It says what it would delete, and asks."""
    office = Office()
    office.live()
    name = _left_over(office)

    done = await _run(office, "--clean", answers=answer)

    kept = ["shop"] if answer == "y" else ["shop", name]
    assert code == done.code
    assert f"{name}, made 2026-03-01 12:00:00 UTC: Scratch routine" in done.err
    assert "Delete 1 routine with all versions? [y/N]" in done.err
    assert kept == list(office.cloud.report().versions)


async def test_nothing_to_clean() -> None:
    """It says so and changes nothing."""
    done = await _run(Office(), "--clean", "--json")

    assert (0, []) == (done.code, done.json["deleted"])


async def test_cleaning_one_by_name() -> None:
    """The others stay."""
    office = Office()
    one, two = _left_over(office), _left_over(office, "esa-flows-conformance-bb")

    done = await _run(office, "--clean", "--yes", "--routine", two)

    assert f"Deleted: {two}.\n" == done.out
    assert [one] == list(office.cloud.report().versions)


async def test_cleaning_somebodys_routine() -> None:
    """Without the mark it is refused."""
    office = Office()
    office.live()

    done = await _run(office, "--clean", "--yes", "--routine", "shop")

    assert 2 == done.code
    assert "There is no routine shop that a survey made" in done.err
    assert ["shop"] == list(office.cloud.report().versions)


# --- over sockets -------------------------------------------------------------------


@contextmanager
def _served(folder: Path, switches: str) -> Iterator[dict[str, str]]:
    """Serve a local cloud, and give what it says to export."""
    (folder / "played.toml").write_text(f"[switches]\n{switches}")
    argv = ("local", "serve", "--port", "0", "--switches", "played.toml")
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "PYTHONPATH"}}
    base = {"HOME": str(folder), **kept}
    with subprocess.Popen(
        [*RUN, *argv], stdout=subprocess.PIPE, text=True, cwd=folder, env=base
    ) as served:
        assert served.stdout is not None
        for line in served.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                base[name] = value
            if line.startswith("# Ctrl-C"):
                break

        try:
            yield base
        finally:
            served.send_signal(signal.SIGINT)
            served.wait(20)


def _survey(folder: Path, environ: dict[str, str], *argv: str) -> Any:
    return subprocess.run(
        [*RUN, "conformance", *argv],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.real_time
def test_over_sockets(folder: Path) -> None:
    """What the file of a served cloud says is found through the whole program."""
    played = 'status_case = "capital"\nversion_quota = 5\nslot_counts = "commit"\n'
    with _served(folder, played) as environ:
        done = _survey(folder, environ, "--yes")
        left = _survey(folder, environ, "--clean", "--yes")

    assert 0 == done.returncode, done.stderr
    loaded = switches_from_toml((folder / FILE).read_text())
    assert ("capital", 5, "commit") == (
        loaded.status_case,
        loaded.version_quota,
        loaded.slot_counts,
    )
    assert "There is no scratch routine of a survey.\n" == left.stdout


@pytest.mark.real_time
def test_an_interruption_cleans_up(folder: Path) -> None:
    """Ctrl-C deletes the routine, then leaves with its own exit code."""
    with _served(folder, "list_lag = 20.0\n") as environ:
        with subprocess.Popen(
            [*RUN, "conformance", "--yes"],
            cwd=folder,
            env=environ,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stderr is not None
            for line in running.stderr:
                if "how late is a new version" in line:
                    break

            time.sleep(0.5)
            running.send_signal(signal.SIGINT)
            said = running.stderr.read()

        left = _survey(folder, environ, "--clean", "--yes")

    assert 130 == running.returncode
    assert "Ctrl-C once more leaves it.\nDeleted." in said
    assert not (folder / FILE).exists()
    assert "There is no scratch routine of a survey.\n" == left.stdout


async def test_the_older_cloud_is_not_measured() -> None:
    """Its routine would be made by questions that are about another API."""
    office = Office()
    done = await office.run("conformance", "--yes", "--cloud", "dcdn")

    assert 2 == done.code
    assert "Only ESA is measured, not DCDN; nothing was sent." in done.err
    assert {} == office.cloud.report().calls
