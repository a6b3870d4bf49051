"""Carry signed requests to a cloud inside this process: no socket, any clock.

The cloud sees the same bytes as over a socket. It tells how long it takes and whether
the connection breaks; this carrier sleeps (in virtual time, where the clock is) and
breaks it, with the errors that the real transport raises for the same trouble.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import anyio
import httpx
from attrs import define, field, frozen

from esa_flows.localcloud.values import Listener, Reply
from esa_flows.localcloud.values import Request as Arrival
from esa_flows.wire.transport import Request, Response
from esa_flows.wire.trouble import trouble

__all__ = ["Latency", "ProcessCloud", "ProcessTransport"]


class ProcessCloud(Protocol):
    """Answers requests at once, without I/O; a `LocalCloud` does."""

    def handle(self, request: Arrival) -> Reply:
        """Answer one request that arrives now."""
        ...


@frozen(kw_only=True)
class Latency:
    """How long the way takes.

    Attributes:
        there: Seconds from the send to the arrival.
        back: Seconds from the reply to its being read.
    """

    there: float = 0.0
    back: float = 0.0


def _no_latency(_request: Request) -> Latency:
    return Latency()


@define(repr=False, eq=False)
class ProcessTransport:
    """A transport to a cloud inside this process.

    The API and its object store listen at the address itself, the edge at the next two
    ports (production, staging), as the served local cloud does by default.

    Args:
        cloud: Answers.
        base_url: The address the cloud pretends to have.
        latency: Gives how long the way takes, for each request anew.
    """

    _cloud: ProcessCloud
    _base_url: str = field(kw_only=True, default="http://127.0.0.1:8080")
    _latency: Callable[[Request], Latency] = field(kw_only=True, default=_no_latency)
    _sent: int = field(init=False, default=0)

    async def send(self, request: Request) -> Response:
        """Hand the request over and give what the cloud replies.

        Args:
            request: As for a real transport.

        Raises:
            NotSent: Nobody listens at that address.
            OutcomeUnknown: The reply is late, lost or cut.
        """
        listener = self._listener(request)
        self._sent += 1
        try:
            return await self._exchange(request, listener)
        except (httpx.HTTPError, TimeoutError) as error:
            raise trouble(error, request.host) from None  # its frames hold the form

    def __repr__(self) -> str:
        return f"<ProcessTransport to {self._base_url}, {self._sent} sent>"

    async def _exchange(self, request: Request, listener: Listener) -> Response:
        way = self._latency(request)
        body = await _whole(request)
        left = await _patient(way.there, request.timeout.total)
        reply = self._cloud.handle(_arrival(request, body, listener))
        await _patient(reply.delay + way.back, left)
        if reply.cut is not None:
            raise _CUTS[reply.cut]("The local cloud cut the connection.")

        return Response(
            status=reply.status, headers=dict(reply.headers), body=reply.body
        )

    def _listener(self, request: Request) -> Listener:
        here, there = urlsplit(self._base_url), urlsplit(request.url)
        base, port = here.port or 80, there.port or 80
        listener = _LISTENERS.get(port - base)
        if here.hostname != there.hostname or listener is None:
            refused = httpx.ConnectError("nobody listens there")
            refused.__cause__ = ConnectionRefusedError()
            raise trouble(refused, request.host)

        if listener == "api" and there.path.startswith("/oss-"):
            return "oss"

        return listener


_LISTENERS: dict[int, Listener] = {0: "api", 1: "edge-production", 2: "edge-staging"}
_CUTS = {"reset": httpx.ReadError, "truncate": httpx.RemoteProtocolError}


async def _patient(seconds: float, patience: float) -> float:
    """Sleep, no longer than there is patience for; give what is left of that.

    How long everything takes is known, so no deadline need be kept beside it.

    Raises:
        TimeoutError: There was not enough of it.
    """
    await anyio.sleep(min(seconds, patience))
    if seconds >= patience:
        raise TimeoutError

    return patience - seconds


async def _whole(request: Request) -> bytes:
    if isinstance(request.body, bytes):
        return request.body

    return b"".join([piece async for piece in request.body])


def _arrival(request: Request, body: bytes, listener: Listener) -> Arrival:
    return Arrival(
        method=request.method,
        target=request.target,
        headers=(*request.headers, ("content-length", str(len(body)))),
        body=body,
        listener=listener,
        scheme="http",
    )
