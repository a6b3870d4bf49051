"""What an HTTP client's exception means."""

from __future__ import annotations

import errno
import socket
import ssl

import httpx
import httpx2
import pytest

from esa_flows.errors import Executed, NotSent, OutcomeUnknown
from esa_flows.wire.trouble import trouble

HOST = "esa.cn-hangzhou.aliyuncs.com"


def because(cause: BaseException) -> httpx.ConnectError:
    """Give a failed connection with what the operating system said below it."""
    middle = OSError("all connection attempts failed")
    middle.__context__ = cause
    error = httpx.ConnectError("all connection attempts failed")
    error.__cause__ = middle
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    """Give the error of a certificate somebody put in between."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate in certificate chain"
    return error


@pytest.mark.parametrize(
    ("error", "message", "next_move"),
    [
        (because(socket.gaierror(-2, "unknown")), "cannot be resolved", "spelling"),
        (because(ConnectionRefusedError()), "refused the connection", "local cloud"),
        (because(untrusted()), "is not trusted (self-signed", "SSL_CERT_FILE"),
        (because(ssl.SSLError(1, "WRONG_VERSION")), "No TLS connection", "scheme"),
        (because(OSError(errno.ENETUNREACH, "x")), "There is no route", "firewall"),
        (because(OSError(errno.EHOSTUNREACH, "x")), "There is no route", "VPN"),
        (
            because(ExceptionGroup("tried", [ConnectionRefusedError()])),
            "refused the connection",
            "host and port",
        ),
        (because(OSError(errno.EIO, "x")), "came about in time", "firewall"),
        (httpx.ConnectTimeout("x"), "came about in time", "drop connections"),
        (httpx.PoolTimeout("x"), "No connection to", "more connections"),
        (
            httpx.ProxyError("407 Proxy Authentication Required"),
            "wants a login (407)",
            "user and password into HTTPS_PROXY",
        ),
        (httpx.ProxyError("403 Forbidden"), "refused to connect", "NO_PROXY"),
        (httpx.UnsupportedProtocol("x"), "cannot be called", "Correct"),
        (httpx.InvalidURL("x"), "cannot be called", "Correct"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_before_sending_it_is_surely_not_sent(
    error: Exception, message: str, next_move: str
) -> None:
    """Each cause has a sentence that names the host, and its own next move."""
    ours = trouble(error, HOST)

    assert type(ours) is NotSent
    assert ours.executed is Executed.NO
    assert message in ours.message
    assert HOST in ours.message
    assert next_move in ours.next_move


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx.ReadTimeout("x"), "did not answer in time"),
        (httpx.WriteTimeout("x"), "did not answer in time"),
        (TimeoutError(), "did not answer in time"),
        (httpx.RemoteProtocolError("x"), "broke the connection off"),
        (httpx.ReadError("x"), "was lost after sending had begun"),
        (httpx.WriteError("x"), "was lost after sending had begun"),
        (httpx.CloseError("x"), "was lost after sending had begun"),
        (httpx.LocalProtocolError("x"), "was lost after sending had begun"),
        (httpx.DecodingError("x"), "was lost after sending had begun"),
        (httpx.StreamConsumed(), "was lost after sending had begun"),
        (ConnectionResetError(), "was lost after sending had begun"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_after_sending_it_is_unknown(error: Exception, message: str) -> None:
    """Whatever it is called: the call may have been executed."""
    ours = trouble(error, HOST)

    assert type(ours) is OutcomeUnknown
    assert ours.executed is Executed.UNKNOWN
    assert message in ours.message
    assert "look at the provider's state first" in ours.next_move


def test_the_clients_own_words_are_kept_as_a_note() -> None:
    """For whoever looks closer; on one line."""
    ours = trouble(httpx.ReadError("[Errno 104]\nreset"), HOST)

    assert ours.__notes__ == ["ReadError: [Errno 104] reset"]


def test_a_circle_of_causes_ends() -> None:
    """Exceptions may name each other."""
    error = httpx.ConnectError("x")
    other = OSError("y")
    error.__cause__, other.__cause__ = other, error

    assert type(trouble(error, HOST)) is NotSent


def test_the_same_is_said_of_httpx2() -> None:
    """Its exceptions have the same names, and mean the same."""
    unsent = trouble(httpx2.ConnectTimeout("x"), HOST)
    unknown = trouble(httpx2.ReadTimeout("x"), HOST)

    assert (NotSent, OutcomeUnknown) == (type(unsent), type(unknown))
    assert "did not answer in time" in unknown.message
