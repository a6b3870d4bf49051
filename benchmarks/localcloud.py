"""The local cloud as a server: it must not be what another benchmark measures."""

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random
from resource import RUSAGE_CHILDREN, getrusage
from socket import create_connection, socket
from subprocess import PIPE, Popen
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise
from esa_flows.localcloud import KEY, LocalCloud, Request, Switches
from esa_flows.localcloud.server import asgi
from esa_flows.localcloud.signature import canonical_request, string_to_sign

CALLS = 5_000
CONNECTIONS = 8
AT_THE_CALLABLE, OVER_LOOPBACK = 3_000, 1_500  # calls per second and core
BODY = b"Name=checkout-edge"
COMMAND = [sys.executable, "-m", "esa_flows.localcloud", "--port", "0", "--switches"]


def signed(number: int, host: str) -> Request:
    """Give a call of GetRoutine, signed, with a nonce of its own."""
    headers = {
        "host": host,
        "x-acs-action": "GetRoutine",
        "x-acs-version": "2024-09-10",
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": f"{number:032x}",
        "x-acs-content-sha256": hashlib.sha256(BODY).hexdigest(),
        "content-type": "application/x-www-form-urlencoded",
    }
    names = tuple(sorted(headers))
    bare = Request(method="POST", target="/", headers=tuple(headers.items()), body=BODY)
    text = string_to_sign(canonical_request(bare, names))
    seal = hmac.new(KEY.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    claim = f"ACS3-HMAC-SHA256 Credential={KEY.id},SignedHeaders={';'.join(names)}"
    headers["authorization"] = f"{claim},Signature={seal}"
    return Request(method="POST", target="/", headers=tuple(headers.items()), body=BODY)


def wired(request: Request) -> bytes:
    """Give a request as it goes over a connection."""
    lines = [f"{name}: {value}" for name, value in request.headers]
    length = f"content-length: {len(request.body)}"
    return "\r\n".join(["POST / HTTP/1.1", *lines, length, "", ""]).encode() + BODY


def scope_of(request: Request) -> dict[str, Any]:
    """Give a request as an ASGI server passes it on."""
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers],
    }


async def at_the_callable() -> float:
    """Give calls per second of CPU of the ASGI application, without any network."""
    cloud = LocalCloud(
        now=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        random=Random(1),
        switches=Switches(cap=None),
    )
    cloud.seed()
    app = asgi(cloud, monotonic=time.monotonic)
    scopes = [scope_of(signed(n, "127.0.0.1:8080")) for n in range(CALLS)]
    statuses = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    begun = time.process_time()
    for scope in scopes:
        await app(scope, receive, send)

    spent = time.process_time() - begun
    assert statuses == [200] * CALLS

    return CALLS / spent


def served_cpu(calls: int) -> float:
    """Give the seconds of CPU of a server that answers some calls and ends."""
    before = getrusage(RUSAGE_CHILDREN)
    with NamedTemporaryFile("w", suffix=".toml") as switches:
        switches.write("[switches]\ncap = 0\n")
        switches.flush()
        with Popen([*COMMAND, switches.name], stdout=PIPE) as server:
            assert server.stdout is not None

            host = urlsplit(json.loads(server.stdout.readline())["api"]).netloc
            exchange(host, [wired(signed(n, host)) for n in range(calls)])
            server.terminate()

    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def exchange(host: str, requests: Sequence[bytes]) -> None:
    """Send requests over kept connections, one at a time on each."""
    address, port = host.split(":")
    with ExitStack() as stack:
        held = [
            stack.enter_context(create_connection((address, int(port))))
            for _ in range(CONNECTIONS)
        ]
        for start in range(0, len(requests), CONNECTIONS):
            asked = requests[start : start + CONNECTIONS]
            pairs = list(zip(held, asked, strict=False))
            for connection, request in pairs:
                connection.sendall(request)

            for connection, _ in pairs:
                read_reply(connection)


def read_reply(connection: socket) -> None:
    """Read one answer to its end."""
    text = connection.recv(65_536)
    head, _, body = text.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), text

    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)


async def measure(effort: Effort) -> list[Line]:
    """Measure both doors, by the server's CPU: other programs do not count."""
    rounds = effort.pick(3, 1)
    idle = min(served_cpu(0) for _ in range(2))
    loopback = CALLS / (served_cpu(CALLS) - idle)
    return [
        Line(
            what="local cloud, pre-signed calls at the ASGI callable, per core",
            ours=max([await at_the_callable() for _ in range(rounds)]),
            unit="calls/s",
            promise=Promise.figure(least=AT_THE_CALLABLE),
        ),
        Line(
            what="local cloud, pre-signed calls over loopback, per server core",
            ours=loopback,
            unit="calls/s",
            promise=Promise.figure(least=OVER_LOOPBACK),
        ),
    ]
