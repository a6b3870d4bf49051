"""Read a response's body, and no more of it than we asked for.

A body larger than allowed is dropped at once, with its connection: neither a length
told beforehand, nor chunks without end, nor a few bytes that unpack to a gigabyte can
fill the memory.
"""

from __future__ import annotations

import zlib

import anyio
import httpx

from esa_flows.errors import OutcomeUnknown

__all__ = ["whole_body"]

# zlib: 32 more than the largest window means that gzip and deflate are told apart.
_EITHER = 32 + zlib.MAX_WBITS
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


async def whole_body(response: httpx.Response, most_bytes: int) -> bytes:
    """Give all bytes of a body, unpacked.

    Args:
        response: A streamed response of which nothing was read.
        most_bytes: The longest body taken, packed and unpacked.

    Raises:
        OutcomeUnknown: It is longer.
    """
    body = bytearray()
    if int(response.headers.get("content-length", "0")) <= most_bytes:
        with anyio.CancelScope() as reading:
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > most_bytes:
                    # Not `break`: only a cancellation closes all that httpx has open
                    # below, on trio too.
                    reading.cancel()

        if not reading.cancelled_caught and len(body) <= most_bytes:
            return _unpacked(bytes(body), response, most_bytes)

    raise _too_large(response, most_bytes)


def _unpacked(body: bytes, response: httpx.Response, most_bytes: int) -> bytes:
    """Unpack what something in between packed; we never ask for it."""
    if response.headers.get("content-encoding", "").strip().lower() not in _PACKED:
        return body

    try:
        whole = zlib.decompressobj(_EITHER).decompress(body, most_bytes + 1)
    except zlib.error:
        return body

    if len(whole) > most_bytes:
        raise _too_large(response, most_bytes)

    return whole


def _too_large(response: httpx.Response, most_bytes: int) -> OutcomeUnknown:
    host = response.request.url.netloc.decode()
    return OutcomeUnknown(
        f"The answer of {host} is too large: more than {most_bytes} bytes.",
        next_move="It may have been executed: look at the provider's state first.",
    )
