"""Plans made with reads alone, and carried out with a store that is not theirs."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from attrs import evolve

from esa_flows import Client, Outcome, Report
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput, RunInProgress
from esa_flows.files import MemoryBlobs, digest_of
from esa_flows.localcloud import Switches
from tests.house import NEW, OTHER, House

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


def _elsewhere(house: House) -> Client:
    return house.client(journal=MemoryJournal(), blobs=MemoryBlobs())


async def test_a_plan_leaves_no_run_behind() -> None:
    """Nothing is recorded, so nothing has to be ended."""
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW)

            assert () == await client.runs.list()

        assert 12 == len(plan.releases[0].run)


async def test_a_plan_foretells_how_long_the_way_back_takes() -> None:
    """A look, the change and a reading, as long as calls took when it was made."""
    with House(switches=Switches(latency=0.2)) as house:
        old = house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW)
            await client.release("shop", NEW)
            began = anyio.current_time()
            await client.rollback("shop")
            took = anyio.current_time() - began

        assert {old: 100} == house.serves()
        assert plan.latency == pytest.approx(0.2)
        assert plan.rollback_time.seconds == pytest.approx(0.6)
        assert plan.rollback_time.seconds < took
        assert plan == type(plan).parse(plan.to_json())


async def test_a_run_id_of_one_s_own() -> None:
    """The id that a release is given is the one its plan is made for."""
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW, run_id="nightly42")

        assert "nightly42" == plan.releases[0].run


@pytest.mark.parametrize("fate", ["kept", "rebuilt", "deleted"])
async def test_the_bundle_is_taken_from_its_file_again(
    fate: str, tmp_path: Path
) -> None:
    """By path and digest: a file that was built anew is not what was planned."""
    file = tmp_path / "worker.js"
    file.write_bytes(NEW)
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", file)

        if fate == "rebuilt":
            file.write_bytes(OTHER)
        elif fate == "deleted":
            file.unlink()

        async with _elsewhere(house) as client:
            if fate == "kept":
                report: Report = await client.resume(plan)
                assert digest_of(NEW) == house.digest(str(report.version))
                return

            with pytest.raises(InvalidInput, match=r"worker\.js does not hold sha256"):
                await client.resume(plan)


async def test_a_package_is_packed_again(tmp_path: Path) -> None:
    """The same files give the same bytes on every machine."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.js").write_bytes(NEW)
    (tmp_path / "assets" / "index.html").write_bytes(b"<h1>shop</h1>")
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", tmp_path, not_found="spa")

        async with _elsewhere(house) as client:
            report: Report = await client.resume(plan)

        assert Outcome.RELEASED is report.outcome


async def test_a_package_that_is_a_version_needs_no_file(tmp_path: Path) -> None:
    """It cannot be read back, and need not be."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.js").write_bytes(NEW)
    (tmp_path / "assets" / "index.html").write_bytes(b"<h1>shop</h1>")
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", tmp_path, canary="10:5m,100")
            with anyio.move_on_after(60):
                await client.release(
                    "shop", tmp_path, canary="10:5m,100", run_id=plan.releases[0].run
                )

        (tmp_path / "index.js").unlink()
        async with _elsewhere(house) as client:
            report: Report = await client.resume(plan)

        assert Outcome.RELEASED is report.outcome


async def test_a_routine_that_is_to_be_created_has_no_versions(tmp_path: Path) -> None:
    """Nowhere to read the code back from: its file is needed."""
    with House() as house:
        async with house.client() as client:
            plan = await client.plan("shop", NEW, create=True)

        async with _elsewhere(house) as client:
            with pytest.raises(InvalidInput, match="no file does not hold"):
                await client.resume(plan)


async def test_a_routine_with_another_unfinished_run_is_left_alone() -> None:
    """One run of a routine at a time, planned or not."""
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW)
            with anyio.move_on_after(60):
                await client.release("shop", OTHER, canary="10:5m,100")

            with pytest.raises(RunInProgress):
                await client.resume(plan)


async def test_a_plan_of_many_is_for_a_rollout() -> None:
    """The file may hold many; one is carried out at a time."""
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW)
            many = evolve(plan, releases=plan.releases * 2)
            with pytest.raises(InvalidInput, match="has 2 releases"):
                await client.resume(many)


async def test_it_shows_nothing_of_its_client() -> None:
    """A line for people."""
    with House() as house:
        async with house.client() as client:
            assert "<Plans>" == repr(client._plans)
