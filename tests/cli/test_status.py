"""One run, from its journal."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, bundle

from esa_flows.engine.process import Life
from esa_flows.localcloud import Fault, Switches

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_a_run_that_was_interrupted(tmp_path: Path) -> None:
    """Where it stands, what serves as it was seen last, and what can be done now."""
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
    new = office.versions()[-1]

    done = await office.run("status", "mine")

    assert 0 == done.code
    assert done.out.startswith(
        "Run mine0001: release shop\n  state       paused\n  driven by   nobody\n"
    )
    assert f"  production  {new} 10 % + {old} 90 %, as last seen\n" in done.out
    assert "baking: until 12:05:00 UTC" in done.out
    assert "  next        esa-flows resume mine0001\n" in done.out
    assert "  next        esa-flows abort mine0001\n" in done.out


async def test_a_run_that_is_driven(tmp_path: Path) -> None:
    """A living process is named, and pausing is what can be asked of it."""
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

        alive = await office.run("status", "mine0001", life=lambda _: Life.ALIVE)
        dead = await office.run("status", "mine0001", life=lambda _: Life.DEAD)
        elsewhere = await office.run(
            "status", "mine0001", life=lambda _: Life.ELSEWHERE
        )
        group.cancel_scope.cancel()

    assert "  state       running\n  driven by   process 1, alive\n" in alive.out
    assert "  next        esa-flows pause mine0001\n" in alive.out
    assert (
        "  state       interrupted\n  driven by   nobody; process 1 is gone\n"
        in dead.out
    )
    assert "process 1 of another machine or container" in elsewhere.out


async def test_a_run_that_has_ended(tmp_path: Path) -> None:
    """Every step with its time and its result; as JSON too."""
    office = Office()
    old = office.live()
    office.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
    await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")

    done = await office.run("status", "mine0001")
    told = (await office.run("status", "mine0001", "--json")).json

    assert f"compare version …{old[-6:]}" in done.out
    assert "holds other code" in done.out
    assert "(attempt 2)" in done.out
    assert "  next        esa-flows versions list shop\n" in done.out
    assert ("succeeded", "released") == (told["state"], told["outcome"])
    steps = {step["step"]: step for step in told["steps"]}
    assert 2 == steps["commit#1"]["attempts"]
    assert "done" == steps["deploy[production:100]#1"]["state"]


async def test_a_run_that_failed_at_once(tmp_path: Path) -> None:
    """A failed step says why; nothing is claimed about what serves."""
    office = Office()
    await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")

    done = await office.run("status", "mine0001")

    assert "failed: GetRoutine found no routine of this name" in done.out
    assert "as last seen" not in done.out


@pytest.mark.parametrize("command", ["status", "resume", "abort", "pause"])
@pytest.mark.parametrize("run", ["nope", "x", ""])
async def test_an_unknown_run(command: str, run: str) -> None:
    """A run that the journal does not know is told, with where to look."""
    office = Office()

    done = await office.run(command, run)

    assert 2 == done.code
    assert f"error In the journal memory no run begins with {run!r}." in done.err
    assert "next  List them with: esa-flows runs" in done.err
    assert {} == dict(office.cloud.report().calls)


async def test_a_step_that_was_begun(tmp_path: Path) -> None:
    """A change that is under way is shown as begun: nobody knows yet."""
    office = Office(switches=Switches(latency=5.0))
    office.live()
    file = bundle(tmp_path)
    async with anyio.create_task_group() as group:
        group.start_soon(office.run, "release", "shop", file, "--run-id", "mine0001")
        await anyio.sleep(22)
        done = await office.run("status", "mine0001", "--json")
        group.cancel_scope.cancel()

    assert "begun" == done.json["steps"][-1]["state"]
    assert done.json["steps"][-1]["seconds"] is None
