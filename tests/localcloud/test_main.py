"""``python -m esa_flows.localcloud``."""

from __future__ import annotations

import json
import signal
import ssl
import sys
from importlib import import_module
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from esa_flows.localcloud.spawn import spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]
RUN = [sys.executable, "-m", "esa_flows.localcloud", "--port", "0"]
PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_end_it_quietly(number: signal.Signals) -> None:
    """One line of JSON, nothing on standard error, exit code zero."""
    async with await anyio.open_process(RUN) as process:
        assert process.stdout is not None
        assert process.stderr is not None

        line = await BufferedByteReceiveStream(process.stdout).receive_until(
            b"\n", 9999
        )
        process.send_signal(number)
        status = await process.wait()
        errors = b"".join([chunk async for chunk in process.stderr])

    assert (status, errors) == (0, b"")
    assert json.loads(line)["access_key_id"] == "LTAI5tLocalCloudKey01"


async def test_what_prevents_the_start_is_a_sentence() -> None:
    """No traceback."""
    command = [*RUN, "--host", "192.0.2.1"]
    done = await anyio.run_process(command, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        b"error: the local cloud serves loopback only, not 192.0.2.1\n"
    )


async def test_it_ends_with_its_parent() -> None:
    """A killed test run leaves no server behind."""
    command = [sys.executable, "-c", PARENT, *RUN, "--with-parent"]
    done = await anyio.run_process(command, stderr=None)
    url = json.loads(done.stdout)["api"]
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            if not await answers(client, url):
                return

            await anyio.sleep(0.1)

    pytest.fail(f"the server at {url} outlived its parent")


async def answers(client: httpx.AsyncClient, url: str) -> bool:
    """Whether anything listens there."""
    try:
        await client.get(url, headers={"connection": "close"})
    except httpx.TransportError:
        return False

    return True


def test_importing_it_starts_nothing() -> None:
    """Only running it does."""
    assert callable(import_module("esa_flows.localcloud.__main__").main)


async def test_tls_and_switches_by_options(tmp_path: Path) -> None:
    """The authority is told, and kept where it was asked for."""
    (tmp_path / "local.toml").write_text("[switches]\nversion_quota = 3\n")
    options = ["--tls-folder", str(tmp_path / "tls")]
    options += ["--switches", str(tmp_path / "local.toml")]
    async with spawned(options) as at:
        trust = ssl.create_default_context(cafile=at.ca)
        async with httpx.AsyncClient(trust_env=False, verify=trust) as client:
            reply = await client.get(f"{at.api}/__control__/report")

    assert at.ca == str(tmp_path / "tls" / "ca.pem")
    assert at.api.startswith("https://")
    assert reply.status_code == 200


async def test_routines_by_option(tmp_path: Path) -> None:
    """Besides the samples, or alone."""
    (tmp_path / "seed.toml").write_text('[[routine]]\nname = "cart"\n')
    async with (
        spawned(["--empty", "--seed", str(tmp_path / "seed.toml")]) as at,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        reply = await client.get(f"{at.api}/__control__/report")

    assert {"cart": []} == reply.json()["versions"]
