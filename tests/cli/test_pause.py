"""Stopping a run where it is."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Done, Office, bundle

from esa_flows.engine.journal import Owner
from esa_flows.engine.process import Life

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_a_driven_run_stops_where_it_is(tmp_path: Path) -> None:
    """The one who asks hears that it stands; the driver ends with code 13."""
    office = Office()
    old = office.live()
    file = bundle(tmp_path)
    ends: list[Done] = []

    async def release() -> None:
        """Release, beside the test."""
        ends.append(
            await office.run(
                "release", "shop", file, "--canary", "10:5m,100", "--run-id", "mine0001"
            )
        )

    async with anyio.create_task_group() as group:
        group.start_soon(release)
        await anyio.sleep(60)
        done = await office.run("pause", "mine0001", life=lambda _: Life.ALIVE)

    assert 0 == done.code
    assert "Run mine0001 has stopped (paused).\n" in done.out
    assert "Go on with: esa-flows resume mine0001\n" in done.out
    assert 13 == ends[0].code
    assert 1 == ends[0].err.count("Go on with: esa-flows resume mine0001")
    assert 90 == office.serves()[old]


async def test_a_run_that_nobody_drives(tmp_path: Path) -> None:
    """There is nobody to ask: it stands still already."""
    office = Office()
    office.live()
    with anyio.move_on_after(60):
        await office.run(
            "release",
            "shop",
            bundle(tmp_path),
            "--canary",
            "10:5m,100",
            "--run-id",
            "mine0001",
        )

    done = await office.run("pause", "mine0001", "--json")

    assert ("paused", 0) == (done.json["state"], done.code)
    assert "Run mine0001 stands still already (paused)." in done.err


async def test_a_run_that_has_ended(tmp_path: Path) -> None:
    """There is nothing to stop."""
    office = Office()
    await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")

    done = await office.run("pause", "mine0001")

    assert (0, "Run mine0001 has ended (failed).\n") == (done.code, done.out)


async def test_a_driver_that_does_not_listen(tmp_path: Path) -> None:
    """After a minute the truth is told: it was asked, it still runs."""
    office = Office()
    office.live()
    file = bundle(tmp_path)
    async with anyio.create_task_group() as group:
        group.start_soon(
            office.run,
            "release",
            "shop",
            file,
            "--canary",
            "10:5m,100",
            "--run-id",
            "mine0001",
        )
        await anyio.sleep(60)
        group.cancel_scope.cancel()

    # The lease is taken by a process that does nothing.
    beat = await office.journal.beat_of("mine0001")
    other = Owner("boot", 99, "0", "test")
    await office.journal.take("mine0001", other, seen=beat)
    done = await office.run("pause", "mine0001", life=lambda _: Life.ALIVE)

    assert 17 == done.code
    assert "it was asked to pause" in done.out
