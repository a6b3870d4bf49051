"""What goes over the wire and comes back: a request, a response, the time they get.

Neither shows its headers or body: they carry signatures, tokens and upload forms. Nor
may any tool that walks over fields, so these say so themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, Self, runtime_checkable
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from esa_flows.errors import InvalidInput

__all__ = ["Request", "Response", "SizedStream", "Timeout"]


@runtime_checkable
class SizedStream(Protocol):
    """A body that is sent in pieces and whose length is known beforehand.

    Attributes:
        size: Bytes in all; sent as ``Content-Length``.
    """

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces."""
        ...


def _positive(_timeout: object, attribute: Attribute[float], value: float) -> None:
    if not value > 0:
        raise InvalidInput(
            f"A timeout of {value} s ({attribute.name}) leaves no time: give more."
        )


@frozen(kw_only=True)
class Timeout:
    """How long each part of an exchange may take.

    Attributes:
        connect: Seconds to reach the host, TLS included, or to get a connection.
        silence: Seconds without a byte in either direction.
        total: Seconds from the first attempt to connect to the last byte.
    """

    connect: float = field(default=10.0, validator=_positive)
    silence: float = field(default=20.0, validator=_positive)
    total: float = field(default=20.0, validator=_positive)

    @classmethod
    def of(cls, value: float | Timeout) -> Timeout:
        """Take a timeout as others write it: seconds in all, or a `Timeout`.

        Connecting gets half of them at most, so that a host that cannot be reached is
        `NotSent` before the whole time is up.
        """
        if isinstance(value, Timeout):
            return value

        return cls(connect=min(10.0, value / 2), silence=value, total=value)


def _pairs(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(headers)


def _timeout(value: float | Timeout) -> Timeout:
    return Timeout.of(value)


@frozen(kw_only=True, repr=False)
class Request:
    """One HTTP request, ready to send.

    Attributes:
        method: Such as ``POST``.
        url: The address, query included, encoded as it shall be sent.
        headers: Names and values; ``host`` among them.
        body: Bytes, or a stream that knows its size.
        timeout: How long it may take; seconds in all are understood too.
        direct: Whether it must not go through any proxy: it is meant for this machine
            or its next neighbour, and over plain HTTP.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(converter=_pairs, repr=False)
    body: bytes | SizedStream = field(default=b"", repr=False)
    timeout: Timeout = field(default=Timeout(), converter=_timeout)
    direct: bool = False

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.size

    @property
    def target(self) -> str:
        """Path and query, as the request line has them."""
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.path or '/'}{query}"

    @property
    def host(self) -> str:
        """Host and port of the address."""
        return urlsplit(self.url).netloc

    def __repr__(self) -> str:
        return f"Request({self.method} {self.host}, {self.size} bytes)"


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({name.lower(): text for name, text in headers.items()})


@frozen(kw_only=True, repr=False)
class Response:
    """One HTTP response, wholly read.

    Attributes:
        status: The HTTP status.
        headers: By lower-case name.
        body: All its bytes.
    """

    status: int
    headers: Mapping[str, str] = field(factory=dict, converter=_lower, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, status: int, body: bytes = b"", **headers: str) -> Self:
        """Make a response in one line, for those who play the other side."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status=status, headers=named, body=body)

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"
