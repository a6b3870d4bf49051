"""Sign one request with ACS3-HMAC-SHA256; pure, so that published vectors can judge it.

Source: Alibaba Cloud, "V3 request structure and signature". What is signed::

    METHOD
    /
    query, sorted by key, RFC 3986 encoded
    name:value for each signed header, sorted by name

    the names, joined by semicolons
    SHA-256 of the exact bytes of the body

A signature is good for one attempt: date and nonce are part of it, and the provider
refuses a nonce it has seen in the last quarter of an hour.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from esa_flows.wire.credentials import Credentials

__all__ = ["ALGORITHM", "canonical_query", "canonical_request", "sign"]

ALGORITHM = "ACS3-HMAC-SHA256"


def sign(
    *,
    method: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    date: dt.datetime,
    nonce: str,
) -> dict[str, str]:
    """Give the headers that make a request acceptable to the provider.

    Args:
        method: ``GET`` or ``POST``.
        query: Decoded names and values of the query.
        headers: What shall be signed besides our own; ``host`` and, with a body,
            ``content-type`` must be there. A header that a proxy may change stays out.
        body: The exact bytes that will be sent.
        credentials: Whose signature it is.
        date: Now, with a time zone; the provider tolerates 15 minutes.
        nonce: A text never used before.

    Returns:
        The given headers, ours, and ``authorization``.
    """
    digest = hashlib.sha256(body).hexdigest()
    signed = {
        **{name.lower(): text.strip() for name, text in headers.items()},
        "x-acs-date": date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": digest,
        **_session(credentials),
    }
    text = canonical_request(method=method, query=query, headers=signed, digest=digest)
    names = ";".join(sorted(signed))
    signature = _signature(text, credentials)
    authorization = (
        f"{ALGORITHM} Credential={credentials.access_key_id},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return {**signed, "authorization": authorization}


def canonical_query(query: Mapping[str, str]) -> str:
    """Give the query as it is signed, and as we send it.

    Args:
        query: Decoded names and values.
    """
    return "&".join(
        f"{quote(name, safe='')}={quote(query[name], safe='')}"
        for name in sorted(query)
    )


def canonical_request(
    *, method: str, query: Mapping[str, str], headers: Mapping[str, str], digest: str
) -> str:
    """Give the text whose digest is signed.

    Args:
        method: ``GET`` or ``POST``.
        query: Decoded names and values of the query.
        headers: Signed headers, by lower-case name.
        digest: SHA-256 of the body in hexadecimal.
    """
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    parts = (method, "/", canonical_query(query), lines, ";".join(names), digest)
    return "\n".join(parts)


def _session(credentials: Credentials) -> dict[str, str]:
    if credentials.security_token is None:
        return {}

    return {
        "x-acs-accesskey-id": credentials.access_key_id,
        "x-acs-security-token": credentials.security_token.reveal(),
    }


def _signature(text: str, credentials: Credentials) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    key = credentials.access_key_secret.reveal().encode()
    return hmac.new(key, f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256).hexdigest()
