"""Carry one request there and one response back, over httpx or anything else.

A transport neither retries nor follows redirects: date, nonce and signature are good
for one attempt. It raises `NotSent` or `OutcomeUnknown` and nothing else, so that the
floors above need not know which client is underneath.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import cache
from typing import Any, Protocol

import anyio
import httpx
from attrs import define, field, frozen

from esa_flows.errors import CallError, InvalidInput, NotSent
from esa_flows.wire.birth import Birth
from esa_flows.wire.body import whole_body
from esa_flows.wire.dialect import AnyHttpClient, library_of
from esa_flows.wire.exchange import Request, Response, SizedStream, Timeout
from esa_flows.wire.pools import Pools
from esa_flows.wire.proxies import past_proxies
from esa_flows.wire.trouble import trouble

__all__ = [
    "AnyHttpClient",
    "HttpClient",
    "HttpxTransport",
    "Request",
    "Response",
    "SizedStream",
    "Timeout",
    "Transport",
    "TransportStatistics",
    "open_client",
]

HttpClient = httpx.AsyncClient

_AT_ONCE = 128
_MOST_BYTES = 8 * 1024 * 1024
# A quiet phase of a rollout must not cost a TLS handshake per call afterwards.
_KEEP_ALIVE = 90.0


class Transport(Protocol):
    """Carries one request there and one response back."""

    async def send(self, request: Request) -> Response:
        """Send once and read the whole response, whatever its status.

        Raises:
            NotSent: Not one byte of the request left.
            OutcomeUnknown: It may have arrived.
        """
        ...


@frozen(kw_only=True)
class TransportStatistics:
    """What a transport has done.

    Attributes:
        sent: Requests handed to the client.
        answered: Responses read to the end.
    """

    sent: int
    answered: int


class HttpxTransport:
    """Sends over an `httpx.AsyncClient`, or one of httpx2.

    Of the client only connections, proxies and certificates are used: its default
    headers, cookies, authentication and redirects would change signed requests.

    Args:
        client: Opened and closed by whoever made it.
        at_once: Requests inside the client at any moment; no more than its connections,
            because a request cancelled while it waits in the client's own queue can
            take a connection with it.
        most_bytes: The longest body read; a longer one is `OutcomeUnknown`.
    """

    def __init__(
        self,
        client: AnyHttpClient,
        *,
        at_once: int = _AT_ONCE,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._client = client
        self._room = anyio.Semaphore(at_once, fast_acquire=True)
        self._most_bytes = most_bytes
        self._sent = 0
        self._answered = 0

    async def send(self, request: Request) -> Response:
        """Send once and read the whole response, whatever its status.

        Args:
            request: Ready to send.

        Raises:
            NotSent: Not one byte of the request left.
            OutcomeUnknown: It may have arrived.
        """
        await self._enter(request)
        try:
            with anyio.fail_after(request.timeout.total):
                response = await self._exchange(request)
        except CallError:
            raise
        except Exception as error:  # noqa: BLE001  two errors are promised, no others
            # A body's own error, or one the client forgot to translate, comes when
            # part of the request may have left: that is an outcome, too. The client's
            # frames hold signed headers, so a traceback must not lead there.
            raise trouble(error, request.host) from None
        finally:
            self._room.release()

        self._answered += 1
        return response

    def statistics(self) -> TransportStatistics:
        """Tell what was sent and answered so far."""
        return TransportStatistics(sent=self._sent, answered=self._answered)

    def __repr__(self) -> str:
        return f"<HttpxTransport {self._answered} of {self._sent} answered>"

    async def _enter(self, request: Request) -> None:
        if self._client.is_closed:
            raise NotSent("The HTTP client is closed.", next_move="Open a new one.")

        try:
            with anyio.fail_after(request.timeout.connect):
                await self._room.acquire()
        except TimeoutError:
            full = httpx.PoolTimeout("as many requests under way as allowed")
            raise trouble(full, request.host) from None

    async def _exchange(self, request: Request) -> Response:
        self._sent += 1
        if not request.direct:
            return await self._over(self._client, request)

        # The host's client may have a proxy, and it cannot be told otherwise per call.
        async with _neighbour() as client:
            return await self._over(client, request)

    async def _over(self, client: AnyHttpClient, request: Request) -> Response:
        library = library_of(client)
        with anyio.CancelScope() as scope:
            birth = Birth(scope)
            try:
                response = await client.send(
                    _spoken(request, birth, library),
                    stream=True,
                    auth=None,
                    follow_redirects=False,
                )
            except BaseException:
                await birth.end()
                raise

            async with aclosing(response):
                body = await whole_body(response, self._most_bytes)

        return Response(
            status=response.status_code,
            headers=dict(response.headers),
            body=body,
        )


def open_client(
    *,
    ssl_context: ssl.SSLContext | None = None,
    trust_env: bool = True,
    connections: int = _AT_ONCE,
) -> HttpClient:
    """Make the HTTP client this library works best with; close it when done.

    Reads certificates from the disk, so open it once, not per call.

    Args:
        ssl_context: Certificates to trust; by default those of ``SSL_CERT_FILE`` or
            ``SSL_CERT_DIR``, else the ones shipped with httpx.
        trust_env: Whether ``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE`` and
            ``SSL_CERT_DIR`` count. Loopback and the metadata service never go through a
            proxy.
        connections: Open connections at most, to each host.

    Raises:
        InvalidInput: A certificate file or a proxy's address cannot be used.
    """
    context = ssl_context or _trusted(trust_env=trust_env)
    limits = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=_KEEP_ALIVE,
    )
    try:
        return httpx.AsyncClient(
            verify=context,
            trust_env=trust_env,
            limits=limits,
            mounts={
                "all://": _pools(context, connections),
                **past_proxies(context, limits, trust_env=trust_env),
            },
        )
    except (ValueError, httpx.InvalidURL, ImportError) as error:
        raise InvalidInput(
            "A proxy named by HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used.",
            next_move="Write it as http://host:port.",
        ) from error


def _pools(context: ssl.SSLContext, connections: int) -> Pools:
    def make(few: int) -> httpx.AsyncBaseTransport:
        limits = httpx.Limits(max_connections=few, keepalive_expiry=_KEEP_ALIVE)
        return httpx.AsyncHTTPTransport(verify=context, limits=limits)

    return Pools(make, connections=connections, keep_alive=_KEEP_ALIVE)


def _neighbour() -> HttpClient:
    """Make a client that knows no proxy and trusts no certificate."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(verify=nobody, trust_env=False)


