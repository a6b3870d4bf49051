"""Arguments in, an exit code out."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.cli.office import Office, bundle

import esa_flows.cli
from esa_flows import Parts
from esa_flows.cli import main
from esa_flows.cli.app import run
from esa_flows.errors import JournalUnavailable

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


def test_the_version_needs_nothing_of_the_command_line() -> None:
    """`--version` is answered before anything of the commands is imported."""
    script = (
        "import sys\n"
        "from esa_flows.cli import main\n"
        "code = main(['--version'])\n"
        "loaded = {'cyclopts', 'esa_flows.cli.app'} & set(sys.modules)\n"
        "assert (0, set()) == (code, loaded), loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("esa-flows 0.")


@pytest.mark.parametrize(("call", "kept"), [("main()", "set apart"), ("main(ASK)", "")])
def test_a_program_looks_for_no_garbage_in_itself(call: str, kept: str) -> None:
    """What a command imports is set apart; a host that asks for one keeps its ways."""
    script = (
        "import gc, sys\n"
        "from esa_flows.cli import main\n"
        "ASK = sys.argv[1:] = ['--help']\n"
        f"{call}\n"
        "told = 'set apart' if gc.get_freeze_count() else ''\n"
        "print(told, gc.isenabled(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert f"{kept} True\n" == done.stderr


@pytest.mark.parametrize("missing", ["cyclopts", "rich.console"])
def test_without_the_extra_it_says_which(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not installed is named, with the command that installs it."""

    def fail(_: str) -> Any:
        """Find no such module."""
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(importlib, "import_module", fail)

    assert 2 == main(["runs"])
    assert 'Run: pip install "esa-flows[cli]"\n' in capsys.readouterr().err


def test_another_missing_module_is_not_blamed_on_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broken installation is not explained away."""

    def fail(_: str) -> Any:
        """Find no such module."""
        raise ModuleNotFoundError("No module named 'attrs'", name="attrs")

    monkeypatch.setattr(importlib, "import_module", fail)

    with pytest.raises(ModuleNotFoundError, match="attrs"):
        main(["runs"])


def test_ctrl_c_before_anything_was_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the commands are imported it ends in silence, with its code."""

    def interrupt(_: str) -> Any:
        """Be interrupted."""
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", interrupt)

    assert 130 == main(["runs"])
    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize("argv", [[], ["--help"], ["release", "--help"], ["versions"]])
async def test_help_is_a_success(argv: list[str]) -> None:
    """Help is on standard output, and the code is 0."""
    done = await Office().run(*argv)

    assert 0 == done.code
    assert done.out.startswith("Usage: esa-flows")
    assert "" == done.err


async def test_every_command_has_a_sentence() -> None:
    """The list of commands explains itself."""
    done = await Office().run("--help")

    for verb in ("release", "rollback", "versions", "runs", "status", "resume"):
        assert f" {verb} " in done.out

    for verb in ("abort", "pause", "doctor"):
        assert f" {verb} " in done.out

    assert " local " in done.out


async def test_an_unknown_command_as_json() -> None:
    """Even usage errors are an object where one was asked for."""
    done = await Office().run("relase", "--json")

    assert (2, "Usage") == (done.json["exit_code"], done.json["error"]["type"])
    assert 'Did you mean "release"?' in done.err


async def test_a_bug_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug has code 1, one sentence, and the way to its traceback."""
    office = Office()

    def broken(*_: object, **__: object) -> None:
        """Fail as no program should."""
        raise KeyError("here")

    monkeypatch.setattr(type(office.journal), "list", broken)

    done = await office.run("runs")
    loud = await office.run("runs", environ={"ESA_FLOWS_DEBUG": "1"})

    assert 1 == done.code
    assert "error This is a bug: KeyError: 'here'" in done.err
    assert "Traceback" not in done.err
    assert "Traceback (most recent call last)" in loud.err


async def test_trouble_with_the_journal_under_way_is_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that had begun can be resumed, and its id is in the object."""
    office = Office()
    office.live()
    append = type(office.journal).append
    count = 0

    async def full(self: Any, lease: Any, records: Any) -> Any:
        """Append until the disk is full."""
        nonlocal count
        count += 1
        if count > 5:
            raise JournalUnavailable("The disk is full.")

        return await append(self, lease, records)

    monkeypatch.setattr(type(office.journal), "append", full)

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--run-id", "mine0001", "--json"
    )

    assert (13, "mine0001") == (done.code, done.json["run"])
    assert "error The disk is full." in done.err


def test_a_loop_of_its_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """From a program without a loop, a command makes one."""
    environ = {"ESA_FLOWS_JOURNAL": str(tmp_path / "j.db")}

    code = main(["runs"], parts=Parts(environ=environ))

    assert 0 == code
    assert "holds no runs.\n" in capsys.readouterr().out


def test_an_interrupt_before_signals_are_heeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C at any moment has its code."""

    def interrupted(*_: object) -> None:
        """Be interrupted."""
        raise KeyboardInterrupt

    monkeypatch.setattr(anyio, "run", interrupted)

    assert 130 == run(["runs"])


def test_as_a_module() -> None:
    """`python -m esa_flows` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "esa_flows", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("esa-flows 0.")
    assert esa_flows.cli.__all__ == ["main"]


def test_the_entry_point_runs_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the script calls runs in a loop of its own, on streams of any kind."""
    monkeypatch.setattr("sys.stdout", io.StringIO())

    assert main(["runs", "--help"]) == 0


@pytest.mark.real_time
async def test_commands_that_drive_runs_can_be_followed(tmp_path: Path) -> None:
    """Events of the whole run, to its last one, are there when the command ends."""
    office = Office()
    office.live()
    path = tmp_path / "events.jsonl"

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--events", str(path), "--no-probe"
    )

    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert 0 == done.code
    assert ("run.started", "run.finished") == (events[0]["kind"], events[-1]["kind"])
    assert "released" == events[-1]["data"]["outcome"]
    assert [*range(1, len(events) + 1)] == [event["seq"] for event in events]


async def test_events_nowhere_stop_a_command_before_it_begins(tmp_path: Path) -> None:
    """Nothing is sent, and no run begins."""
    office = Office()

    done = await office.run(
        "release", "shop", bundle(tmp_path), "--events", "-", "--json"
    )

    assert 2 == done.code
    assert "Write the events to a file: --events FILE" in done.err
    assert {} == dict(office.cloud.report().calls)
