"""The HTTP client over real sockets."""

from __future__ import annotations

import gc
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from attrs import define
from tests.wire.loopback import CERTIFICATE, always, answer, serving

from esa_flows.errors import InvalidInput, NotSent, OutcomeUnknown
from esa_flows.wire.transport import (
    HttpxTransport,
    Request,
    Response,
    Timeout,
    TransportStatistics,
    open_client,
)

pytestmark = pytest.mark.real_time

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxies of whoever runs the tests out of them."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def request_to(url: str, **more: Any) -> Request:
    """Give a request to a test's server."""
    headers = (("host", "h.example"), ("x-acs-action", "GetRoutine"))
    facts: dict[str, Any] = {"method": "POST", "url": url, "headers": headers}
    return Request(**{**facts, "body": b"Name=hello", "timeout": 5.0, **more})


def open_httpx2(**options: Any) -> httpx2.AsyncClient:
    """Make the client of a host that chose httpx2."""
    most = options.pop("connections", 100)
    limits = httpx2.Limits(max_connections=most)
    verify = options.pop("ssl_context", httpx.create_ssl_context())
    return httpx2.AsyncClient(verify=verify, limits=limits)


Opened = Callable[..., Any]


@pytest.fixture(params=[open_client, open_httpx2], ids=["httpx", "httpx2"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Give a way to open a client of each library in turn."""
    made: Opened = request.param
    return made


async def send(opened: Opened, url: str, **more: Any) -> Response:
    """Send one request with a client of its own."""
    async with opened() as client:
        return await HttpxTransport(client).send(request_to(url, **more))


class Pieces:
    """A body in pieces."""

    def __init__(self, *pieces: bytes, size: int | None = None) -> None:
        self.pieces = pieces
        self.size = sum(map(len, pieces)) if size is None else size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give them."""
        for piece in self.pieces:
            yield piece


async def test_the_signed_bytes_go_out_and_the_response_comes_back(
    opened: Opened,
) -> None:
    """Exactly our headers and body; status, headers and body of the other side."""
    reply = answer(b'{"a": 1}', "400 Bad Request", "X-Acs-Request-Id: R-1")
    async with serving(always(reply)) as server:
        response = await send(opened, f"{server.url}/?q=a%20b")

    head, _, body = server.requests[0].partition(b"\r\n\r\n")

    assert head.split(b"\r\n") == [
        b"POST /?q=a%20b HTTP/1.1",
        b"host: h.example",
        b"x-acs-action: GetRoutine",
        b"Content-Length: 10",
    ]
    assert body == b"Name=hello"
    assert (response.status, response.body) == (400, b'{"a": 1}')
    assert response.headers["x-acs-request-id"] == "R-1"


async def test_connections_are_used_again(opened: Opened) -> None:
    """Ten calls, one connection."""
    async with serving(always(answer(b"{}"))) as server, opened() as client:
        transport = HttpxTransport(client)
        for _ in range(10):
            await transport.send(request_to(server.url))

    assert server.connections == 1
    assert transport.statistics() == TransportStatistics(sent=10, answered=10)
    assert repr(transport) == "<HttpxTransport 10 of 10 answered>"


async def test_a_stream_goes_out_with_its_length(opened: Opened) -> None:
    """In pieces, but not chunked: OSS forms do not take that."""
    async with serving(always(answer(b""))) as server:
        await send(opened, server.url, body=Pieces(b"ab", b"cd"))

    head, _, body = server.requests[0].partition(b"\r\n\r\n")

    assert b"content-length: 4" in head.lower()
    assert b"transfer-encoding" not in head.lower()
    assert body == b"abcd"


async def test_a_stream_shorter_than_it_says_is_unknown(opened: Opened) -> None:
    """Part of it was sent."""
    async with serving(always(answer(b""))) as server:
        with pytest.raises(OutcomeUnknown, match="lost after sending had begun"):
            await send(opened, server.url, body=Pieces(b"ab", size=4))


@define
class _Endless:
    """A body that does not come to its end, and holds nothing to be closed."""

    size: int = 10**12

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        return b"x" * 10_000


async def test_a_stream_broken_off_leaves_nothing_open(opened: Opened) -> None:
    """No generator waits for the garbage collector, of which trio would warn."""

    async def deaf(stream: SocketStream) -> None:
        """Read nothing, until nobody wants to be heard any more."""
        async with stream:
            await anyio.sleep(1)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, deaf)
        timeout = Timeout(connect=1, silence=5, total=0.3)
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            await send(
                opened, f"http://127.0.0.1:{port}", body=_Endless(), timeout=timeout
            )

        tasks.cancel_scope.cancel()

    gc.collect()


async def test_redirects_are_not_followed(opened: Opened) -> None:
    """A signature is good for one host."""
    async with serving(always(answer(b""))) as other:
        away = answer(b"", "302 Found", f"Location: {other.url}/")
        async with serving(always(away)) as server:
            response = await send(opened, server.url)

    assert response.status == 302
    assert other.requests == []


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_defaults_of_an_injected_client_are_not_sent(library: Any) -> None:
    """Its headers, cookies, login and redirects would change signed requests."""
    client = library.AsyncClient(
        headers={"x-mine": "1"},
        cookies={"c": "1"},
        auth=("user", "canary"),
        follow_redirects=True,
        trust_env=False,
    )
    away = answer(b"", "302 Found", "Location: /again", "Set-Cookie: d=1")
    async with serving(always(away)) as server, client:
        transport = HttpxTransport(client)
        await transport.send(request_to(server.url))
        await transport.send(request_to(server.url))

    sent = b"".join(server.requests).lower()

    assert len(server.requests) == 2
    assert not [x for x in (b"x-mine", b"cookie", b"authorization") if x in sent]


async def test_a_refused_connection_was_surely_not_sent(opened: Opened) -> None:
    """Nobody listens there."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(NotSent, match=f"127.0.0.1:{port} .*refused"):
            await send(opened, f"http://127.0.0.1:{port}")


async def test_silence_after_the_request_is_unknown(opened: Opened) -> None:
    """It may have been executed while we waited."""

    async def never(_request: bytes, _stream: ByteStream) -> None:
        """Say nothing."""
        await anyio.sleep_forever()

    async with serving(never) as server:
        timeout = Timeout(connect=1, silence=0.1, total=5)
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            await send(opened, server.url, timeout=timeout)


async def test_a_slow_drip_ends_with_the_whole_time(opened: Opened) -> None:
    """A byte now and then does not keep a call alive for ever."""

    async def drip(_request: bytes, stream: ByteStream) -> None:
        """Send a byte now and then."""
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        while True:
            await stream.send(b"x")
            await anyio.sleep(0.02)

    async with serving(drip) as server:
        timeout = Timeout(connect=1, silence=5, total=0.2)
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            await send(opened, server.url, timeout=timeout)


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"nonsense\r\n\r\n"],
    ids=["reset", "truncated", "no HTTP"],
)
async def test_a_broken_answer_is_unknown(opened: Opened, reply: bytes) -> None:
    """The request had arrived."""

    async def broken(_request: bytes, stream: ByteStream) -> None:
        """Break off."""
        if reply:
            await stream.send(reply)

        await stream.aclose()

    async with serving(broken) as server:
        with pytest.raises(OutcomeUnknown, match="broke the connection off"):
            await send(opened, server.url)


@pytest.mark.parametrize("told", [True, False], ids=["told before", "chunked"])
async def test_an_answer_too_large_is_unknown_and_not_kept(
    opened: Opened,
    told: bool,  # noqa: FBT001  two ways
) -> None:
    """A limit on memory, not on what was done."""
    # The first is refused by what it says of itself: its body never comes.
    head = b"HTTP/1.1 200 OK\r\n"
    chunk = b"3E8\r\n" + b"x" * 1000 + b"\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2 + b"0\r\n\r\n"
    reply = head + (b"Content-Length: 2000\r\n\r\n" if told else chunks)
    async with serving(always(reply)) as server, opened() as client:
        transport = HttpxTransport(client, most_bytes=1000)
        with pytest.raises(OutcomeUnknown, match="too large: more than 1000 bytes"):
            await transport.send(request_to(server.url))

    assert transport.statistics() == TransportStatistics(sent=1, answered=0)


async def test_more_requests_than_room_wait_and_then_give_up_unsent(
    opened: Opened,
) -> None:
    """The wait is in front of the client, and bounded."""

    async def slow(_request: bytes, stream: ByteStream) -> None:
        """Answer after a while."""
        await anyio.sleep(0.5)
        await stream.send(answer(b""))

    async with serving(slow) as server, opened() as client:
        transport = HttpxTransport(client, at_once=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(transport.send, request_to(server.url))
            await anyio.sleep(0.1)
            timeout = Timeout(connect=0.1, silence=5, total=5)
            with pytest.raises(NotSent, match=r"No connection to .* became free"):
                await transport.send(request_to(server.url, timeout=timeout))

    assert len(server.requests) == 1


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_calls_cancelled_in_flight_take_no_connection_with_them(
    opened: Opened,
    tls: bool,  # noqa: FBT001  two ways
) -> None:
    """Wherever they are cut off, more calls than there are connections go through.

    httpcore keeps a connection for ever whose request was cancelled at a bad moment.
    """

    async def slow(_request: bytes, stream: ByteStream) -> None:
        """Answer after a while."""
        await anyio.sleep(0.005)
        await stream.send(answer(b""))

    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    most, answered = 3, list[int]()
    async with (
        serving(slow, tls=tls) as server,
        opened(connections=most, ssl_context=context) as client,
    ):
        transport = HttpxTransport(client, at_once=most)
        request = request_to(f"http{'s' * tls}://localhost:{server.port}")

        async def call() -> None:
            """Be answered."""
            answered.append((await transport.send(request)).status)

        for after in range(20):
            with anyio.move_on_after(after / 1000):
                async with anyio.create_task_group() as tasks:
                    for _ in range(2 * most):
                        tasks.start_soon(transport.send, request)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for _ in range(4 * most):
                    tasks.start_soon(call)

    assert [200] * 4 * most == answered


async def test_a_closed_client_sends_nothing(opened: Opened) -> None:
    """And says so in our words."""
    client = opened()
    await client.aclose()
    with pytest.raises(NotSent, match="The HTTP client is closed"):
        await HttpxTransport(client).send(request_to("http://127.0.0.1:1"))


@pytest.mark.parametrize("url", ["ftp://h/", "h.example/", "http://h:port/"])
async def test_an_address_that_cannot_be_called_is_not_sent(
    opened: Opened, url: str
) -> None:
    """No http or https URL."""
    with pytest.raises(NotSent, match="no http or https URL"):
        await send(opened, url)


# --- certificates --------------------------------------------------------------------


async def test_a_certificate_nobody_knows_names_ssl_cert_file() -> None:
    """A company's proxy that opens connections looks like this."""
    async with serving(always(answer(b"")), tls=True) as server:
        with pytest.raises(NotSent, match="is not trusted") as caught:
            await send(open_client, f"https://localhost:{server.port}")

    assert "SSL_CERT_FILE" in caught.value.next_move
    assert server.requests == []


async def test_ssl_cert_file_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the right authority the same call goes through."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with serving(always(answer(b"{}")), tls=True) as server:
        response = await send(open_client, f"https://localhost:{server.port}")

    assert response.status == 200


async def test_an_ssl_context_of_ones_own_is_used() -> None:
    """Whoever embeds us brings certificates."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with (
        serving(always(answer(b"{}")), tls=True) as server,
        open_client(ssl_context=context) as client,
    ):
        request = request_to(f"https://localhost:{server.port}")
        response = await HttpxTransport(client).send(request)

    assert response.status == 200


async def test_tls_to_a_port_that_speaks_plain_http() -> None:
    """The scheme is wrong, and the sentence says so."""
    async with serving(always(b""), greeting=answer(b"")) as server:
        with pytest.raises(NotSent, match="speaks another protocol"):
            await send(open_client, f"https://127.0.0.1:{server.port}")


def test_certificates_that_cannot_be_read_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anything is opened."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(InvalidInput, match="SSL_CERT_FILE or SSL_CERT_DIR"):
        open_client()


# --- proxies -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("407 Proxy Authentication Required", r"wants a login \(407\)"),
        ("403 Forbidden", "refused to connect to it"),
    ],
)
async def test_a_proxy_that_refuses(
    status: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing reached the provider."""
    async with serving(always(answer(b"", status))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(NotSent, match=message):
            await send(open_client, "https://esa.example")

    assert proxy.requests[0].startswith(b"CONNECT esa.example:443")
    assert b"Name=hello" not in proxy.requests[0]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
async def test_loopback_never_goes_through_a_proxy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local cloud is meant for this machine."""
    async with (
        serving(always(answer(b"", "502 Bad Gateway"))) as proxy,
        serving(always(answer(b"{}"))) as server,
    ):
        monkeypatch.setenv(name, proxy.url)
        statuses = [
            (await send(open_client, f"http://{host}:{server.port}")).status
            for host in ("127.0.0.1", "localhost")
        ]

    assert statuses == [200, 200]
    assert proxy.requests == []


async def test_proxies_of_the_environment_can_be_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With `trust_env=False` nothing of it counts."""
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://")
    async with open_client(trust_env=False) as client:
        assert not client.is_closed


def test_a_proxy_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is opened, and without repeating its password."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:canary@proxy.example")
    with pytest.raises(InvalidInput, match="A proxy named by HTTP_PROXY") as caught:
        open_client()

    assert "canary" not in str(caught.value)


async def test_no_secret_in_any_trouble() -> None:
    """Not in the words, and not in a traceback that shows the values of variables."""

    async def broken(_request: bytes, stream: ByteStream) -> None:
        """Break off."""
        await stream.aclose()

    async with serving(broken) as server:
        with pytest.raises(OutcomeUnknown) as caught:
            await _send_canaries(server.url)

    error = caught.value
    assert error.__traceback__ is not None
    ours = error.with_traceback(error.__traceback__.tb_next)
    told = traceback.TracebackException.from_exception(ours, capture_locals=True)
    shown = "".join(told.format())

    assert "HttpxTransport" in shown
    assert "canary" not in shown


async def _send_canaries(url: str) -> None:
    headers = (("authorization", "canary-1"), ("x-acs-security-token", "canary-2"))
    requests = [request_to(f"{url}/?token=canary-3", headers=headers, body=b"canary-4")]
    del headers
    async with open_client(trust_env=False) as client:
        await HttpxTransport(client).send(requests[0])