def _trusted(*, trust_env: bool) -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context(trust_env=trust_env)
    except OSError as error:
        raise InvalidInput(
            "The certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read.",
            next_move="Point the variable at a PEM file that exists.",
        ) from error


class _Body:
    """A request's body, as it is.

    httpx iterates over bodies with generators, and leaves them to the garbage collector
    when a request is broken off: trio warns of that in the host's program.
    """

    def __init__(self, body: bytes | SizedStream) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return (
            _Whole(self._body) if isinstance(self._body, bytes) else aiter(self._body)
        )

    async def aclose(self) -> None:
        """Close nothing: nothing is open."""


@cache
def _body_of(library: Any) -> Callable[[bytes | SizedStream], Any]:
    """Give the class of bodies that a library takes for one of its own."""
    made: Callable[[bytes | SizedStream], Any] = type(
        "_Body", (_Body, library.AsyncByteStream), {}
    )
    return made


@define
class _Whole:
    """Bytes in one piece: an object, for it holds nothing to be closed."""

    _left: bytes = field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration

        piece, self._left = self._left, b""
        return piece


def _told(timeout: Timeout) -> dict[str, float]:
    """Source: httpx, "Extensions", timeout."""
    silence = {"read": timeout.silence, "write": timeout.silence}
    return {"connect": timeout.connect, "pool": timeout.connect, **silence}


def _spoken(request: Request, birth: Birth, library: Any) -> Any:
    headers = list(request.headers)
    if not isinstance(request.body, bytes):
        # Without it httpx would send in chunks, which OSS forms do not take.
        headers.append(("content-length", str(request.body.size)))

    made = library.Request(
        request.method,
        request.url,
        headers=headers,
        content=request.body,
        extensions={"timeout": _told(request.timeout), "trace": birth.trace},
    )
    made.stream = _body_of(library)(request.body)
    return made
