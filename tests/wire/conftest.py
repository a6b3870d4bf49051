"""One real server of each kind for all tests of a session that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.wire.servers import Server, postgres_server, redis_server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Give the address of a Redis."""
    with redis_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the address of a PostgreSQL."""
    with postgres_server() as server:
        yield server.url


@pytest.fixture(params=["postgres", "redis"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Give the address of one kind of server after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["postgres", "redis"])
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Give a server of one's own, to be stopped and started."""
    make = {"postgres": postgres_server, "redis": redis_server}[request.param]
    with make() as server:
        yield server
