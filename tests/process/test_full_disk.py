"""The disk is full in the middle: no further call is sent, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.process.test_kill import NEW, child, environment

from esa_flows.localcloud.spawn import spawned

MOMENTS = {
    "GetRoutineStagingCodeUploadInfo": {"CommitRoutineStagingCode": 0},
    "CommitRoutineStagingCode": {"CreateRoutineCodeDeployment": 0},
    "CreateRoutineCodeDeployment": {"CreateRoutineCodeDeployment": 1},
}
"""From which call on, and how often what must not follow was counted."""


def moved(folder: Path, to: Path) -> Path:
    """Copy journal and bytes as they are to another disk."""
    to.mkdir(mode=0o700)
    for path in folder.glob("journal.db*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, to / path.name)

    return to


async def report(cloud: Any, http: httpx.AsyncClient) -> Any:
    """Ask the judge."""
    return (await http.get(f"{cloud.api}/__control__/report")).json()


@pytest.mark.real_time
@pytest.mark.may_block
@pytest.mark.parametrize("operation", MOMENTS)
async def test_no_call_is_sent_that_cannot_be_recorded(
    operation: str, tmp_path: Path, anyio_backend_name: str
) -> None:
    """The run stops where it is; with its journal on another disk it is resumed."""
    here = tmp_path / "here"
    here.mkdir(mode=0o700)
    file = here / "worker.js"
    file.write_bytes(NEW)
    async with spawned(["--dice", "7"]) as cloud, httpx.AsyncClient() as http:
        before = await report(cloud, http)
        full = await child(
            environment(cloud, here),
            anyio_backend_name,
            "release",
            str(file),
            f"full:{operation}:1",
        )
        stopped = await report(cloud, http)
        elsewhere = moved(here, tmp_path / "elsewhere")
        ended = await child(environment(cloud, elsewhere), anyio_backend_name, "resume")
        after = await report(cloud, http)

    assert 1 == full.returncode
    assert b"JournalUnavailable" in full.stderr
    for never, count in MOMENTS[operation].items():
        assert count == stopped["calls"].get(never, 0) - before["calls"].get(never, 0)

    assert (0, b"released\n") == (ended.returncode, ended.stdout), ended.stderr
    assert 1 == len(after["versions"]["checkout-edge"]) - len(
        before["versions"]["checkout-edge"]
    )
    assert [] == after["violations"], json.dumps(after["violations"])
