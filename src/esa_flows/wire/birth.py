"""Let no connection be lost between its birth and its first use.

httpcore forgets a connection whose request is cancelled then. One that was just made
stays in its pool for ever: new, hence not idle, and nobody's. One in the middle of its
TLS handshake stays open for as long as the other side likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
from attrs import define

__all__ = ["Birth"]

_CONNECTED = ".connect_tcp.complete"
_ENCRYPTED = ".start_tls.complete"
_BIRTH = "connection."


@define
class Birth:
    """The birth of a connection, if a request needs a new one.

    Args:
        scope: Around the request; shielded in the two turns of the event loop between
            steps of a birth, and never for longer.
    """

    _scope: anyio.CancelScope
    _unused: Any = None

    async def trace(self, event: str, facts: Mapping[str, Any]) -> None:
        """Be told what httpcore does.

        Source: httpcore 1.0, "Request Extensions", trace.
        """
        self._scope.shield = event.endswith((_CONNECTED, _ENCRYPTED))
        if event.endswith(_CONNECTED):
            self._unused = facts.get("return_value")
        elif event.endswith(_ENCRYPTED) or not event.startswith(_BIRTH):
            self._unused = None

    async def end(self) -> None:
        """Close what was connected and never used."""
        if self._unused is None:
            return

        with anyio.CancelScope(shield=True):
            await self._unused.aclose()
