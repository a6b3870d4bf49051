"""The local cloud in a process of its own, for asyncio and trio alike."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from subprocess import DEVNULL

import anyio
from anyio.abc import ByteReceiveStream
from anyio.streams.buffered import BufferedByteReceiveStream
from attrs import field, frozen

_START = 20.0  # seconds a slow machine may take to import and bind
_MOST_BYTES = 65536


@frozen(kw_only=True)
class Spawned:
    """A running local cloud: its addresses, its fake key, its authority's file."""

    api: str
    edge_production: str
    edge_staging: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    ca: str | None = None


@asynccontextmanager
async def spawned(
    options: Sequence[str] = (), *, port: int = 0
) -> AsyncGenerator[Spawned]:
    """Run the local cloud in a child process while the block runs.

    Args:
        options: more options of ``python -m esa_flows.localcloud``.
        port: the API's port, 0 for free ones.

    Yields:
        Where it is.

    Raises:
        TimeoutError: it did not come up.
        RuntimeError: it ended before it came up.
    """
    command = [sys.executable, "-m", "esa_flows.localcloud", "--with-parent"]
    command += ["--port", str(port), *options]
    async with await anyio.open_process(command, stdin=DEVNULL, stderr=None) as process:
        try:
            yield await _told(process.stdout)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()


async def _told(output: ByteReceiveStream | None) -> Spawned:
    """Read the line with the addresses."""
    if output is None:
        raise RuntimeError(
            "the local cloud has no standard output to tell its addresses"
        )

    try:
        with anyio.fail_after(_START):
            lines = BufferedByteReceiveStream(output)
            line = await lines.receive_until(b"\n", _MOST_BYTES)
    except anyio.IncompleteRead:
        raise RuntimeError(
            "the local cloud ended before it served; its standard error says why"
        ) from None

    return Spawned(**json.loads(line))
