"""Steering a local cloud from another process."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest

from esa_flows.localcloud.remote import ask
from esa_flows.localcloud.spawn import spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """Listen for one connection and say just this."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            """Answer once."""
            connection, _ = server.accept()
            with connection:
                connection.recv(9999)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


async def test_a_cloud_is_asked_and_told() -> None:
    """A routine goes there, and is in what comes back."""
    async with spawned(["--port", "0", "--empty"]) as at:
        body = json.dumps([{"name": "shop", "version": [{"source": "x"}]}])
        done = await anyio.to_thread.run_sync(ask, at.api, "seed", body.encode())
        state = await anyio.to_thread.run_sync(ask, at.api, "state")
        with pytest.raises(ValueError, match="expected a list of routines"):
            await anyio.to_thread.run_sync(ask, at.api, "seed", b"{}")

    assert {"done": "seed"} == json.loads(done)
    assert ["shop"] == [held["name"] for held in json.loads(state)["routines"]]


@pytest.mark.parametrize(
    "url",
    [
        "https://esa.cn-hangzhou.aliyuncs.com",
        "ftp://127.0.0.1",
        "127.0.0.1:1",
        "http://",
    ],
)
def test_only_this_machine_is_steered(url: str) -> None:
    """A mistyped endpoint gets nothing."""
    with pytest.raises(ValueError, match="serves loopback only"):
        ask(url, "report")


def test_nobody_there_is_told() -> None:
    """As the system says it."""
    with pytest.raises(OSError, match="refused"):
        ask("http://127.0.0.1:9", "report")


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", ValueError, "no local cloud"),
        (b"HTTP/1.1 400 No\r\n\r\n[1]", ValueError, "no local cloud"),
        (b"SSH-2.0-x\r\n", ConnectionError, "does not speak HTTP"),
    ],
)
def test_something_else_there_is_told(
    answer: bytes, error: type[Exception], reason: str
) -> None:
    """Another program on that port."""
    with saying(answer) as url, pytest.raises(error, match=reason):
        ask(url, "report")


def test_over_tls_it_speaks_tls() -> None:
    """A plain listener cannot answer that."""
    with saying(b"plain\r\n") as url, pytest.raises(OSError, match="SSL"):
        ask(url.replace("http:", "https:"), "report")
