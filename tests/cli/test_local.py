"""The local cloud, served."""

from __future__ import annotations

import importlib
import socket
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.cli.office import Office, console, text_on

from esa_flows import Parts
from esa_flows.cli.app import attend
from esa_flows.cli.desk import Desk
from esa_flows.cli.local import exports
from esa_flows.localcloud.server import Addresses

pytestmark = pytest.mark.may_block

HERE = Addresses(
    api="http://127.0.0.1:8080",
    edge_production="http://127.0.0.1:8081",
    edge_staging="http://127.0.0.1:8082",
)


def test_what_to_export() -> None:
    """Lines for a shell: where the cloud is, a journal of its own, a fake key."""
    assert (
        "export ESA_FLOWS_ENDPOINT=http://127.0.0.1:8080",
        "export ESA_FLOWS_STAGING_EDGE=http://127.0.0.1:8082",
        "export ESA_FLOWS_PRODUCTION_EDGE=http://127.0.0.1:8081",
        "export ESA_FLOWS_JOURNAL='/tmp/a b/journal.db'",
        "export ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI5tLocalCloudKey01",
        "export ALIBABA_CLOUD_ACCESS_KEY_SECRET=LocalCloudSecret0000000000000001",
    ) == exports(HERE, "/tmp/a b/journal.db")


def test_over_tls_its_authority_is_exported_too() -> None:
    """Python's and Node's programs are told whom to trust."""
    lines = exports(evolve(HERE, ca="/tmp/ca.pem"), "/tmp/journal.db")

    assert (
        "export SSL_CERT_FILE=/tmp/ca.pem",
        "export NODE_EXTRA_CA_CERTS=/tmp/ca.pem",
    ) == lines[-2:]


async def test_without_openssl_there_is_no_https(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is missing is named; nothing is served."""
    monkeypatch.setenv("PATH", "/nowhere")

    done = await Office().run("local", "serve", "--port", "0", "--tls")

    assert 2 == done.code
    assert "The local cloud cannot serve HTTPS" in done.err


@pytest.mark.parametrize("port", ["-1", "65534"])
async def test_a_port_that_leaves_no_room(port: str) -> None:
    """Three listeners need three ports."""
    done = await Office().run("local", "serve", "--port", port)

    assert 2 == done.code
    assert f"error {port} is no port for three listeners" in done.err


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("faults", None, "No such file"),
        ("faults", "no toml", "Expected '='"),
        ("seed", None, "No such file"),
        ("seed", "a = 1", "there is no table [[routine]]"),
        ("state", "no json", "The local cloud cannot begin with"),
        ("switches", "no toml", "Expected '='"),
    ],
)
async def test_files_that_cannot_be_used(
    name: str, content: str | None, sentence: str, tmp_path: Path
) -> None:
    """A file that cannot be read stops the start, and is named."""
    file = tmp_path / "file"
    if content is not None:
        file.write_text(content)

    done = await Office().run("local", "serve", f"--{name}", str(file))

    assert 2 == done.code
    assert f"The local cloud cannot begin with {file}" in done.err
    assert sentence in done.err


async def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is named, with the command that installs it."""
    found = importlib.import_module

    def fail(name: str) -> Any:
        """Find everything but the server."""
        if not name.endswith("localcloud.server"):
            return found(name)

        raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")

    monkeypatch.setattr(importlib, "import_module", fail)

    done = await Office().run("local", "serve")

    assert 2 == done.code
    assert "error The local cloud needs uvicorn, which is not installed." in done.err
    assert 'pip install "esa-flows[cli,local]"' in done.err


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_cloud_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """What it prints can be pasted; what is in it outlives it with --state."""
    desk = Desk(parts=Parts(environ={}), out=console(), err=console())
    state = tmp_path / "state.json"
    argv = ("local", "serve", "--port", "0", "--state", str(state))
    codes = []

    async def serve() -> None:
        """Serve, beside the test."""
        codes.append(await attend(argv, desk))

    async with anyio.create_task_group() as group:
        group.start_soon(serve)
        with anyio.fail_after(20):
            while "# Ctrl-C" not in text_on(desk.out):  # noqa: ASYNC110  paper is mute
                await anyio.sleep(0.05)

        assert desk.scope is not None
        desk.scope.cancel()

    told = text_on(desk.out)
    assert [0] == codes
    assert "export ESA_FLOWS_ENDPOINT=http://127.0.0.1:" in told
    assert "#   checkout-edge    production serves " in told
    assert (
        "It is DCDN too, with routines of its own: export ESA_FLOWS_CLOUD=dcdn" in told
    )
    assert state.exists()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_port_that_is_taken() -> None:
    """Another program on one of the ports is told as that."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = min(taken.getsockname()[1], 65_533)

        done = await Office().run("local", "serve", "--port", str(port))

    assert 2 == done.code
    assert f"error The local cloud cannot listen on {port} to {port + 2}" in done.err
