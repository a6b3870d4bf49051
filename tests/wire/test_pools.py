"""Many small pools of connections in place of a large one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from esa_flows.wire.pools import Pools


class Body(httpx.AsyncByteStream):
    """A body that takes a while to be closed."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give a few bytes."""
        yield b"{}"

    async def aclose(self) -> None:
        """Take a while."""
        await anyio.sleep(1)


class Way(httpx.AsyncBaseTransport):
    """A pool of connections that takes a second for each answer."""

    def __init__(self, width: int) -> None:
        """Begin unused."""
        self.width = width
        self.now = self.most = self.served = 0
        self.is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or fail for the path /broken."""
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await anyio.sleep(1)
        finally:
            self.now -= 1

        if request.url.path == "/broken":
            raise httpx.ReadError("gone")

        self.served += 1
        return httpx.Response(200, stream=Body())

    async def aclose(self) -> None:
        """Remember it."""
        self.is_closed = True


class House:
    """Pools with the ways that were made for them."""

    def __init__(self, connections: int = 128) -> None:
        """Make the pools."""
        self.ways: list[Way] = []
        self.pools = Pools(self._make, connections=connections, keep_alive=90.0)
        self.client = httpx.AsyncClient(transport=self.pools)

    def _make(self, width: int) -> Way:
        self.ways.append(Way(width))
        return self.ways[-1]

    async def crowd(self, many: int, host: str = "api.example", path: str = "") -> None:
        """Send requests at once."""
        async with anyio.create_task_group() as tasks:
            for _ in range(many):
                tasks.start_soon(self.client.get, f"https://{host}/{path}")


async def test_one_at_a_time_needs_one_pool() -> None:
    """A quiet phase keeps one connection warm, not thirty."""
    house = House()
    for _ in range(5):
        await house.crowd(1)

    assert [5] == [way.served for way in house.ways]
    assert "<Pools 0 requests in 1 pools>" == repr(house.pools)


async def test_no_pool_is_ever_full() -> None:
    """Nobody waits inside a pool: a request cancelled there could take a connection."""
    house = House()
    await house.crowd(20)

    assert [4, 4, 4, 4, 4] == [way.most for way in house.ways]
    assert all(way.most <= way.width for way in house.ways)


async def test_a_request_is_over_when_its_body_is_closed() -> None:
    """Until then its connection is not free."""
    house = House()
    async with house.client.stream("GET", "https://api.example/"):
        told = repr(house.pools)

    assert "<Pools 1 requests in 1 pools>" == told
    assert "<Pools 0 requests in 1 pools>" == repr(house.pools)


async def test_more_than_all_connections_share_the_least_busy() -> None:
    """The limit on connections holds, and work is spread."""
    house = House(connections=8)
    await house.crowd(12)

    assert [4, 4] == [way.width for way in house.ways]
    assert [6, 6] == [way.most for way in house.ways]


async def test_a_few_connections_are_one_narrow_pool() -> None:
    """Who allows two gets two."""
    house = House(connections=2)
    await house.crowd(3)

    assert [2] == [way.width for way in house.ways]


async def test_hosts_have_pools_of_their_own() -> None:
    """An upload never costs the API a connection; late hosts share."""
    house = House()
    for number in range(10):
        await house.crowd(1, f"h{number}.example")

    await house.crowd(1, "h0.example")

    assert [2, 1, 1, 1, 1, 1, 1, 1, 2] == [way.served for way in house.ways]


async def test_room_comes_back_from_failures_and_cancellations() -> None:
    """Whatever ends a request ends it."""
    house = House()
    with pytest.raises(httpx.ReadError):
        await house.client.get("https://api.example/broken")

    for after in (0.5, 1.5):  # before the answer, and while its body is closed
        with anyio.move_on_after(after):
            await house.crowd(4)

    assert "<Pools 0 requests in 1 pools>" == repr(house.pools)


async def test_what_only_a_crowd_needed_is_closed_after_it() -> None:
    """A burst leaves no idle connections behind, while the first stay warm."""
    house = House()
    await house.crowd(9)
    await anyio.sleep(91)
    for _ in range(3):
        await house.crowd(1)

    assert [False, True, True] == [way.is_closed for way in house.ways]

    await house.crowd(5)

    assert [False, True, True, False] == [way.is_closed for way in house.ways]


async def test_closing_closes_all() -> None:
    """Every pool of every host."""
    house = House()
    await house.crowd(5)
    await house.crowd(1, "oss.example")

    await house.client.aclose()

    assert [True, True, True] == [way.is_closed for way in house.ways]
