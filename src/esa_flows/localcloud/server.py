"""HTTP listeners before the cloud: API and OSS on one port, the edge on two more.

Needs the extra ``local`` (uvicorn, starlette) and asyncio, on which uvicorn runs; from
trio, use ``spawn.spawned``, which runs the same server in a process of its own.
The sleeping and the breaking that a reply asks for happen here.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from ipaddress import ip_address
from typing import Any

import anyio
import uvicorn
from attrs import define, evolve, field, frozen
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .certificate import Certificate
from .cloud import LocalCloud
from .control import MOST_BYTES, PREFIX, control
from .intake import PATIENCE, GoneError, read_body
from .refusal import CloudError
from .values import Listener, Reply, Request

LISTENERS: tuple[Listener, ...] = ("api", "edge-production", "edge-staging")
_NO_BODY = frozenset({204, 304})
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds


@frozen(kw_only=True)
class Addresses:
    """Where the three listeners are, as URLs without a slash at the end.

    Attributes:
        api: API and OSS.
        edge_production: visitors.
        edge_staging: visitors of staging.
        ca: the file to trust where they are served over TLS, else None.
    """

    api: str
    edge_production: str
    edge_staging: str
    ca: str | None = None


@define
class Connections:
    """The open connections by the peer's address, so that one can be broken."""

    _open: dict[tuple[str | int, ...], Any] = field(
        factory=dict, init=False, repr=False
    )

    def protocol(self) -> type[H11Protocol]:
        """Return an HTTP protocol that keeps this register."""
        held = self._open

        class Registered(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                self.peer = transport.get_extra_info("peername")[:2]
                held[self.peer] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                held.pop(self.peer, None)
                super().connection_lost(exc)

        return Registered

    def reset(self, peer: tuple[str | int, ...]) -> None:
        """Break a connection at once, so that the peer gets a TCP reset."""
        transport = self._open.get(peer)
        if transport is None:
            return

        held = transport.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()


def asgi(
    cloud: LocalCloud,
    listener: Listener = "api",
    *,
    monotonic: Callable[[], float],
    connections: Connections | None = None,
    patience: float = PATIENCE,
) -> ASGIApp:
    """Return the ASGI application of one listener.

    Args:
        cloud: answers.
        listener: which door this is.
        monotonic: stamps arrivals before anything else is done; the cloud's clock.
        connections: breaks connections where a reply asks for it; None sends whole
            answers, for callers without a network.
        patience: seconds that a body may take.
    """
    held = connections or Connections()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Stamp, read, answer, and only then wait or break."""
        arrived = monotonic()
        bare = _request(scope, b"", listener)
        try:
            limit = MOST_BYTES if _steers(bare) else cloud.most_bytes(bare)
            body = await read_body(receive, limit=limit, patience=patience)
        except CloudError as error:
            reply = _closing(cloud.refuse(bare, error))
        except GoneError:
            return
        else:
            reply = _answer(cloud, evolve(bare, body=body), arrived)

        if reply.delay:
            await anyio.sleep(reply.delay)

        await _send(reply, tuple(scope["client"] or ()), send, held)

    return app


def _answer(cloud: LocalCloud, request: Request, arrived: float) -> Reply:
    if _steers(request):
        return control(cloud, request)

    return cloud.handle(request, arrived=arrived)


def _steers(request: Request) -> bool:
    """Whether a request is for the control endpoint."""
    return request.listener == "api" and request.path.startswith(PREFIX)


def _closing(reply: Reply) -> Reply:
    """End the connection with a reply: the rest of the body is not read."""
    return evolve(reply, headers=(*reply.headers, ("connection", "close")))


def _request(scope: Scope, body: bytes, listener: Listener) -> Request:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    return Request(
        method=scope["method"],
        target=f"{path}?{query}" if query else path,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
        ),
        body=body,
        listener=listener,
        scheme=scope["scheme"],
    )


async def _send(
    reply: Reply, peer: tuple[str | int, ...], send: Send, held: Connections
) -> None:
    """Write a reply, or break where it says."""
    if reply.cut == "reset":
        held.reset(peer)
        return

    headers = [
        (name.encode(), value.encode("latin-1")) for name, value in reply.headers
    ]
    if reply.status not in _NO_BODY:
        headers.append((b"content-length", str(len(reply.body)).encode()))

    await send(
        {"type": "http.response.start", "status": reply.status, "headers": headers}
    )
    if reply.cut is None:
        await send({"type": "http.response.body", "body": reply.body})
        return

    # uvicorn closes the connection of an application that leaves an answer unfinished
    half = reply.body[: len(reply.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


class _Server(uvicorn.Server):
    """A server that leaves the signals to its host and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        self.listening.set()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop; a cancelled host stops it, not the cancellation."""
        with anyio.CancelScope(shield=True):
            await super().serve(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: the host program decides what a signal means."""
        yield


def _bind(host: str, port: int) -> socket.socket:
    """Return a bound socket on a loopback address.

    Raises:
        ValueError: the host is not this machine's loopback.
    """
    if not ip_address(host).is_loopback:
        raise ValueError(f"the local cloud serves loopback only, not {host}")

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Told that it is TCP, asyncio sends small answers at once; else each waits 40 ms
    # for the acknowledgement of the one before it.
    held = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((host, port))
    except OSError:
        held.close()
        raise

    return held


def _url(held: socket.socket, scheme: str) -> str:
    host, port = held.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}"


