"""Reading bodies: limits of size and of time, and clients that hang up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import anyio
import pytest
from starlette.types import Receive

from esa_flows.localcloud import CloudError
from esa_flows.localcloud.intake import GoneError, read_body


def giving(messages: Iterable[dict[str, Any]], *, wait: float = 0.0) -> Receive:
    """Return what gives some messages, each after a while, and then nothing more."""
    held = iter(messages)

    async def receive() -> dict[str, Any]:
        """Give the next message."""
        await anyio.sleep(wait)
        for message in held:
            return {"type": "http.request", **message}

        await anyio.sleep_forever()
        raise AssertionError

    return receive


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    """Return a piece of a body."""
    return {"body": body, "more_body": more}


async def test_pieces_are_put_together() -> None:
    """Up to exactly the limit."""
    receive = giving([piece(b"ab"), piece(b"cd", more=False)])

    assert await read_body(receive, limit=4, patience=1.0) == b"abcd"


async def test_a_long_body_is_refused_at_once() -> None:
    """Without reading the rest."""
    receive = giving([piece(b"abcde"), piece(b"never read")])
    with pytest.raises(CloudError, match=r"EntityTooLarge: .* larger than 4 bytes"):
        await read_body(receive, limit=4, patience=1.0)


async def test_a_body_that_never_ends_is_refused() -> None:
    """Also one that comes a byte at a time."""
    for receive in (giving([piece(b"a")]), giving([piece(b"a")] * 99, wait=0.5)):
        with pytest.raises(CloudError, match=r"RequestTimeout: .* period of 2.5 s"):
            await read_body(receive, limit=400, patience=2.5)


async def test_half_a_body_is_no_body() -> None:
    """The client hung up: it does not count as sent."""
    receive = giving([piece(b"Name=hel"), {"type": "http.disconnect"}])
    with pytest.raises(GoneError):
        await read_body(receive, limit=400, patience=1.0)
