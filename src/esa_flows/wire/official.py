"""Use a client of the official credentials package as a source.

The package is no dependency of ours: any object with its methods will do. Its methods
block and its errors may quote secrets, so they run in a worker thread, one at a time,
and nothing of an error but its class goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import anyio
import anyio.to_thread
from attrs import define, field

from esa_flows.errors import InvalidInput, NoCredentials, NotSent
from esa_flows.wire.credentials import Credentials, CredentialSource

__all__ = ["OfficialClient", "OfficialCredential", "from_alibabacloud"]

# The package refreshes a quarter of an hour before the end; a minute does no harm.
_KEEP = 60.0


@runtime_checkable
class OfficialCredential(Protocol):
    """What the official client gives."""

    def get_access_key_id(self) -> str | None:
        """The access key id."""
        ...

    def get_access_key_secret(self) -> str | None:
        """The signing key."""
        ...

    def get_security_token(self) -> str | None:
        """The session's token, if any."""
        ...


@runtime_checkable
class OfficialClient(Protocol):
    """The official client: the three parts in one snapshot."""

    def get_credential(self) -> OfficialCredential | None:
        """Give what is valid now; may block."""
        ...


def from_alibabacloud(
    client: OfficialClient | OfficialCredential,
    *,
    clock: Callable[[], float] = anyio.current_time,
) -> CredentialSource:
    """Make a source of a client of the package ``alibabacloud-credentials``.

    Source: ``alibabacloud_credentials.client.Client`` 1.0. A client that lacks
    `get_credential`, as older ones do, is asked for each part by itself.

    Args:
        client: Anything with those methods; asked at most once a minute.
        clock: Seconds that never go backwards.

    Raises:
        InvalidInput: It has none of the methods.
    """
    if not isinstance(client, OfficialClient | OfficialCredential):
        raise InvalidInput(
            f"{type(client).__name__} is no client of the official credentials"
            " package: it has no get_credential()."
        )

    return _Official(client, clock=clock)


@define(repr=False, eq=False)
class _Official:
    """Asks in a worker thread, and keeps the answer for a minute."""

    _client: OfficialClient | OfficialCredential
    _clock: Callable[[], float] = field(kw_only=True)
    _held: Credentials | None = field(init=False, default=None)
    _until: float = field(init=False, default=0.0)
    _asking: anyio.Lock = field(init=False, factory=anyio.Lock)

    async def get(self) -> Credentials:
        """Give what the official client gives.

        Raises:
            NoCredentials: It gives none.
            NotSent: It raises an error.
        """
        async with self._asking:
            if self._held is None or self._clock() >= self._until:
                self._held = await self._ask()
                self._until = self._clock() + _KEEP

            return self._held

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` asks again."""
        if self._held == refused:
            self._held = None

    def __repr__(self) -> str:
        return f"<credentials of {type(self._client).__name__}>"

    async def _ask(self) -> Credentials:
        key, secret, token = await anyio.to_thread.run_sync(
            _parts_of, self._client, abandon_on_cancel=True
        )
        if not (key and secret):
            raise NoCredentials("official credentials client: it gives no access key.")

        return Credentials(
            access_key_id=key,
            access_key_secret=secret,
            security_token=token,
            source="the official credentials client",
        )


def _parts_of(client: OfficialClient | OfficialCredential) -> tuple[str, str, str]:
    """Give id, secret and token; empty where there is none."""
    try:
        given = (
            client.get_credential() if isinstance(client, OfficialClient) else client
        )
        return _texts(given)
    except Exception as error:  # noqa: BLE001  not ours: it may quote a secret
        name = type(error).__name__

    # Outside the handler, so that the foreign error does not travel along as context.
    raise NotSent(
        f"The official credentials client raised {name}, so nothing was sent.",
        next_move="Ask it by itself to see why; its words may quote secrets.",
    )


def _texts(given: OfficialCredential | None) -> tuple[str, str, str]:
    if given is None:
        return "", "", ""

    return (
        given.get_access_key_id() or "",
        given.get_access_key_secret() or "",
        given.get_security_token() or "",
    )
