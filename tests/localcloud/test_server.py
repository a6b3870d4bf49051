"""The HTTP listeners, over true sockets of this machine.

uvicorn runs on asyncio only, so these tests do too; ``test_spawn`` runs on both.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from esa_flows.localcloud import Fault, Request
from esa_flows.localcloud.certificate import certificate_in
from esa_flows.localcloud.server import (
    Addresses,
    Connections,
    _bind,
    asgi,
    running,
    serve,
)

from .desk import Desk, desk, upload

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on asyncio, where uvicorn runs."""
    return "asyncio", {}


@asynccontextmanager
async def serving(made: Desk) -> AsyncGenerator[tuple[Addresses, httpx.AsyncClient]]:
    """Serve a desk's cloud and give a client."""
    clock = time.monotonic
    async with (
        running(made.cloud, monotonic=clock) as addresses,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        yield addresses, client


async def send(client: httpx.AsyncClient, url: str, request: Request) -> httpx.Response:
    """Send a request exactly as it is."""
    return await client.request(
        request.method,
        url + request.target,
        headers=list(request.headers),
        content=request.body,
    )


async def test_a_release_over_http() -> None:
    """API, OSS and both edges, each on its own port."""
    made = desk()
    async with serving(made) as (at, client):
        form = made.form()
        posted = await client.post(
            form["Url"],
            content=upload(form).body,
            headers=dict(upload(form).headers),
        )
        commit = made.request("CommitRoutineStagingCode", Name="hello")
        version = (await send(client, at.api, commit)).json()["CodeVersion"]
        made.deploy("production", {version: 100})
        host = {"host": made.cloud.console.routine("hello").record}
        live = await client.get(at.edge_production, headers=host)
        staged = await client.get(at.edge_staging, headers=host)

    assert form["Url"].startswith(at.api)
    assert (posted.status_code, posted.json()) == (200, {"Status": "OK"})
    assert (live.status_code, live.text) == (200, "one")
    assert staged.status_code == 404


async def test_query_and_headers_arrive_as_sent() -> None:
    """The signature covers them, so nothing may be decoded on the way."""
    made = desk()
    request = made.in_query("ListUserRoutines", "POST", SearchKeyWord="a+b *~/é")
    async with serving(made) as (at, client):
        reply = await send(client, at.api, request)

    assert reply.status_code == 200
    assert reply.headers["content-length"] == str(len(reply.content))
    assert reply.headers.get_list("date") == ["Fri, 02 Jan 2026 03:04:05 GMT"]


async def test_chunked_bodies_are_read() -> None:
    """One official client sends its JSON so."""
    made = desk()
    request = made.request("GetRoutine", Name="hello")

    async def chunks() -> AsyncGenerator[bytes]:
        """Send the body in two pieces."""
        yield request.body[:3]
        await anyio.sleep(0.01)
        yield request.body[3:]

    async with serving(made) as (at, client):
        reply = await client.post(
            at.api, headers=list(request.headers), content=chunks()
        )

    assert reply.status_code == 200


async def test_a_lost_reply_breaks_the_connection_after_the_call() -> None:
    """The client sees a reset, the cloud has done its work."""
    made = desk()
    made.post(made.form())
    made.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
    commit = made.request("CommitRoutineStagingCode", Name="hello")
    async with serving(made) as (at, client):
        with pytest.raises(httpx.ReadError):
            await send(client, at.api, commit)

        again = await send(client, at.api, made.request("GetRoutine", Name="hello"))

    assert len(made.cloud.console.routine("hello").versions) == 1
    assert again.status_code == 200


async def test_a_truncated_reply_ends_in_the_middle() -> None:
    """The promised length does not come."""
    made = desk()
    made.cloud.inject(Fault(operation="GetRoutine", kind="truncate"))
    async with serving(made) as (at, client):
        with pytest.raises(
            httpx.RemoteProtocolError, match="without sending complete message body"
        ):
            await send(client, at.api, made.request("GetRoutine", Name="hello"))


async def test_a_slow_reply_is_waited_for() -> None:
    """The server sleeps, not the cloud; other calls pass meanwhile."""
    made = desk()
    made.cloud.inject(Fault(operation="GetRoutine", kind="slow", seconds=0.3))
    start = time.monotonic()
    async with serving(made) as (at, client):
        reply = await send(client, at.api, made.request("GetRoutine", Name="hello"))

    assert reply.status_code == 200
    assert time.monotonic() - start > 0.29


async def test_an_answer_without_a_body() -> None:
    """204 has no length."""
    made = desk()
    version = made.cloud.console.add_version(
        "hello", b"new Response(null, {status: 204})"
    )
    made.deploy("staging", {version: 100})
    host = {"host": made.cloud.console.routine("hello").record}
    async with serving(made) as (at, client):
        reply = await client.get(at.edge_staging, headers=host)

    assert (reply.status_code, reply.content) == (204, b"")
    assert "content-length" not in reply.headers


async def test_control_stands_beside_the_api() -> None:
    """On the API's port only, and not counted."""
    made = desk()
    async with serving(made) as (at, client):
        told = await client.get(f"{at.api}/__control__/report")
        edge = await client.get(f"{at.edge_production}/__control__/report")

    assert told.json()["calls"] == {}
    assert edge.status_code == 404


async def test_arrivals_are_stamped_by_the_server_s_clock() -> None:
    """Two calls in the same second of the given clock are one window."""
    made = desk()
    async with serving(made) as (at, client):
        for _ in range(3):
            await send(client, at.api, made.request("GetErService"))

    assert made.cloud.report().peak_window >= 2


def three_free_ports() -> int:
    """Return the first of three free ports below those the system hands out."""
    start = 20_000 + os.getpid() % 3_000 * 3
    for port in range(start, start + 900, 3):
        with ExitStack() as stack, suppress(OSError):
            for wanted in (port, port + 1, port + 2):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", wanted))

            return port

    raise RuntimeError(f"no three free ports from {start} on")


async def test_ports_follow_each_other() -> None:
    """API, production, staging."""
    port = three_free_ports()
    made = desk()
    async with running(made.cloud, monotonic=time.monotonic, port=port) as at:
        seen = [at.api, at.edge_production, at.edge_staging]

    assert seen == [f"http://127.0.0.1:{port + n}" for n in range(3)]
    assert made.cloud.world.base_url == at.api


async def test_a_taken_port_is_an_error() -> None:
    """And nothing stays open."""
    made = desk()
    async with running(made.cloud, monotonic=time.monotonic) as at:
        port = int(at.api.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            async with running(made.cloud, monotonic=time.monotonic, port=port):
                """Never reached."""


async def test_only_loopback_is_served() -> None:
    """A cloud with a key everybody knows stays at home."""
    with pytest.raises(ValueError, match=r"serves loopback only, not 0\.0\.0\.0"):
        async with running(desk().cloud, monotonic=time.monotonic, host="0.0.0.0"):
            """Never reached."""


async def test_the_newer_loopback_is_served_too() -> None:
    """With its address in brackets."""
    async with running(desk().cloud, monotonic=time.monotonic, host="::1") as at:
        assert at.api.startswith("http://[::1]:")


def test_answers_are_sent_at_once() -> None:
    """Asyncio switches Nagle's algorithm off only for sockets that say they are TCP."""
    with _bind("127.0.0.1", 0) as held:
        assert socket.IPPROTO_TCP == held.proto


async def test_serve_runs_until_cancelled() -> None:
    """And tells its addresses once."""
    told: list[Addresses] = []
    async with anyio.create_task_group() as group:

        def started(addresses: Addresses) -> None:
            """Stop at once."""
            told.append(addresses)
            group.cancel_scope.cancel()

        await serve(desk().cloud, monotonic=time.monotonic, port=0, started=started)

    assert len(told) == 1


async def test_the_application_needs_no_network() -> None:
    """A client may call it inside its process; a reset then sends nothing."""
    made = desk()
    made.cloud.inject(Fault(operation="GetErService", kind="reset", call=2))
    transport = httpx.ASGITransport(asgi(made.cloud, monotonic=time.monotonic))
    async with httpx.AsyncClient(transport=transport) as client:
        reply = await send(
            client, "http://127.0.0.1:8080", made.request("GetErService")
        )
        with pytest.raises(AssertionError):
            await send(client, "http://127.0.0.1:8080", made.request("GetErService"))

    assert reply.status_code == 200


def test_breaking_a_closed_connection_does_nothing() -> None:
    """The peer may be faster."""
    assert Connections().reset(("127.0.0.1", 1)) is None  # type: ignore[func-returns-value]


async def test_everything_over_tls(tmp_path: Path) -> None:
    """API, upload form and edge have one certificate; plain HTTP gets nothing."""
    made = desk(require_tls=True)
    tls = await certificate_in(tmp_path)
    trust = ssl.create_default_context(cafile=tls.authority)
    async with (
        running(made.cloud, monotonic=time.monotonic, tls=tls) as at,
        httpx.AsyncClient(trust_env=False, verify=trust) as client,
    ):
        form = made.form()
        request = upload(form)
        posted = await client.post(
            form["Url"], content=request.body, headers=dict(request.headers)
        )
        service = await send(client, at.api, made.request("GetErService"))
        host = {"host": made.cloud.console.routine("hello").record}
        edge = await client.get(
            at.edge_staging.replace("127.0.0.1", "localhost"), headers=host
        )
        with pytest.raises(httpx.TransportError):
            await client.get(at.api.replace("https", "http"))

    assert at.ca == str(tls.authority)
    assert form["Url"].startswith("https://127.0.0.1:")
    assert (posted.status_code, service.status_code) == (200, 200)
    assert edge.status_code == 404


async def test_a_connection_over_tls_can_be_broken(tmp_path: Path) -> None:
    """A lost reply is one here too."""
    made = desk()
    made.cloud.inject(Fault(operation="GetErService", kind="reset"))
    tls = await certificate_in(tmp_path)
    trust = ssl.create_default_context(cafile=tls.authority)
    async with (
        running(made.cloud, monotonic=time.monotonic, tls=tls) as at,
        httpx.AsyncClient(trust_env=False, verify=trust) as client,
    ):
        with pytest.raises(httpx.TransportError):
            await send(client, at.api, made.request("GetErService"))
