"""Requests, responses and the time they get."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.wire.exchange import Request, Response, SizedStream, Timeout


class Stream:
    """Two pieces."""

    size = 4

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give them."""
        yield b"ab"
        yield b"cd"


def test_a_request_shows_neither_headers_nor_body_nor_query() -> None:
    """They hold signatures, tokens and forms."""
    request = Request(
        method="POST",
        url="https://h.example/p?token=canary",
        headers=(("authorization", "canary"),),
        body=b"canary",
    )

    assert repr(request) == "Request(POST h.example, 6 bytes)"


def test_target_and_size_are_what_is_sent() -> None:
    """Path and query as in the request line; the size of bytes or stream."""
    plain = Request(method="GET", url="http://h:1", headers=())
    stream = Request(
        method="POST", url="http://h:1/a?b=c%20d", headers=(), body=Stream()
    )

    assert (plain.target, plain.host, plain.size) == ("/", "h:1", 0)
    assert (stream.target, stream.size) == ("/a?b=c%20d", 4)
    assert isinstance(Stream(), SizedStream)


def test_seconds_make_a_timeout() -> None:
    """A number is the whole time; connecting gets half of it, ten seconds at most."""
    request = Request(method="GET", url="http://h", headers=(), timeout=30)
    given = Timeout(connect=1, silence=2, total=3)

    assert request.timeout == Timeout(connect=10, silence=30, total=30)
    assert Timeout.of(2.0) == Timeout(connect=1, silence=2, total=2)
    assert Timeout.of(given) is given


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_timeout_of_nothing_is_refused(seconds: float) -> None:
    """It would fail every call."""
    with pytest.raises(InvalidInput, match="leaves no time"):
        Timeout(total=seconds)


def test_a_response_knows_headers_by_lower_case_name() -> None:
    """Servers write them as they like; the body is not shown."""
    response = Response(status=200, headers={"X-Acs-Thing": "1"}, body=b"canary")

    assert response.headers.get("x-acs-thing") == "1"
    assert repr(response) == "Response(200, 6 bytes)"


def test_of_makes_a_response_in_a_line() -> None:
    """Underscores stand for hyphens."""
    response = Response.of(429, b"x", x_acs_retry_after="5")

    assert response == Response(
        status=429, headers={"x-acs-retry-after": "5"}, body=b"x"
    )


def test_a_request_may_use_proxies_unless_it_says_otherwise() -> None:
    """What is meant for this machine says so."""
    request = Request(method="GET", url="https://h.example/", headers=())

    assert not request.direct
