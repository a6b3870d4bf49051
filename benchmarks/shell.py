"""Fleets released from a shell: our command, and the official one in a loop.

Both speak to a local cloud in a process of its own, over TLS; what they made of it and
how fast is what that cloud counted.
"""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
from attrs import field, frozen

from benchmarks.turns import NODE_TOOL, Figures
from esa_flows.localcloud import KEY
from esa_flows.localcloud.spawn import Spawned, spawned

__all__ = ["CHECKS", "NODE_TOOL", "first_call", "official", "ours"]

CODE = "export default {{ fetch() {{ return new Response('{told}'); }} }};\n"
OURS = (sys.executable, "-m", "esa_flows", "rollout", "fleet.toml")
PATIENCE = 20.0

CHECKS = {
    "what serves was looked at": "GetRoutine",
    "a version's code was read back": "GetRoutineCodeVersion",
    "whether a version is ready was asked": "GetRoutineCodeVersionInfo",
    "the new version was asked in staging": "",
}
"""What a tool can look at before visitors do: the calls for it, or else visits."""


@frozen(kw_only=True)
class Shell:
    """A folder with code and a rollout's file, and an environment.

    Attributes:
        folder: Where commands run.
        environ: What they get.
        at: The cloud.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    at: Spawned | None = None

    def run(self, command: Sequence[str]) -> float:
        """Run a command to its end; give its CPU in seconds."""
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environ,
            stdout=quiet,
            stderr=quiet,
        ) as program:
            _, status, used = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)

        assert program.returncode == 0, command

        return used.ru_utime + used.ru_stime

    def loop(self, commands: Sequence[Sequence[str]]) -> Figures:
        """Run commands one after the other, as a shell would."""
        began = time.perf_counter()
        spent = sum(self.run(command) for command in commands)
        return {"seconds": time.perf_counter() - began, "cpu": spent}

    def counted(self) -> Figures:
        """Ask the cloud what it counted, and what was wrong."""
        assert self.at is not None

        trust = ssl.create_default_context(cafile=self.at.ca)
        with httpx.Client(trust_env=False, verify=trust) as http:
            told: Any = http.get(f"{self.at.api}/__control__/report").json()

        assert told["violations"] == [], told["violations"]

        calls = sum(n for name, n in told["calls"].items() if name != "PostObject")
        return {"calls": calls, "fullest": told["peak_window"], **checked(told)}


def checked(told: Mapping[str, Any]) -> Figures:
    """Count what was looked at, by what the cloud counted."""
    visits = sum(n for name, n in told["visits"].items() if "/staging/" in name)
    return {
        check: told["calls"].get(operation, 0) if operation else visits
        for check, operation in CHECKS.items()
    }


def names(size: int) -> list[str]:
    """Give the routines that the cloud begins with."""
    return [f"edge-{number}" for number in range(1, size + 1)]


def laid_out(folder: Path, size: int) -> None:
    """Write the code, what the cloud begins with, and the rollout's file."""
    old, new = CODE.format(told="old"), CODE.format(told="new")
    (folder / "index.js").write_text(new)
    (folder / "seeds.toml").write_text(
        f'[[routine]]\nname = "edge-{{n}}"\ncount = {size}\n'
        f'[[routine.version]]\nsource = """{old}"""\n'
    )
    each = "".join(f'[[routine]]\nname = "{name}"\n' for name in names(size))
    (folder / "fleet.toml").write_text(
        f'schema = 1\n[defaults]\nentry = "index.js"\n{each}'
        '[rollout.failures]\nfleet = "100%"\n'
    )


def environment(folder: Path, api: str, ca: str = "") -> dict[str, str]:
    """Give both commands a home, a key and the cloud's address."""
    kept = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ
    }
    return kept | {
        "HOME": str(folder),
        "ESA_FLOWS_ENDPOINT": api,
        "ESA_FLOWS_JOURNAL": str(folder / "journal.db"),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY.id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY.secret,
        "SSL_CERT_FILE": ca,
        "CUSTOM_ENDPOINT": api.removeprefix("https://"),
        "ESA_ACCESS_KEY_ID": KEY.id,
        "ESA_ACCESS_KEY_SECRET": KEY.secret,
        "NODE_EXTRA_CA_CERTS": ca,
    }


@asynccontextmanager
async def shell(size: int) -> AsyncGenerator[Shell]:
    """Serve a cloud with so many routines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        laid_out(folder, size)
        seeds = ("--seed", str(folder / "seeds.toml"))
        async with spawned(["--empty", "--tls", *seeds]) as at:
            environ = environment(folder, at.api, at.ca or "")
            edge = {"ESA_FLOWS_STAGING_EDGE": at.edge_staging}
            yield Shell(folder=folder, environ=environ | edge, at=at)


async def looped(size: int, commands: Sequence[Sequence[str]]) -> Figures:
    """Run commands against a cloud; give what they took and what was counted."""
    async with shell(size) as made:
        took = await anyio.to_thread.run_sync(made.loop, commands)
        return took | await anyio.to_thread.run_sync(made.counted)


async def ours(size: int) -> Figures:
    """Roll out to all routines with one command."""
    return await looped(size, [OURS])


async def official(size: int) -> Figures:
    """Deploy to each routine in turn, to both environments, with the official tool."""
    tool = ("node", str(NODE_TOOL.absolute()), "deploy", "index.js", "-d", "new", "-n")
    return await looped(size, [(*tool, name) for name in names(size)])


def first_call(size: int, environ: Mapping[str, str]) -> Figures:
    """Start a rollout from a shell and stop it when its first call is there.

    Args:
        size: Its routines; none has a cloud behind it.
        environ: Variables on top of what the command needs.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        laid_out(Path(name), size)
        server.settimeout(PATIENCE)
        api = f"http://127.0.0.1:{server.getsockname()[1]}"
        quiet = subprocess.DEVNULL
        told = {**environment(Path(name), api), **environ}
        began = time.perf_counter()
        with subprocess.Popen(
            OURS, cwd=name, env=told, stdout=quiet, stderr=quiet
        ) as program:
            called, _ = server.accept()
            called.recv(1)
            took = time.perf_counter() - began
            program.kill()
            called.close()
            _, _, used = os.wait4(program.pid, 0)
            program.returncode = 0

    return {"s": took, "ms": (used.ru_utime + used.ru_stime) * 1e3}
