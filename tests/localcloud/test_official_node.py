"""The unmodified official Node programs, over TLS: both SDKs and the command line."""

from __future__ import annotations

import json
import os
import shutil
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from attrs import frozen

from esa_flows.localcloud.spawn import Spawned, spawned

from .packages import FILES, zipped

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]
FOLDER = Path("tests/official_node").absolute()
CLI = FOLDER / "node_modules" / "esa-cli" / "bin" / "enter.cjs"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """One loop is enough: the programs are other processes."""
    return "asyncio", {}


def node() -> str:
    """Return the program node; skip, or in CI fail, without it or its packages."""
    path = shutil.which("node")
    if path and CLI.exists():
        return path

    reason = (
        "no node with the official packages: install Node 20 or newer, then run "
        "`npm ci --ignore-scripts` in tests/official_node"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)

    pytest.skip(reason)


@frozen(kw_only=True)
class Bench:
    """A served cloud, a folder with a project in it, and an environment."""

    at: Spawned
    folder: Path
    environment: dict[str, str]

    async def run(self, program: Path, *arguments: str) -> str:
        """Run a program of Node's and return what it printed."""
        done = await anyio.run_process(
            [node(), str(program), *arguments],
            cwd=self.folder,
            env=self.environment,
            check=False,
        )
        told = (done.stdout + done.stderr).decode(errors="replace")
        assert done.returncode == 0, told

        return done.stdout.decode()

    async def cli(self, *arguments: str) -> str:
        """Run the official command line tool."""
        return await self.run(CLI, *arguments)

    async def report(self) -> Any:
        """Return what the cloud saw."""
        trust = ssl.create_default_context(cafile=self.at.ca)
        async with httpx.AsyncClient(trust_env=False, verify=trust) as client:
            return (await client.get(f"{self.at.api}/__control__/report")).json()


@asynccontextmanager
async def bench(folder: Path) -> AsyncGenerator[Bench]:
    """Serve a cloud over TLS and lay a project out."""
    node()
    (folder / "dist").mkdir()
    (folder / "dist" / "index.html").write_text("<h1>page</h1>")
    (folder / "index.js").write_text("export default { fetch: () => new Response() };")
    async with spawned(["--empty", "--tls"]) as at:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CUSTOM_ENDPOINT": at.api.removeprefix("https://"),
            "ESA_ACCESS_KEY_ID": at.access_key_id,
            "ESA_ACCESS_KEY_SECRET": at.access_key_secret,
            "NODE_EXTRA_CA_CERTS": str(at.ca),
        }
        yield Bench(at=at, folder=folder, environment=environment)


async def test_the_official_sdks(tmp_path: Path) -> None:
    """A release on each cloud."""
    (tmp_path / "code.zip").write_bytes(zipped(FILES))
    async with bench(tmp_path) as made:
        key = (made.at.access_key_id, made.at.access_key_secret)
        told = await made.run(FOLDER / "sdk.js", made.at.api, *key, "code.zip")

    assert json.loads(told) == {
        "esa": {
            "created": "OK",
            "uploads": [200, 204],
            "sameCode": True,
            "listed": ["two", "one"],
            "liveIsNew": True,
            "deleted": "OK",
            "routines": ["node-sdk"],
            "addresses": ["127.0.0.1"],
        },
        "dcdn": {
            "created": {"Status": "OK"},
            "upload": 200,
            "sameCode": True,
            "live": True,
            "refused": "EdgeRoutine.GeneralError",
        },
    }


async def test_the_official_command_line(tmp_path: Path) -> None:
    """Commit, deploy, deploy two versions, list, delete, list projects."""
    project = ("index.js", "-n", "cli-routine", "-a", "dist", "-d", "rel")
    async with bench(tmp_path) as made:
        await made.cli("commit", *project)
        await made.cli("deploy", *project)
        first = await made.report()
        old, new = first["versions"]["cli-routine"]
        split = (f"{old}:80", "--versions", f"{new}:20")
        named = ("-n", "cli-routine", "-e", "production")
        await made.cli("deploy", *named, "--versions", *split)
        second = await made.report()
        (tmp_path / "esa.jsonc").write_text('{"name": "cli-routine"}')
        listed = await made.cli("deployments", "list")
        await made.cli("commit", *project)
        third = (await made.report())["versions"]["cli-routine"][-1]
        await made.cli("deployments", "delete", third)
        projects = await made.cli("project", "list")
        last = await made.report()

    assert first["splits"] == {
        "cli-routine": {"staging": {new: 100}, "production": {new: 100}}
    }
    assert second["splits"]["cli-routine"]["production"] == {old: 80, new: 20}
    assert old in listed
    assert new in listed
    assert last["versions"] == {"cli-routine": [old, new]}
    assert "cli-routine" in projects
    assert last["violations"] == []
