"""Going on with a run."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.cli.office import Office, bundle

from esa_flows import Context, flow

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def test_a_paused_release_goes_on(tmp_path: Path) -> None:
    """What was done is not done again; the end is the release's own."""
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
    uploads = office.changes["PostObject"]

    done = await office.run("resume", "mine")

    assert 0 == done.code
    assert "run mine0001 goes on where it was" in done.err
    assert "shop: released" in done.out
    assert uploads == office.changes["PostObject"]
    assert {office.versions()[-1]: 100} == office.serves()


async def test_the_end_of_a_run_that_failed_is_told_again(tmp_path: Path) -> None:
    """Resuming what has ended changes nothing and gives the same code."""
    office = Office()
    await office.run("release", "shop", bundle(tmp_path), "--run-id", "mine0001")

    done = await office.run("resume", "mine0001")

    assert 10 == done.code
    assert "Run mine0001 had ended before; nothing was done now." in done.err


@flow
async def greet(_ctx: Context, name: str) -> str:
    """Give a greeting."""
    return f"hello {name}"


async def test_a_flow_of_one_s_own() -> None:
    """What another flow returned is shown as it is."""
    office = Office()
    async with office.client(flows=(greet,)) as client:
        await client.run(greet, "ann", run_id="mine0001")

    done = await office.run("resume", "mine0001", flows=(greet,))
    unknown = await office.run("resume", "mine0001")

    assert (0, "The run ended and gave 'hello ann'.\n") == (done.code, done.out)
    assert 1 == unknown.code
    assert "which this program does not" in unknown.err
