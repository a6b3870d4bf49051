"""Reading no more than we asked for, over real sockets."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import anyio
import pytest
from anyio.abc import ByteStream
from tests.wire.loopback import always, answer, serving

from esa_flows.errors import OutcomeUnknown
from esa_flows.wire.transport import HttpxTransport, Request, open_client

pytestmark = pytest.mark.real_time

MEGABYTE = 1024 * 1024


async def body_of(url: str, most_bytes: int) -> bytes:
    """Send one request and give the body of the answer."""
    request = Request(method="POST", url=url, headers=(), timeout=20.0)
    async with open_client(trust_env=False) as client:
        transport = HttpxTransport(client, most_bytes=most_bytes)
        return (await transport.send(request)).body


class Endless:
    """Answers chunk after chunk, and counts what somebody took."""

    def __init__(self) -> None:
        self.taken = 0
        self.left = anyio.Event()

    async def handle(self, _request: bytes, stream: ByteStream) -> None:
        """Never end."""
        await stream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            while True:
                await stream.send(chunk)
                self.taken += len(chunk)
        finally:
            self.left.set()


async def test_chunks_without_end_are_dropped_with_their_connection() -> None:
    """At once, not when the time is up, and they are not kept in memory."""
    endless = Endless()
    async with serving(endless.handle) as server:
        tracemalloc.start()
        try:
            with anyio.fail_after(10), pytest.raises(OutcomeUnknown, match="too large"):
                await body_of(server.url, MEGABYTE)

            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        with anyio.fail_after(10):
            await endless.left.wait()

    assert most < 8 * MEGABYTE
    assert endless.taken < 32 * MEGABYTE


async def test_after_a_body_too_large_the_client_goes_on() -> None:
    """The dropped connection costs nobody else theirs."""
    endless = Endless()
    async with (
        serving(endless.handle) as bad,
        serving(always(answer(b"{}"))) as good,
        open_client(trust_env=False, connections=1) as client,
    ):
        transport = HttpxTransport(client, most_bytes=1000)
        for _ in range(3):
            with pytest.raises(OutcomeUnknown, match="more than 1000 bytes"):
                await transport.send(Request(method="GET", url=bad.url, headers=()))

        got = await transport.send(Request(method="GET", url=good.url, headers=()))

    assert b"{}" == got.body


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)),
        ("GZIP", gzip.compress(b"x" * 1000, mtime=0)),
        ("deflate", zlib.compress(b"x" * 1000)),
        ("identity", b"x" * 1000),
    ],
    ids=["gzip", "upper case", "deflate", "identity"],
)
async def test_what_something_in_between_packed_is_unpacked(
    encoding: str, packed: bytes
) -> None:
    """Up to the limit itself."""
    reply = answer(packed, "200 OK", f"Content-Encoding: {encoding}")
    async with serving(always(reply)) as server:
        assert b"x" * 1000 == await body_of(server.url, 1000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_what_cannot_be_unpacked_stays_as_it_is(encoding: str) -> None:
    """It is no JSON then, and classified as such."""
    reply = answer(b"neither", "200 OK", f"Content-Encoding: {encoding}")
    async with serving(always(reply)) as server:
        assert b"neither" == await body_of(server.url, 1000)


async def test_a_few_bytes_that_unpack_to_a_gigabyte_do_not() -> None:
    """Only as much is unpacked as may be kept."""
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(bytes(MEGABYTE)) for _ in range(256)]
    bomb = b"".join([*pieces, packer.flush()])
    reply = answer(bomb, "200 OK", "Content-Encoding: gzip")
    async with serving(always(reply)) as server:
        tracemalloc.start()
        try:
            with pytest.raises(OutcomeUnknown, match="too large"):
                await body_of(server.url, MEGABYTE)

            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert most < 8 * MEGABYTE
