"""Build one signed request of the provider's RPC style; pure.

The path is always ``/``; operation and version are headers; values travel as the
official Python SDK sends them. Source: Alibaba Cloud, "V3 request structure and
signature", and the official SDK for ESA API 2024-09-10.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.exchange import Request
from esa_flows.wire.lane import Lane
from esa_flows.wire.permit import Verb
from esa_flows.wire.signer import canonical_query, sign
from esa_flows.wire.site import Endpoint

__all__ = ["Call", "signed_request"]

_FORM = "application/x-www-form-urlencoded"
# Proxies may change these, so they are sent and not signed.
_UNSIGNED = (("accept", "application/json"), ("user-agent", "esa-flows"))


Where = Literal["form", "query", "none"]


def _present(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in values.items() if text is not None}


@frozen(kw_only=True)
class Call:
    """One call of an operation, not signed yet.

    Attributes:
        operation: As the provider names it.
        version: The version of the API.
        verb: What it does, for the permit.
        lane: Who goes first when several wait for the cap.
        parameters: Values as text; `None` is left out. Never shown.
        where: Whether they travel as a form, in the query, or there are none.
        method: ``POST`` or ``GET``.
        timeout: Seconds for the whole exchange.
    """

    operation: str
    version: str
    verb: Verb
    lane: Lane = Lane.DEPLOY
    parameters: Mapping[str, str] = field(
        factory=dict, converter=_present, repr=lambda values: f"<{len(values)}>"
    )
    where: Where = field(default="form")
    method: Literal["POST", "GET"] = "POST"
    timeout: float = 20.0

    @where.validator
    def _says_where(self, _: object, value: Where) -> None:
        if self.parameters and value not in {"form", "query"}:
            raise InvalidInput(
                f"{self.operation} has parameters and nowhere to send them:"
                " say form or query."
            )


def signed_request(
    call: Call,
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    date: dt.datetime,
    nonce: str,
) -> Request:
    """Sign a call for one attempt.

    Args:
        call: What to send.
        endpoint: Where to.
        credentials: Whose call it is.
        date: Now, by the provider's clock.
        nonce: Never used before.
    """
    query = dict(call.parameters) if call.where == "query" else {}
    body = _form(call.parameters) if call.where == "form" else b""
    headers = sign(
        method=call.method,
        query=query,
        headers=_named(call, endpoint, body),
        body=body,
        credentials=credentials,
        date=date,
        nonce=nonce,
    )
    tail = f"?{canonical_query(query)}" if query else ""
    return Request(
        method=call.method,
        url=f"{endpoint.url}/{tail}",
        headers=tuple(headers.items()) + _UNSIGNED,
        body=body,
        timeout=call.timeout,
    )


def _named(call: Call, endpoint: Endpoint, body: bytes) -> dict[str, str]:
    headers = {
        "host": endpoint.host,
        "x-acs-action": call.operation,
        "x-acs-version": call.version,
    }
    return {**headers, "content-type": _FORM} if body else headers


def _form(parameters: Mapping[str, str]) -> bytes:
    return urlencode(sorted(parameters.items())).encode()
