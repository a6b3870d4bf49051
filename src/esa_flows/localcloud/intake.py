"""Reading a request's body: never for ever, never more than fits, never half of it."""

from __future__ import annotations

import anyio
from starlette.types import Receive

from .refusal import CloudError

PATIENCE = 60.0  # seconds for a whole body


class GoneError(Exception):
    """The client hung up before its body was complete: nothing may be done."""


def too_long(limit: int) -> CloudError:
    """Return the refusal of a body over the limit; OSS's name for it."""
    return CloudError(
        "EntityTooLarge", f"The body of your request is larger than {limit} bytes."
    )


def too_slow(patience: float) -> CloudError:
    """Return the refusal of a body that does not end; OSS's name for it."""
    return CloudError(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within "
        f"the timeout period of {patience:g} s.",
    )


async def read_body(receive: Receive, *, limit: int, patience: float) -> bytes:
    """Read a whole body.

    Args:
        receive: gives the next piece.
        limit: most bytes.
        patience: seconds for all of it.

    Raises:
        CloudError: ``EntityTooLarge`` or ``RequestTimeout``.
        GoneError: the client hung up.
    """
    try:
        with anyio.fail_after(patience):
            return await _whole(receive, limit)
    except TimeoutError:
        raise too_slow(patience) from None


async def _whole(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    left = limit
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError

        chunks.append(message.get("body", b""))
        left -= len(chunks[-1])
        if left < 0:
            raise too_long(limit)

        more = message.get("more_body", False)

    return b"".join(chunks)
