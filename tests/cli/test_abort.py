"""Stopping a run and going back."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Done, Office, bundle

from esa_flows import Context, flow
from esa_flows.engine.process import Life
from esa_flows.localcloud import Fault

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_a_paused_release_is_taken_back(tmp_path: Path) -> None:
    """Production serves what it served before: a success."""
    office = Office()
    old = office.live()
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

    done = await office.run("abort", "mine0001", "--json")

    assert 0 == done.code
    assert ("aborted", {old: 100}) == (done.json["outcome"], done.json["production"])
    assert {old: 100} == office.serves() == office.serves(env="staging")


async def test_a_driven_release_is_asked_to_go_back(tmp_path: Path) -> None:
    """The process that drives it ends with code 12, the one that asked with 0."""
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
        done = await office.run("abort", "mine0001", life=lambda _: Life.ALIVE)

    assert 0 == done.code
    assert "Asked the process that drives run mine0001; waiting." in done.err
    assert 12 == ends[0].code
    assert "abort asked for by someone" in ends[0].err
    assert {old: 100} == office.serves()


async def test_what_has_ended_stays(tmp_path: Path) -> None:
    """Aborting what has ended is no error and changes nothing."""
    office = Office()
    office.live()
    await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")
    before = office.changes

    done = await office.run("abort", "mine0001")

    assert 0 == done.code
    assert "Run mine0001 has ended; nothing was done.\n" == done.out
    assert before == office.changes


async def test_a_conflict_on_the_way_back_is_told(tmp_path: Path) -> None:
    """What somebody else deployed meanwhile is not taken back: code 14."""
    office = Office()
    office.live()
    other = office.cloud.console.add_version("shop", b"//theirs", "theirs")
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
    office.cloud.console.deploy("shop", "production", {other: 100})

    done = await office.run("abort", "mine0001")

    assert 14 == done.code
    assert {other: 100} == office.serves()


async def test_before_anything_was_done(tmp_path: Path) -> None:
    """A run that had changed nothing is aborted without asking the provider."""
    office = Office()
    office.live()
    office.cloud.inject(Fault(operation="GetRoutine", kind="throttle", times=999))
    with anyio.move_on_after(3):
        await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")

    done = await office.run("abort", "mine0001")

    assert 0 == done.code
    assert "shop: aborted (run mine0001)\n  production  as before\n" in done.out
    assert {} == office.changes


async def test_a_driven_release_before_anything_was_done(tmp_path: Path) -> None:
    """The same where another process drives the run."""
    office = Office()
    office.live()
    office.cloud.inject(Fault(operation="GetRoutine", kind="throttle", times=999))
    file = bundle(tmp_path)
    ends: list[Done] = []

    async def release() -> None:
        """Release, beside the test."""
        argv = ("release", "shop", file, "--run-id", "mine0001")
        ends.append(await office.run(*argv))

    async with anyio.create_task_group() as group:
        group.start_soon(release)
        await anyio.sleep(3)
        done = await office.run("abort", "mine0001", life=lambda _: Life.ALIVE)

    assert 0 == done.code
    assert "shop: aborted (run mine0001)\n  production  as before\n" in done.out
    assert 12 == ends[0].code


@flow
async def nap(ctx: Context, name: str) -> str:
    """Sleep long."""
    await ctx.sleep("10m", key="nap")
    return name


async def test_a_flow_of_one_s_own() -> None:
    """A flow that does not handle its abort just ends."""
    office = Office()
    async with office.client(flows=(nap,)) as client:
        with anyio.move_on_after(60):
            await client.run(nap, "ann", run_id="mine0001")

    done = await office.run("abort", "mine0001", flows=(nap,))

    assert (0, "Run mine0001 is aborted.\n") == (done.code, done.out)


async def test_a_run_can_be_stopped_and_kept(tmp_path: Path) -> None:
    """What serves now is kept; the run is over."""
    office = Office()
    old = office.live()
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
    done = await office.run("abort", "mine0001", "--keep")

    assert 0 == done.code
    assert "Run mine0001 is ended where it was; nothing was put back.\n" == done.out
    assert 90 == office.serves()[old]
    assert "aborted" in (await office.run("status", "mine0001")).out
