"""Say what an HTTP client's exception means: surely not sent, or unknown; pure.

Everything before the first byte of the request leaves is `NotSent`; all the rest is
`OutcomeUnknown`, whatever the exception is called. Each cause a person can do
something about has a sentence of its own.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator

from esa_flows.errors import NotSent, OutcomeUnknown
from esa_flows.wire.dialect import is_one_of
from esa_flows.wire.reply import plain

__all__ = ["trouble"]

_BEFORE_SENDING = (
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "InvalidURL",
)
_LOOK_FIRST = "It may have been executed: look at the provider's state first."
_NO_ROUTE = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)


def _is(*kinds: type[BaseException]) -> Callable[[BaseException], bool]:
    return lambda cause: isinstance(cause, kinds)


def _no_route(cause: BaseException) -> bool:
    return isinstance(cause, OSError) and cause.errno in _NO_ROUTE


_REASONS: tuple[tuple[Callable[[BaseException], bool], str, str], ...] = (
    (
        _is(socket.gaierror),
        "The name of {host} cannot be resolved.",
        "Check the endpoint's spelling, DNS and the network.",
    ),
    (
        _is(ssl.SSLCertVerificationError),
        (
            "The certificate of {host} is not trusted ({why}):"
            " something in between may open the connection."
        ),
        (
            "If that is your company's proxy, set SSL_CERT_FILE to a file with its"
            " certificate authority."
        ),
    ),
    (
        _is(ssl.SSLError),
        "No TLS connection to {host} came about: it speaks another protocol.",
        "Check scheme and port of the endpoint.",
    ),
    (
        _is(ConnectionRefusedError),
        "{host} (or the proxy in front of it) refused the connection.",
        "Check host and port; a local cloud must be running.",
    ),
    (
        _no_route,
        "There is no route to {host}.",
        "Check the network, a VPN or firewall, and HTTPS_PROXY.",
    ),
)
"""Who tells the reason, what it is, and the next move; the first that fits holds."""


def trouble(error: Exception, host: str) -> NotSent | OutcomeUnknown:
    """Turn an exception of the HTTP client into ours.

    Args:
        error: What the client raised.
        host: Where the request was going, port included.

    Returns:
        The error to raise, with the client's own words as a note.
    """
    ours = _ours(error, host)
    ours.add_note(f"{type(error).__name__}: {plain(str(error))}")
    return ours


def _ours(error: Exception, host: str) -> NotSent | OutcomeUnknown:
    if is_one_of(error, *_BEFORE_SENDING):
        return _not_sent(error, host)

    return OutcomeUnknown(_lost(error, host), next_move=_LOOK_FIRST)


def _lost(error: Exception, host: str) -> str:
    if isinstance(error, TimeoutError) or is_one_of(error, "TimeoutException"):
        return f"{host} did not answer in time."

    if is_one_of(error, "RemoteProtocolError"):
        return f"{host} broke the connection off, or its answer is no HTTP."

    return f"The connection to {host} was lost after sending had begun."


def _not_sent(error: Exception, host: str) -> NotSent:
    if is_one_of(error, "ProxyError"):
        return _proxy(error, host)

    if is_one_of(error, "UnsupportedProtocol", "InvalidURL"):
        return NotSent(
            f"The address of {host} cannot be called: it is no http or https URL.",
            next_move="Correct the endpoint.",
        )

    if is_one_of(error, "PoolTimeout"):
        return NotSent(
            f"No connection to {host} became free in time.",
            next_move="Give the HTTP client more connections, or call less at once.",
        )

    return _unreachable(error, host)


def _proxy(error: Exception, host: str) -> NotSent:
    text = str(error)
    if "407" in text:
        return NotSent(
            f"The proxy in front of {host} wants a login (407).",
            next_move=(
                "Put user and password into HTTPS_PROXY, or name the host in NO_PROXY."
            ),
        )

    return NotSent(
        f"The proxy in front of {host} refused to connect to it.",
        next_move="Ask for the host to be allowed there, or name it in NO_PROXY.",
    )


def _unreachable(error: Exception, host: str) -> NotSent:
    for cause in _causes(error):
        for told_by, sentence, next_move in _REASONS:
            if told_by(cause):
                why = getattr(cause, "verify_message", "")
                message = sentence.format(host=host, why=why)
                return NotSent(message, next_move=next_move)

    return NotSent(
        f"No connection to {host} came about in time.",
        next_move="Check the network; a firewall may drop connections to this host.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk down to what the operating system said."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue

        seen.add(id(cause))
        yield cause
        below = [*getattr(cause, "exceptions", ()), cause.__cause__, cause.__context__]
        waiting.extend(each for each in below if each is not None)
