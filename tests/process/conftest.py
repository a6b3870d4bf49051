"""One local cloud and one warm parent for all tests with real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.process.place import Place, served


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """Serve a local cloud; each test makes its own world there."""
    with served() as made:
        yield made


@pytest.fixture(scope="session")
def tls_place() -> Iterator[Place]:
    """Serve a local cloud over TLS, with its samples."""
    with served("--tls") as made:
        yield made
