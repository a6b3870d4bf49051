"""Requests and replies."""

from __future__ import annotations

import pytest

from esa_flows.localcloud import Reply, Request


def test_target_is_taken_apart_but_not_decoded() -> None:
    """Path and query stay as they were on the request line."""
    request = Request(method="GET", target="/a?Name=h%20i&x=")

    assert (request.path, request.query) == ("/a", "Name=h%20i&x=")


def test_header_names_are_compared_in_lower_case() -> None:
    """A request finds a header however it was written, and tells an absent one."""
    request = Request(method="GET", target="/", headers=(("Host", "a"), ("host", "b")))

    assert (request.header("host"), request.header("accept")) == ("a", "")


def test_reply_finds_a_header() -> None:
    """A reply keeps the spelling of its names and finds them in lower case."""
    reply = Reply(status=200, headers=(("Date", "now"),))

    assert (reply.header("date"), reply.header("etag")) == ("now", "")


def test_unknown_cut_is_refused() -> None:
    """A reply can only be broken in the ways a carrier knows."""
    with pytest.raises(ValueError, match="'cut' must be in"):
        Reply(status=200, cut="melt")  # type: ignore[arg-type]


def test_negative_delay_is_refused() -> None:
    """No answer comes before its question."""
    with pytest.raises(ValueError, match="'delay' must be >= 0"):
        Reply(status=200, delay=-1)


def test_unknown_listener_is_refused() -> None:
    """A request came in by a known door."""
    with pytest.raises(ValueError, match="'listener' must be in"):
        Request(method="GET", target="/", listener="roof")  # type: ignore[arg-type]


def test_secrets_are_not_shown() -> None:
    """Headers and bodies hold signatures and code: a repr has neither."""
    request = Request(
        method="GET", target="/", headers=(("authorization", "seal"),), body=b"code"
    )

    assert "seal" not in repr(request)
    assert "code" not in repr(request)
