"""Which library an HTTP client is of."""

from __future__ import annotations

from typing import Any

import httpx
import httpx2
import pytest

from esa_flows.wire.dialect import is_one_of, library_of


class Tracing(httpx2.AsyncClient):
    """A client that a host derived from its library's."""


class Unknown:
    """A client of neither library."""

    is_closed = False

    async def send(self, request: Any, **_options: Any) -> Any:
        """Give the request back."""
        return request


@pytest.mark.parametrize(
    ("kind", "library"),
    [
        (httpx.AsyncClient, httpx),
        (httpx2.AsyncClient, httpx2),
        (Tracing, httpx2),
        (Unknown, httpx),
    ],
)
def test_a_client_tells_its_library(kind: Any, library: Any) -> None:
    """By its class or one above it; what is of neither gets what httpx makes."""
    assert library is library_of(kind())


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_exceptions_are_known_by_name(library: Any) -> None:
    """A class and those derived from it, of either library."""
    error = library.ConnectTimeout("late")

    assert is_one_of(error, "ConnectTimeout")
    assert is_one_of(error, "TimeoutException", "ProxyError")
    assert not is_one_of(error, "ReadTimeout")


def test_a_name_alone_is_not_enough() -> None:
    """Others may call theirs so, too."""

    class ConnectError(Exception):
        """Somebody else's."""

    assert not is_one_of(ConnectError(), "ConnectError")