def _server(
    cloud: LocalCloud,
    listener: Listener,
    monotonic: Callable[[], float],
    tls: Certificate | None,
    patience: float,
) -> _Server:
    connections = Connections()
    app = asgi(
        cloud,
        listener,
        monotonic=monotonic,
        connections=connections,
        patience=patience,
    )
    return _Server(
        uvicorn.Config(
            app,
            http=connections.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ssl_certfile=tls.leaf if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
    )


@asynccontextmanager
async def running(
    cloud: LocalCloud,
    *,
    monotonic: Callable[[], float],
    host: str = "127.0.0.1",
    port: int = 0,
    tls: Certificate | None = None,
    patience: float = PATIENCE,
) -> AsyncGenerator[Addresses]:
    """Serve a cloud while the block runs, on the running asyncio loop.

    Args:
        cloud: what to serve; its upload forms will point to this server.
        monotonic: the clock that stamps arrivals, the cloud's own.
        host: a loopback address.
        port: API and OSS; production's edge is on the next, staging's on the one
            after. 0 takes three free ones.
        tls: serve all three over TLS with this certificate; None over plain HTTP.
        patience: seconds that a request's body may take.

    Yields:
        Where the listeners are.

    Raises:
        ValueError: the host is not loopback.
        OSError: a port is taken.
    """
    with ExitStack() as stack:
        ports = [port + n if port else 0 for n in range(len(LISTENERS))]
        sockets = [stack.enter_context(_bind(host, wanted)) for wanted in ports]
        servers = [
            _server(cloud, listener, monotonic, tls, patience) for listener in LISTENERS
        ]
        urls = [_url(held, "https" if tls else "http") for held in sockets]
        cloud.world.base_url = urls[0]
        async with anyio.create_task_group() as group:
            for server, held in zip(servers, sockets, strict=True):
                group.start_soon(server.serve, [held])

            try:
                for server in servers:
                    await server.listening.wait()

                yield Addresses(
                    api=urls[0],
                    edge_production=urls[1],
                    edge_staging=urls[2],
                    ca=str(tls.authority) if tls else None,
                )
            finally:
                for server in servers:
                    server.should_exit = True


async def serve(
    cloud: LocalCloud,
    *,
    monotonic: Callable[[], float],
    host: str = "127.0.0.1",
    port: int = 8080,
    tls: Certificate | None = None,
    started: Callable[[Addresses], None],
) -> None:
    """Serve a cloud until cancelled.

    Args:
        cloud: what to serve.
        monotonic: the clock that stamps arrivals, the cloud's own.
        host: a loopback address.
        port: as in ``running``.
        tls: as in ``running``.
        started: called once with the addresses when all listeners are ready.
    """
    async with running(
        cloud, monotonic=monotonic, host=host, port=port, tls=tls
    ) as addresses:
        started(addresses)
        await anyio.sleep_forever()
