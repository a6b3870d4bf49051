"""What the local cloud is asked and what it answers: plain values, no sockets.

A carrier (the HTTP server, or a transport inside the same process) makes a
``Request`` of what it received and turns the ``Reply`` into what the client sees.
``Reply.delay`` and ``Reply.cut`` are instructions to the carrier: the cloud itself
never sleeps and never touches a connection.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, get_args

from attrs import field, frozen
from attrs.validators import ge, in_

Listener = Literal["api", "oss", "edge-production", "edge-staging"]
Scheme = Literal["http", "https"]
Cut = Literal["reset", "truncate"]
Headers = tuple[tuple[str, str], ...]


class Dice(Protocol):
    """The randomness the cloud needs; every ``random.Random`` has it."""

    def random(self) -> float:
        """Return a number in [0, 1)."""
        ...

    def getrandbits(self, k: int, /) -> int:
        """Return an integer of ``k`` random bits."""
        ...


def at_least_one(_: object, attribute: Any, value: int | None) -> None:
    """Accept None or an integer from 1 on, as a validator."""
    if value is None or value >= 1:
        return

    raise ValueError(f"{attribute.name} must be None or at least 1, got {value}")


def _lowered(headers: Headers) -> Headers:
    """Header names are compared in lower case; values stay as received."""
    return tuple((name.lower(), value) for name, value in headers)


@frozen(kw_only=True)
class Request:
    """One HTTP request as it arrived.

    Attributes:
        method: ``GET``, ``POST`` …
        target: path and query exactly as on the request line.
        headers: names in lower case, values as received, in order of arrival.
        body: the bytes after transfer decoding.
        listener: which door it came in by.
        scheme: ``http`` or ``https``.
    """

    method: str
    target: str
    headers: Headers = field(default=(), converter=_lowered, repr=False)
    body: bytes = field(default=b"", repr=False)
    listener: Listener = field(default="api", validator=in_(get_args(Listener)))
    scheme: Scheme = field(default="http", validator=in_(get_args(Scheme)))

    @property
    def path(self) -> str:
        """The part of the target before the question mark."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The part of the target after the question mark, still encoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """Return the first value of a header (name in lower case), or ``""``."""
        for key, value in self.headers:
            if key == name:
                return value

        return ""


@frozen(kw_only=True)
class Reply:
    """One HTTP answer, and how the carrier must treat it.

    Attributes:
        status: HTTP status code.
        headers: names and values in order.
        body: the whole body; with ``cut="truncate"`` only half of it is sent.
        delay: seconds to wait before the first byte.
        cut: ``reset`` breaks the connection instead of answering; ``truncate``
            promises the whole length and breaks after half of the body.
    """

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    delay: float = field(default=0.0, validator=ge(0.0))
    cut: Cut | None = field(default=None, validator=in_((None, *get_args(Cut))))

    def header(self, name: str) -> str:
        """Return the first value of a header (name in lower case), or ``""``."""
        for key, value in self.headers:
            if key.lower() == name:
                return value

        return ""
