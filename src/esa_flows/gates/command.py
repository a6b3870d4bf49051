"""Run a gate's program: no shell, few variables, bounded output, a deadline.

It gets the variables that every program needs, those it was promised by name, and what
is watched; nothing else of this process, so no access key that nobody meant for it.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from typing import Any

import anyio
import anyio.abc
from attrs import frozen

from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.gates.watched import Watched

__all__ = ["run_command", "variables_of", "verdict_of"]

NEEDED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
)
"""Variables that every program may need."""

TEMPORARY = 75
"""The exit code that says "not now". Source: sysexits.h, EX_TEMPFAIL."""

NOT_RUN = 126
"""From here on an exit code says that nothing was run, or what ended it."""

_MOST_KEPT = 4096
_MOST_SHOWN = 200


def variables_of(
    check: CommandCheck, watched: Watched, environ: Mapping[str, str]
) -> dict[str, str]:
    """Give the variables that a program gets: pure.

    Args:
        check: Which ones it was promised.
        watched: What is watched.
        environ: The variables of this process.
    """
    names = (*NEEDED, *check.env)
    passed = {name: environ[name] for name in names if name in environ}
    return passed | watched.variables


def verdict_of(code: int) -> Verdict:
    """Say what an exit code tells: pure.

    Args:
        code: The exit code; negative for a signal.
    """
    if code == 0:
        return Verdict.PASS

    if code == TEMPORARY:
        return Verdict.INCONCLUSIVE

    return Verdict.ERROR if code < 0 or code >= NOT_RUN else Verdict.FAIL


@frozen
class _Tail:
    """The end of what a program writes."""

    kept: bytearray

    async def follow(self, stream: anyio.abc.ByteReceiveStream | None) -> None:
        """Read to the end and keep the last of it."""
        async for piece in stream or ():  # type: ignore[union-attr]
            self.kept.extend(piece)
            del self.kept[:-_MOST_KEPT]

    @property
    def line(self) -> str:
        """The last line that says something."""
        lines = self.kept.decode(errors="replace").splitlines()
        said = [" ".join(line.split()) for line in lines if line.strip()]
        plain = "".join(c for c in said[-1] if c.isprintable()) if said else ""
        return plain[:_MOST_SHOWN]


async def run_command(
    check: CommandCheck, watched: Watched, environ: Mapping[str, str]
) -> Reading:
    """Run a gate's program and give what its exit code says.

    Args:
        check: What to run, and for how long.
        watched: What is watched.
        environ: The variables of this process.
    """
    env = variables_of(check, watched, environ)
    try:
        process = await anyio.open_process(
            check.argv,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        why = error.strerror or type(error).__name__
        return _reading(Verdict.ERROR, f"{check.argv[0]} cannot be run: {why}.")

    tail = _Tail(bytearray())
    code = await _waited(process, tail, check.timeout.seconds)
    if code is None:
        reason = f"{check.argv[0]} did not end within {check.timeout}"
        return _reading(Verdict.ERROR, f"{reason}{_said(tail)}.")

    verdict = verdict_of(code)
    ended = f"exit code {code}" if code >= 0 else _signal(-code)
    reason = f"{check.argv[0]} ended with {ended}{_said(tail)}."
    return _reading(verdict, reason, exit_code=code)


async def _waited(
    process: anyio.abc.Process, tail: _Tail, seconds: float
) -> int | None:
    """Wait for a program's end and give its exit code; None where it was too late."""
    code: int | None = None
    try:
        with anyio.move_on_after(seconds):
            await tail.follow(process.stdout)
            code = await process.wait()
    finally:
        _kill(process)  # what it left running, too
        with anyio.CancelScope(shield=True):
            await process.aclose()

    return code


def _kill(process: anyio.abc.Process) -> None:
    """Kill a program with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # pragma: no cover  other systems have no process groups
            process.kill()


def _signal(number: int) -> str:
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


def _said(tail: _Tail) -> str:
    return f", saying: {tail.line}" if tail.line else ""


def _reading(verdict: Verdict, reason: str, **facts: Any) -> Reading:
    return Reading(verdict=verdict, reason=reason, facts=facts)
