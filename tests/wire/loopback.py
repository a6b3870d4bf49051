"""A server of raw bytes on a loopback port, for tests of the HTTP client."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream
from attrs import define, field

CERTIFICATE = Path(__file__).parent.parent / "samples" / "loopback-certificate.pem"
# Whoever leaves in the middle is what some tests are about.
_GONE = (
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    ssl.SSLError,
)
Handler = Callable[[bytes, ByteStream], Awaitable[None]]


@define
class Loopback:
    """What a test knows of the server.

    Attributes:
        port: Where it listens.
        connections: How many were opened.
        requests: Every request, head and body.
    """

    port: int
    connections: int = 0
    requests: list[bytes] = field(factory=list)

    @property
    def url(self) -> str:
        """Its address over plain HTTP."""
        return f"http://127.0.0.1:{self.port}"


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Give the bytes of a response."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(reply: bytes) -> Handler:
    """Answer each request with the same bytes."""

    async def handle(_request: bytes, stream: ByteStream) -> None:
        """Give them."""
        await stream.send(reply)

    return handle


async def _read(stream: ByteStream) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()

    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    size = next((int(x.split(b":")[1]) for x in lines if b"content-length" in x), 0)
    while len(body) < size:
        body += await stream.receive()

    return head + b"\r\n\r\n" + body


@asynccontextmanager
async def serving(
    handle: Handler,
    *,
    tls: bool = False,
    greeting: bytes = b"",
    host: str = "127.0.0.1",
) -> AsyncIterator[Loopback]:
    """Serve on a free loopback port until the block ends.

    Args:
        handle: Answers one request; returning keeps the connection open.
        tls: Whether to speak TLS with a certificate nobody knows.
        greeting: What is said to everybody who connects, before being asked.
        host: Where to listen.
    """
    listener = await anyio.create_tcp_listener(local_host=host)
    server = Loopback(listener.extra(anyio.abc.SocketAttribute.local_port))

    async def serve(stream: ByteStream) -> None:
        """Answer one connection until it ends."""
        server.connections += 1
        async with stream:
            try:
                if tls:
                    stream = await TLSStream.wrap(
                        stream, server_side=True, ssl_context=_context()
                    )

                if greeting:
                    await stream.send(greeting)

                while True:
                    request = await _read(stream)
                    server.requests.append(request)
                    await handle(request, stream)
            except _GONE:
                pass

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield server
        tasks.cancel_scope.cancel()


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context
