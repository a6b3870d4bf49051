"""Gates that are programs, run for real."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gates.test_watched import WATCHED

from esa_flows.gates.command import run_command, variables_of, verdict_of
from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.verdict import Reading, Verdict

ENVIRON = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/home/ann",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "fakeSecret0001",
    "MINE": "yes",
}


async def run(*argv: str, within: str = "20s", env: tuple[str, ...] = ()) -> Reading:
    """Run a program as a gate."""
    check = CommandCheck(argv=argv, env=env, timeout=within)
    return await run_command(check, WATCHED, ENVIRON)


async def python(code: str, within: str = "20s") -> Reading:
    """Run some Python as a gate."""
    return await run(sys.executable, "-S", "-c", code, within=within)


@given(st.integers(-64, 255))
def test_every_exit_code_is_a_verdict(code: int) -> None:
    """0 passes, 75 waits, not run or killed is an error, the rest fails."""
    verdict = verdict_of(code)

    assert (verdict is Verdict.PASS) == (code == 0)
    assert (verdict is Verdict.INCONCLUSIVE) == (code == 75)
    assert (verdict is Verdict.ERROR) == (code < 0 or code >= 126)


def test_a_program_gets_no_variable_that_it_was_not_promised() -> None:
    """No access key; what every program needs, what is named, and what is watched."""
    check = CommandCheck(argv=("true",), env=("MINE", "NOT_THERE"))

    found = variables_of(check, WATCHED, ENVIRON)

    assert {"PATH", "HOME", "MINE"} == {
        name for name in found if not name.startswith("ESA_FLOWS_GATE_")
    }
    assert "shop" == found["ESA_FLOWS_GATE_ROUTINE"]


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("code", "verdict", "reason"),
    [
        ("print('a'); print('all is well\\n')", Verdict.PASS, "saying: all is well."),
        ("raise SystemExit(1)", Verdict.FAIL, "ended with exit code 1."),
        ("raise SystemExit(75)", Verdict.INCONCLUSIVE, "exit code 75."),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
            Verdict.ERROR,
            "ended with signal SIGTERM.",
        ),
        (
            "import sys; sys.stderr.write('x' * 9000 + 'y'); raise SystemExit(3)",
            Verdict.FAIL,
            "saying: xxx",
        ),
    ],
)
async def test_the_exit_code_decides(code: str, verdict: Verdict, reason: str) -> None:
    """The last line that it says is told, whichever way it says it."""
    reading = await python(code)

    assert verdict is reading.verdict
    assert reason in reading.reason
    assert len(reading.reason) < 400


@pytest.mark.real_time
async def test_what_is_watched_is_in_its_variables() -> None:
    """A script needs no argument."""
    reading = await python(
        "import os; print(*sorted(n for n in os.environ if 'SECRET' in n),"
        " os.environ['ESA_FLOWS_GATE_HOST'], os.environ['ESA_FLOWS_GATE_SHARE'])"
    )

    assert "saying: shop.example 10." in reading.reason


@pytest.mark.real_time
async def test_no_shell_reads_the_arguments() -> None:
    """They arrive as they are."""
    reading = await run(
        sys.executable, "-S", "-c", "import sys; print(sys.argv[1])", "$(id); `id`"
    )

    assert "saying: $(id); `id`." in reading.reason


@pytest.mark.real_time
@pytest.mark.may_block
async def test_one_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    """After its time nothing of it is left."""
    note = tmp_path / "pid"
    began = anyio.current_time()
    reading = await python(
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-S', '-c',"
        " 'import time; time.sleep(60)']);"
        f"open({str(note)!r}, 'w').write(str(child.pid)); print('on', flush=True);"
        "time.sleep(60)",
        within="1500ms",
    )

    assert Verdict.ERROR is reading.verdict
    assert "did not end within 1.5s, saying: on." in reading.reason
    assert anyio.current_time() - began < 20
    await _gone(Path(f"/proc/{note.read_text()}/stat"))


async def _gone(stat: Path) -> None:
    """Wait for the end of a process that was just killed."""

    def is_there() -> bool:
        """Look; what only waits to be reaped is gone."""
        return stat.exists() and ") Z " not in stat.read_text()

    with anyio.fail_after(5):
        while is_there():  # noqa: ASYNC110  another process sets no event
            await anyio.sleep(0.01)


@pytest.mark.real_time
async def test_one_that_is_not_there_is_an_error() -> None:
    """As one that may not be run."""
    reading = await run("/nowhere/smoke.sh")

    assert Verdict.ERROR is reading.verdict
    assert "/nowhere/smoke.sh cannot be run: No such file" in reading.reason


@pytest.mark.real_time
async def test_odd_signals_have_a_number() -> None:
    """Where no name is known for it."""
    reading = await python("import os; os.kill(os.getpid(), 40)")

    assert "signal" in reading.reason
    assert Verdict.ERROR is reading.verdict
