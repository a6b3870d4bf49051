"""Steer a local cloud that another process serves, over its control endpoint."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from .control import PREFIX

_PATIENCE = 60.0  # seconds
_OK = 200


def ask(url: str, verb: str, body: bytes | None = None) -> bytes:
    """Make one control request; blocks until it is answered.

    Args:
        url: the API of the local cloud, such as ``http://127.0.0.1:8080``.
        verb: the last part of the control endpoint's path.
        body: JSON to post; None to get.

    Returns:
        What was answered.

    Raises:
        ValueError: not an address of this machine, or the cloud refuses what was sent.
        OSError: nobody answers there.
    """
    parts = _local(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        connection.request("GET" if body is None else "POST", PREFIX + verb, body)
        reply = connection.getresponse()
        answer = reply.read()
    except HTTPException as error:
        raise ConnectionError(f"{url} does not speak HTTP") from error
    finally:
        connection.close()

    if reply.status != _OK:
        raise ValueError(_reason(url, answer))

    return answer


def _local(url: str) -> SplitResult:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in {"http", "https"} and _is_loopback(host):
        return parts

    raise ValueError(f"{url!r} is no local cloud: it serves loopback only")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(url: str, answer: bytes) -> str:
    """Return what the control endpoint says is wrong."""
    try:
        return str(json.loads(answer)["error"])
    except (KeyError, TypeError, ValueError):
        return f"{url} is no local cloud"
