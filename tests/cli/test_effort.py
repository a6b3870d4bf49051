"""How long a command has taken, and with how many calls."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, bundle

from esa_flows.cli.effort import Effort
from esa_flows.cli.summary import Spent
from esa_flows.model import RoutineName

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_uploads_are_told_apart_from_calls_under_the_cap(tmp_path: Path) -> None:
    """A release asks for one form, and sends one bundle to the storage service."""
    office = Office()
    office.live()
    async with office.client() as client:
        effort = Effort.whole(office.desk(), client)

        await client.release("shop", bundle(tmp_path), canary="100")

        made = office.cloud.report().calls
        assert 1 == effort.spent.uploads
        assert effort.calls == effort.spent.calls == sum(made.values()) - 1


async def test_what_came_before_is_counted_or_not() -> None:
    """The reads of a plan are no part of what its rollout takes."""
    office = Office()
    office.live()
    async with office.client() as client:
        cloud = client.connection.cloud
        await cloud.observe(RoutineName("shop"))
        whole = Effort.whole(office.desk(), client)
        now = Effort.from_now(office.desk(), client)
        await anyio.sleep(1.5)
        await cloud.observe(RoutineName("shop"))

        assert (2, 1) == (whole.calls, now.calls)
        assert 1.5 <= now.spent.seconds < 2.0
        assert now.now == now.began + now.spent.seconds


def test_what_it_took_in_words() -> None:
    """Uploads are told where there are any."""
    assert "2,802 calls and 200 uploads in 31.0 s" == str(
        Spent(calls=2802, uploads=200, seconds=31.0)
    )
    assert "1 call in 0.5 s" == str(Spent(calls=1, seconds=0.5))
