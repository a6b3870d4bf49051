"""A line of bytes to a cloud inside this process, under the real HTTP client.

Client, connection pool and parser are those of every day; only the socket is not: it
is made of memory, keeps virtual time, and breaks as the cloud tells it to. `Rehearsal`
takes `over_http` as its `more`.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import anyio
import h11
import httpcore
import httpx
from attrs import define, field, frozen

from esa_flows.localcloud.values import Listener, Reply, Request
from esa_flows.testing.mortal import Door, MortalTransport
from esa_flows.testing.rehearsal import BASE, Rehearsal
from esa_flows.wire.transport import HttpxTransport

__all__ = ["over_http"]

LISTENERS: tuple[Listener, ...] = ("api", "edge-production", "edge-staging")


def over_http(_: Rehearsal, given: MortalTransport) -> Mapping[str, Any]:
    """Give the parts of a client that sends through the real HTTP client.

    Args:
        given: What it would send by; its door stays where its calls go wrong.
    """
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    carrier = httpx.AsyncHTTPTransport(verify=nobody, trust_env=False)
    carrier._pool = httpcore.AsyncConnectionPool(network_backend=_Network(given.door))
    client = httpx.AsyncClient(transport=carrier, trust_env=False)
    return {"transport": MortalTransport(given.door, HttpxTransport(client))}


@frozen
class _Network(httpcore.AsyncNetworkBackend):
    """Connects to the cloud behind a door, and to nobody else."""

    door: Door

    async def connect_tcp(
        self, host: str, port: int, *_: Any, **__: Any
    ) -> httpcore.AsyncNetworkStream:
        """Open a line."""
        base = urlsplit(BASE)
        place = port - (base.port or 80)
        if host != base.hostname or place not in range(len(LISTENERS)):
            raise httpcore.ConnectError("Nobody listens there.")

        return _Line(self.door, LISTENERS[place])


@define
class _Line(httpcore.AsyncNetworkStream):
    """One connection, with the cloud at its other end."""

    door: Door
    listener: Listener
    _server: h11.Connection = field(factory=lambda: h11.Connection(h11.SERVER))
    _head: h11.Request | None = None
    _body: bytes = b""
    _left: bytes = b""
    _reply: Reply = field(factory=lambda: Reply(status=200))
    _delay: float = 0.0

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
    ) -> None:
        """Take bytes; the cloud answers once the request is whole."""
        if not buffer:
            return  # to h11 it would mean that nothing will come any more

        self._server.receive_data(buffer)
        event = self._server.next_event()
        while isinstance(event, h11.Event):
            if isinstance(event, h11.Request):
                self._head, self._body = event, b""
            elif isinstance(event, h11.Data):
                self._body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._answer()
                return

            event = self._server.next_event()

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109  as above
    ) -> bytes:
        """Give what the cloud has to say, when and as far as it says it."""
        delay, self._delay = self._delay, 0.0
        if timeout is not None and delay >= timeout:
            await anyio.sleep(timeout)
            raise httpcore.ReadTimeout

        await anyio.sleep(delay)
        if self._reply.cut == "reset":
            raise httpcore.ReadError("The line is cut.")

        given, self._left = self._left[:max_bytes], self._left[max_bytes:]
        return given

    async def aclose(self) -> None:
        """Hang up."""

    def get_extra_info(self, info: str) -> Any:
        """Tell that the other side never hangs up on an idle line."""
        return False if info == "is_readable" else None

    def _answer(self) -> None:
        self._reply = self.door.handle(self._arrival())
        self._delay = self._reply.delay
        size = ("content-length", str(len(self._reply.body)))
        head = h11.Response(
            status_code=self._reply.status, headers=[*self._reply.headers, size]
        )
        body = self._reply.body
        self._left = self._sent(head) + self._sent(h11.Data(data=body))
        self._sent(h11.EndOfMessage())
        if self._reply.cut == "truncate":
            self._left = self._left[: -max(1, len(body) // 2)]
            return

        self._server.start_next_cycle()

    def _sent(self, event: h11.Event) -> bytes:
        return self._server.send(event) or b""

    def _arrival(self) -> Request:
        """Give the request as the cloud sees it."""
        head = self._head
        if head is None:  # pragma: no cover  a whole request has a head
            raise httpcore.LocalProtocolError

        target = head.target.decode()
        is_oss = self.listener == "api" and target.startswith("/oss-")
        return Request(
            method=head.method.decode(),
            target=target,
            headers=tuple((n.decode(), v.decode()) for n, v in head.headers),
            body=self._body,
            listener="oss" if is_oss else self.listener,
        )
