"""Say where a store of slots is that machines share: an address, read and checked."""

from __future__ import annotations

import enum
from typing import Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from attrs import frozen

from esa_flows.errors import InvalidInput
from esa_flows.wire.secret import Secret

__all__ = ["StoreAddress", "StoreKind"]


class StoreKind(enum.StrEnum):
    """What keeps the slots."""

    POSTGRES = "postgres"
    REDIS = "redis"


_KINDS = {
    "postgresql": StoreKind.POSTGRES,
    "postgres": StoreKind.POSTGRES,
    "redis": StoreKind.REDIS,
    "rediss": StoreKind.REDIS,
    "unix": StoreKind.REDIS,
}
_NEXT = "Give it as postgresql://user:password@host/database or redis://host:6379/0."


@frozen(kw_only=True)
class StoreAddress:
    """Where a store of slots is.

    Attributes:
        kind: What keeps the slots there.
        place: The address without user, password and options, for people.
        url: The whole of it, as the driver takes it.
    """

    kind: StoreKind
    place: str
    url: Secret

    @classmethod
    def of(cls, text: str | StoreAddress) -> Self:
        """Read an address; one that was read already stays as it is.

        Args:
            text: Such as ``postgresql://host/database``, ``redis://host:6379/0``,
                ``rediss://…`` for TLS, or ``unix:///path/of/redis.sock``.

        Raises:
            InvalidInput: It is none; the text is not quoted, because it may hold a
                password.
        """
        if isinstance(text, cls):
            return text

        try:
            parts = urlsplit(str(text))
            kind = _KINDS[parts.scheme]
            place = _place(parts)
        except (KeyError, ValueError):
            raise InvalidInput(
                "The address of the store that shares the cap cannot be read.",
                next_move=_NEXT,
            ) from None

        return cls(kind=kind, place=place, url=Secret(str(text)))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be seen of it: the whole, and passwords as written or meant."""
        parts = urlsplit(self.url.reveal())
        found = [parts.password or "", *parse_qs(parts.query).get("password", ())]
        texts = {text for each in found for text in (each, unquote(each)) if text}
        return (self.url, *map(Secret, sorted(texts)))

    def __str__(self) -> str:
        return self.place


def _place(parts: SplitResult) -> str:
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{name}{port}{parts.path}"
