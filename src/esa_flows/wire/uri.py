"""Fetch credentials from an address that somebody runs for this purpose.

Source: the official credential chain, ``ALIBABA_CLOUD_CREDENTIALS_URI``: a GET answers
a JSON object with `Code` ``Success`` and the members of a session. The address may
hold a password of its own, so errors name its host alone.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from attrs import define, field

from esa_flows.errors import InvalidInput, NoCredentials, NotSent
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.exchange import Request, Timeout
from esa_flows.wire.refresh import Refreshing
from esa_flows.wire.reply import object_in
from esa_flows.wire.session import ask, no_session, session_in
from esa_flows.wire.site import is_loopback
from esa_flows.wire.surroundings import Surroundings

__all__ = ["CredentialsUri"]

_OK = 200
_VARIABLE = "ALIBABA_CLOUD_CREDENTIALS_URI"
_PATIENCE = Timeout(connect=5.0, silence=10.0, total=10.0)


@define(repr=False, eq=False)
class CredentialsUri:
    """What the address in ``ALIBABA_CLOUD_CREDENTIALS_URI`` answers.

    Args:
        around: Variables, clock and transport.
    """

    _around: Surroundings
    _kept: Refreshing = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with nothing fetched."""
        self._kept = Refreshing(self._fetch, now=self._around.now)

    async def get(self) -> Credentials:
        """Give the credentials it answers.

        Raises:
            NoCredentials: The variable is not set.
            InvalidInput: It is no address that may be asked.
            NotSent: There is no usable answer.
        """
        return await self._kept.get()

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` asks again."""
        self._kept.forget(refused)

    def __repr__(self) -> str:
        is_set = self._around.variable(_VARIABLE)
        return "<CredentialsUri set>" if is_set else "<CredentialsUri>"

    async def _fetch(self) -> Credentials:
        text = self._around.variable(_VARIABLE)
        if not text:
            raise NoCredentials(f"credentials URI: {_VARIABLE} not set.")

        parts = _checked(text)
        giver = f"the credentials URI at {parts.netloc}"
        response = await ask(self._around.transport, _request(parts), giver)
        found = object_in(response.body) if response.status == _OK else None
        if found is None or found.get("Code", "Success") != "Success":
            raise no_session(giver, NotSent(f"It answers HTTP {response.status}."))

        return session_in(found, giver, source=giver)


def _request(parts: SplitResult) -> Request:
    return Request(
        method="GET",
        url=parts._replace(fragment="").geturl(),
        headers=(
            ("host", parts.netloc),
            ("accept", "application/json"),
            ("user-agent", "esa-flows"),
        ),
        timeout=_PATIENCE,
        direct=parts.scheme == "http",
    )


def _checked(text: str) -> SplitResult:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"}:
        raise InvalidInput(f"{_VARIABLE} is not an address: write https://host/path.")

    if "@" in parts.netloc:
        raise InvalidInput(f"{_VARIABLE} has a user in it: put it elsewhere.")

    if parts.scheme == "http" and not _is_near(parts.hostname or ""):
        raise InvalidInput(
            f"{_VARIABLE} would fetch a secret in the clear from {parts.hostname}:"
            " use https, or http to a loopback or link-local address."
        )

    return parts


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None

    printable = text.isascii() and text.isprintable() and " " not in text
    return parts if usable and printable else None


def _is_near(host: str) -> bool:
    if is_loopback(host):
        return True

    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False
