"""Every asynchronous test runs on asyncio and on trio, in virtual time.

Virtual time moves only when everybody waits: a bake of ten minutes takes microseconds.
It does not cover threads and sockets; tests that need those carry ``real_time``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from esa_flows.testing import virtual_backend


def pytest_configure(config: pytest.Config) -> None:
    """Declare our markers."""
    for marker in (
        "real_time: needs threads, sockets or processes; real clocks",
        "may_block: looks at files or processes from the event loop on purpose",
        "slow: takes minutes in all; left out unless asked for, as `make kill` does",
    ):
        config.addinivalue_line("markers", marker)


@pytest.fixture(autouse=True, scope="session")
def no_metadata_service() -> Iterator[None]:
    """Ask no machine's metadata service for credentials: tests stay on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        yield


@pytest.fixture(autouse=True, scope="session")
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the user's state folder alone, in processes that tests start too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Asyncio and trio; the clock jumps unless the test is marked ``real_time``."""
    if request.node.get_closest_marker("real_time") is not None:
        return request.param, {}

    return virtual_backend(request.param)


@pytest.fixture(autouse=True)
def blockbuster(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """Fail a test that blocks its event loop with a synchronous call."""
    if request.node.get_closest_marker("may_block") is not None:
        yield None
        return

    with blockbuster_ctx("esa_flows") as blocking:
        yield blocking
