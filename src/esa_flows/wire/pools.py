"""Many small pools of connections to a host in place of a large one.

httpcore looks at every connection of a pool when a request enters it and when it ends:
with twenty calls under way, more than half of a call's CPU went there. In a small pool
there is little to look at, and nobody ever waits inside one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import cast

import anyio
import httpx
from attrs import define, field

__all__ = ["Pools"]

_WIDTH = 4
_HOSTS = 8
_OTHERS = ("", "", None)

_Origin = tuple[str, str, int | None]


@define(eq=False)
class _Pool:
    """A few connections, with how many requests are on them."""

    way: httpx.AsyncBaseTransport
    under_way: int = 0
    left_at: float = 0.0

    def leave(self) -> None:
        """Note that a request is over."""
        self.under_way -= 1
        self.left_at = anyio.current_time()


@define(eq=False, repr=False)
class Pools(httpx.AsyncBaseTransport):
    """Carries requests over small pools, the first of which are the busiest.

    The first few hosts have pools of their own, so that an upload never costs the API a
    connection; whatever comes later shares some.

    Args:
        make: Makes a pool of so many connections.
        connections: To each host at most.
        keep_alive: Seconds after which a pool that nobody uses is closed.
    """

    _make: Callable[[int], httpx.AsyncBaseTransport]
    _connections: int = field(kw_only=True)
    _keep_alive: float = field(kw_only=True)
    _pools: dict[_Origin, list[_Pool]] = field(init=False, factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request; its room is free again when its response is closed."""
        pools = self._pools_of(request.url)
        pool = self._first_with_room(pools)
        pool.under_way += 1
        try:
            await self._close_unused(pools)
            response = await pool.way.handle_async_request(request)
        except BaseException:
            pool.leave()
            raise

        response.stream = _Leaving(cast("httpx.AsyncByteStream", response.stream), pool)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        pools = [pool for several in self._pools.values() for pool in several]
        self._pools.clear()
        for pool in pools:
            await pool.way.aclose()

    def __repr__(self) -> str:
        busy = [pool.under_way for several in self._pools.values() for pool in several]
        return f"<Pools {sum(busy)} requests in {len(busy)} pools>"

    def _pools_of(self, url: httpx.URL) -> list[_Pool]:
        origin = (url.scheme, url.host, url.port)
        if origin not in self._pools and len(self._pools) >= _HOSTS:
            origin = _OTHERS

        return self._pools.setdefault(origin, [])

    def _first_with_room(self, pools: list[_Pool]) -> _Pool:
        width = min(_WIDTH, self._connections)
        for pool in pools:
            if pool.under_way < width:
                return pool

        if (len(pools) + 1) * width > self._connections:
            return min(pools, key=lambda pool: pool.under_way)

        pools.append(_Pool(self._make(width)))
        return pools[-1]

    async def _close_unused(self, pools: list[_Pool]) -> None:
        """Close the last pool, which only a crowd reaches, when none came for long."""
        last = pools[-1]
        unused_since = anyio.current_time() - self._keep_alive
        if not last.under_way and last.left_at < unused_since:
            pools.pop()
            await last.way.aclose()


@define(eq=False, repr=False)
class _Leaving(httpx.AsyncByteStream):
    """A response's body, whose end is the end of the request."""

    _stream: httpx.AsyncByteStream
    _pool: _Pool

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        """Give connection and room back."""
        try:
            await self._stream.aclose()
        finally:
            self._pool.leave()
