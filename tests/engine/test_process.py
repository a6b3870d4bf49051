"""Whether a process lives, told so that none is declared dead that lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import evolve

from esa_flows.engine import process
from esa_flows.engine.journal import Owner
from esa_flows.engine.process import (
    Deaths,
    Life,
    boot_clock,
    boot_id,
    is_pid_in_use,
    judge,
    life_of,
    read_stat,
    this_process,
)

ONE = Owner("boot", 7, "100", "a")


def test_this_process_lives() -> None:
    """A process recognises itself, and its description survives being written."""
    me = this_process("token")

    assert me.pid == os.getpid()
    assert me.token == "token"
    assert Owner.parse(str(me)) == me
    assert life_of(me) is Life.ALIVE


def test_a_process_that_ended_is_dead() -> None:
    """Once its pid is free, a process is known to be dead."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    _, started = read_stat(Path(f"/proc/{child.pid}/stat").read_text())
    owner = Owner(boot_id(), child.pid, started, "a")

    assert life_of(owner) is Life.ALIVE
    child.communicate(b"\n")
    assert life_of(owner) is Life.DEAD


def test_the_dead_are_not_asked_again() -> None:
    """A process that died stays dead; of one that lives nothing is remembered."""
    asked: list[Life] = []
    lives = [Life.ALIVE, Life.ELSEWHERE, Life.DEAD, Life.ALIVE]

    def life(_: Owner) -> Life:
        """Give what comes next."""
        asked.append(lives[len(asked)])
        return asked[-1]

    deaths = Deaths(life)
    other = evolve(ONE, started="101")

    assert [Life.ALIVE, Life.ELSEWHERE, Life.DEAD, Life.DEAD] == [
        deaths(ONE) for _ in range(4)
    ]
    assert 3 == len(asked)
    assert Life.ALIVE is deaths(other)
    assert repr(deaths) == "<Deaths [known: 1]>"


def test_a_killed_process_that_nobody_reaped_is_dead() -> None:
    """A zombie holds its pid, but does nothing any more."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        owner = evolve(this_process("a"), pid=child.pid, started="")
        child.kill()
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert life_of(owner) is Life.DEAD


def test_of_another_boot_nothing_is_known() -> None:
    """Neither another machine's processes nor those before a reboot can be judged."""
    owner = evolve(this_process("a"), boot="another")

    assert life_of(owner) is Life.ELSEWHERE


def test_outside_posix_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where signal 0 is no question, the beat decides."""
    monkeypatch.setattr(process, "_CAN_ASK", False)

    assert life_of(this_process("a")) is Life.ELSEWHERE


@pytest.mark.parametrize(
    ("state", "started", "answers", "life"),
    [
        ("S", "100", True, Life.ALIVE),
        ("S", "101", True, Life.DEAD),
        ("Z", "100", True, Life.DEAD),
        ("X", "100", True, Life.DEAD),
        ("", "", True, Life.ALIVE),
        ("", "", False, Life.DEAD),
    ],
    ids=["lives", "pid used again", "zombie", "gone", "hidden", "no such pid"],
)
def test_what_proc_tells_decides(
    *, state: str, started: str, answers: bool, life: Life
) -> None:
    """A process is dead when its pid is free, used again, or a zombie's."""
    assert judge(ONE, state=state, started=started, answers=answers) is life


def test_an_owner_without_a_start_is_judged_by_its_pid() -> None:
    """Where starts are not known, a pid in use may be the owner's."""
    owner = evolve(ONE, started="")

    assert judge(owner, state="S", started="5", answers=True) is Life.ALIVE


def test_stat_is_read_past_any_command() -> None:
    """The command may hold blanks and brackets; the fields count from its end."""
    fields = " ".join(str(n) for n in range(4, 53))

    assert read_stat(f"7 (a) b (c) S {fields}\n") == ("S", "22")
    assert read_stat("") == ("", "")


def test_a_boot_is_named_without_colons() -> None:
    """An owner's parts are divided by colons; the boot's name stays the same."""
    assert ":" not in boot_id()
    assert boot_id() == boot_id()


def test_where_proc_is_missing_boots_have_no_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the system's names every process is of the boot called nothing."""
    monkeypatch.setattr(process, "_NAMESPACE", tmp_path / "none")

    assert boot_id() == ""
    assert life_of(this_process("a")) is Life.ALIVE


def test_containers_of_one_machine_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another pid namespace is another place, even on the same boot."""
    here = boot_id()
    (tmp_path / "ns").symlink_to("pid:[12345]")
    monkeypatch.setattr(process, "_NAMESPACE", tmp_path / "ns")

    assert boot_id() != here
    assert boot_id().endswith("/12345")


@pytest.mark.parametrize(
    ("raised", "used"), [(ProcessLookupError, False), (PermissionError, True)]
)
def test_another_users_process_counts(
    monkeypatch: pytest.MonkeyPatch, raised: type[OSError], *, used: bool
) -> None:
    """A pid that may not be signalled is in use all the same."""

    def kill(pid: int, signal: int) -> None:
        assert (pid, signal) == (7, 0)
        raise raised

    monkeypatch.setattr(os, "kill", kill)

    assert is_pid_in_use(7) is used


def test_the_boot_clock_rises() -> None:
    """Its seconds go on from one look to the next."""
    first = boot_clock()

    assert boot_clock() >= first


def test_without_a_boot_clock_the_monotonic_one_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Systems that count no sleep give what they have."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)

    before = time.monotonic()
    assert before <= boot_clock() <= time.monotonic()
