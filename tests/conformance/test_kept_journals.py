"""Journals that earlier releases left half-done: this one goes on with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from attrs import evolve
from tests.house import OTHER, House
from tests.samples.journals.make import HERE, RUN, SCENES

from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.errors import RunInProgress, StepChanged
from esa_flows.files import BlobStore
from esa_flows.release.release import release
from esa_flows.release.report import Outcome

pytestmark = pytest.mark.may_block  # the journal's file is read in the loop

LATER = 3600.0
"""Seconds from the beginning of the run until somebody goes on with it."""

KEPT = sorted(HERE.glob("*/*.sqlite"))

every_kept = pytest.mark.parametrize(
    "kept", KEPT, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


@contextmanager
def house_of(kept: Path, folder: Path) -> Iterator[House]:
    """Give a house with the cloud, the journal and the blobs that a process left."""
    path = folder / kept.name
    shutil.copy(kept, path)
    shutil.copytree(f"{kept}.blobs", f"{path}.blobs")
    journal = SQLiteJournal(path, writer="inline")
    blobs = BlobStore(Path(f"{path}.blobs"), mode="inline")
    with House(journal=journal, blobs=blobs) as house:
        house.cloud.load(kept.with_suffix(".cloud.json"))
        yield house
        journal._shut()


def test_every_release_keeps_every_scene() -> None:
    """No journal is forgotten when the next release's are made."""
    releases = {path.parent.name for path in KEPT}

    assert "0.1.0" in releases
    for name in releases:
        kept = {path.stem for path in KEPT if path.parent.name == name}
        assert {scene.name for scene in SCENES} >= kept
        assert kept


@every_kept
async def test_a_kept_run_comes_to_its_end(kept: Path, tmp_path: Path) -> None:
    """It is resumed, not begun again: nothing that was committed is committed twice."""
    with house_of(kept, tmp_path) as house:
        await anyio.sleep(LATER)
        async with house.client() as client:
            report = await client.resume(RUN)

        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves() == house.serves(env="staging")
        assert 2 == len(house.versions())


@every_kept
async def test_a_kept_run_takes_no_other_content(kept: Path, tmp_path: Path) -> None:
    """Another bundle under the same id is refused; both are named."""
    with house_of(kept, tmp_path) as house:
        async with house.client() as client:
            with pytest.raises(RunInProgress, match=RUN):
                await client.release("shop", OTHER, run_id=RUN)

        assert [] == house.transport.calls


@every_kept
async def test_other_code_does_not_go_on_with_a_kept_run(
    kept: Path, tmp_path: Path
) -> None:
    """A flow whose author raised its version says so, and changes nothing."""
    changed = evolve(release, version=release.version + 1)
    with house_of(kept, tmp_path) as house:
        async with house.client(flows=(changed,)) as client:
            with pytest.raises(
                StepChanged, match=r"was begun with version 1 of the flow 'release'"
            ):
                await client.resume(RUN)

        assert [] == house.transport.calls
