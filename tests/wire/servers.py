"""Real servers to keep slots in; without them a test is skipped, and fails in CI."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from benchmarks import servers
from benchmarks.servers import Server

__all__ = ["Server", "postgres_server", "redis_server"]


@contextlib.contextmanager
def given(make: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """Run a server if it is installed."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(make())
        except FileNotFoundError as missing:
            if os.environ.get("CI"):
                pytest.fail(str(missing))

            pytest.skip(str(missing))

        yield server


def redis_server() -> AbstractContextManager[Server]:
    """Run a Redis."""
    return given(servers.redis_server)


def postgres_server() -> AbstractContextManager[Server]:
    """Run a PostgreSQL."""
    return given(servers.postgres_server)
