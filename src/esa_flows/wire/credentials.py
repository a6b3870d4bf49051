"""Know who signs: an access key, and the sources it may come from.

A source that has nothing raises `NoCredentials` with the reason; a `Chain` collects the
reasons, so that the last error names everything that was tried. Any other error stops
the chain: somebody set that source up, and the next one may be another account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import anyio
from attrs import define, field, frozen

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire.secret import Secret, redacted

__all__ = ["Chain", "CredentialSource", "Credentials", "Forgetful", "Static", "masked"]

_SHOWN = 4
_HIDE_WHOLE = 12


def masked(access_key_id: str) -> str:
    """Give an access key id as it may be shown: the first and last four characters."""
    if len(access_key_id) < _HIDE_WHOLE:
        return "***"

    return f"{access_key_id[:_SHOWN]}…{access_key_id[-_SHOWN:]}"


def _key_id(_credentials: object, _attribute: object, value: str) -> None:
    if not value.isascii() or not value.isprintable() or not value.strip():
        raise InvalidInput(
            "An access key id is empty or has characters that cannot be sent:"
            " copy it again from the console."
        )


def _as_secret(value: Secret | str) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _as_token(value: Secret | str | None) -> Secret | None:
    return _as_secret(value) if value else None


@frozen(kw_only=True)
class Credentials:
    """An access key, with the session it belongs to.

    Attributes:
        access_key_id: The public part; shown masked.
        access_key_secret: The signing key.
        security_token: The session's token, for temporary credentials.
        expires_at: When the session ends, in UTC.
        source: Where they came from, in words.
    """

    access_key_id: str = field(repr=masked, validator=_key_id)
    access_key_secret: Secret = field(converter=_as_secret)
    security_token: Secret | None = field(default=None, converter=_as_token)
    expires_at: dt.datetime | None = None
    source: str = "given by the program"

    @property
    def masked_id(self) -> str:
        """The access key id as it may be shown."""
        return masked(self.access_key_id)

    def remaining(self, now: dt.datetime) -> float:
        """Give the seconds until they expire; infinity where they do not.

        Args:
            now: The wall clock, with a time zone.
        """
        if self.expires_at is None:
            return float("inf")

        return (self.expires_at - now).total_seconds()

    def redact(self, text: str) -> str:
        """Give a text of the provider without our secrets in it."""
        return redacted(text, (self.access_key_secret, self.security_token))


class CredentialSource(Protocol):
    """Gives the credentials for the next call."""

    async def get(self) -> Credentials:
        """Give credentials that are valid now.

        Raises:
            NoCredentials: This source has none; the message says why.
        """
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A source that can be told that its credentials were refused."""

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` shall look again."""
        ...


@frozen
class Static:
    """Always the same credentials.

    Attributes:
        credentials: What `get` gives.
    """

    credentials: Credentials

    async def get(self) -> Credentials:
        """Give them."""
        return self.credentials


def _in_order(sources: Sequence[CredentialSource]) -> tuple[CredentialSource, ...]:
    return tuple(sources)


@define(repr=False, eq=False)
class Chain:
    """The first source that has credentials; it is asked first from then on.

    Attributes:
        sources: In the order they are tried.
    """

    sources: Sequence[CredentialSource] = field(converter=_in_order)
    _chosen: CredentialSource | None = field(default=None, init=False)
    _searching: anyio.Lock = field(init=False, factory=anyio.Lock)
    _found_nothing: tuple[str, ...] = field(init=False, default=())
    _searches: int = field(init=False, default=0)

    async def get(self) -> Credentials:
        """Give the credentials of the first source that has some.

        Raises:
            NoCredentials: None has; the message lists each and why.
            InvalidInput: One is set up and cannot be used.
            CallError: A service did not give the credentials.
        """
        if self._chosen is not None:
            return await self._chosen.get()

        before = self._searches
        async with self._searching:
            if self._chosen is None:
                return await self._search(before)

        return await self._chosen.get()

    def forget(self, refused: Credentials) -> None:
        """Let the source in use look again."""
        if isinstance(self._chosen, Forgetful):
            self._chosen.forget(refused)

    async def _search(self, before: int) -> Credentials:
        # Whoever waited for a search that found nothing need not search again.
        reasons = list(self._found_nothing) if self._searches != before else []
        for source in () if reasons else self.sources:
            try:
                return await self._choose(source)
            except NoCredentials as error:
                reasons.append(f"* {error}")

        self._found_nothing = tuple(reasons)
        self._searches += 1
        raise _nothing_found(reasons)

    async def _choose(self, source: CredentialSource) -> Credentials:
        credentials = await source.get()
        self._chosen = source
        return credentials

    def __repr__(self) -> str:
        names = ", ".join(type(source).__name__ for source in self.sources)
        return f"<Chain {names}>"


def _nothing_found(reasons: Sequence[str]) -> NoCredentials:
    tried = "\n".join(("No credentials were found. Tried, in this order:", *reasons))
    return NoCredentials(
        tried,
        next_move=(
            "\nSet ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET,"
            " or run `aliyun configure`."
        ),
    )
