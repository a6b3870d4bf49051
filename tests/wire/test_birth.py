"""Connections between their birth and their first use."""

from __future__ import annotations

import anyio
import pytest

from esa_flows.wire.birth import Birth


class Stream:
    """A connection that takes a while to be closed."""

    is_closed = False

    async def aclose(self) -> None:
        """Take a while."""
        await anyio.sleep(1)
        self.is_closed = True


async def test_a_new_connection_is_shielded_until_it_is_used() -> None:
    """Cancelled in between, it would be lost to the pool; elsewhere all is at once."""
    scope = anyio.CancelScope()
    birth, shields = Birth(scope), []
    for event in (
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
        "connection.start_tls.started",
        "connection.start_tls.complete",
        "http11.send_request_headers.started",
    ):
        await birth.trace(event, {"return_value": None})
        shields.append(scope.shield)

    assert [False, True, False, True, False] == shields


@pytest.mark.parametrize(
    ("last", "is_closed"),
    [
        ("connection.connect_tcp.started", False),
        ("connection.connect_tcp.complete", True),
        ("connection.start_tls.started", True),
        ("connection.start_tls.failed", True),
        ("connection.start_tls.complete", False),
        ("http11.send_request_headers.started", False),
    ],
)
async def test_what_was_never_used_is_closed(last: str, *, is_closed: bool) -> None:
    """A handshake that is broken off leaves no open connection, even when cancelled."""
    stream, birth = Stream(), Birth(anyio.CancelScope())
    for event in (
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
        "connection.start_tls.started",
        *(["connection.start_tls.failed"] * last.endswith("failed")),
        "connection.start_tls.complete",
        "http11.send_request_headers.started",
    ):
        await birth.trace(event, {"return_value": stream})
        if event == last:
            break

    with anyio.CancelScope() as scope:
        scope.cancel()
        await birth.end()

    assert is_closed is stream.is_closed
