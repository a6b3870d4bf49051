"""Killed with SIGKILL over real sockets and a real journal, resumed to the same end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest

from esa_flows.localcloud.spawn import Spawned, spawned

CHILD = Path(__file__).with_name("child.py")
NEW = b'export default { fetch() { return new Response("new"); } };\n'
MOMENTS = [
    "after:GetRoutineStagingCodeUploadInfo:1",
    "after:PostObject:1",
    "before:CommitRoutineStagingCode:1",
    "after:CommitRoutineStagingCode:1",
    "after:CreateRoutineCodeDeployment:1",
    "after:CreateRoutineCodeDeployment:2",
    "before:CreateRoutineCodeDeployment:3",
]
FATES = ["kept", "rebuilt", "deleted"]


def environment(cloud: Spawned, folder: Path) -> dict[str, str]:
    """Give a child everything it needs to know."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ESA_FLOWS_ENDPOINT": cloud.api,
        "ESA_FLOWS_STAGING_EDGE": cloud.edge_staging,
        "ESA_FLOWS_JOURNAL": str(folder / "journal.db"),
        "ESA_FLOWS_SETTLE": "1s",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.access_key_secret,
    }


async def child(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a child to its end or its death."""
    command = [sys.executable, str(CHILD), *words]
    return await anyio.run_process(command, env=env, check=False)


def change(file: Path, fate: str) -> None:
    """Do to the file what a build may do while the release is dead."""
    if fate == "rebuilt":
        file.write_bytes(b"// another build\n")
    elif fate == "deleted":
        file.unlink()


@pytest.mark.real_time
@pytest.mark.may_block
@pytest.mark.parametrize("place", range(len(MOMENTS)), ids=MOMENTS)
async def test_a_killed_release_ends_as_an_undisturbed_one(
    place: int, tmp_path: Path, anyio_backend_name: str
) -> None:
    """After SIGKILL at any of these moments, a resume makes no second version."""
    file = tmp_path / "worker.js"
    file.write_bytes(NEW)
    async with spawned(["--dice", "7"]) as cloud, httpx.AsyncClient() as http:
        env = environment(cloud, tmp_path)
        before = (await http.get(f"{cloud.api}/__control__/report")).json()

        died = await child(
            env, anyio_backend_name, "release", str(file), MOMENTS[place]
        )
        change(file, FATES[place % len(FATES)])
        ended = await child(env, anyio_backend_name, "resume")

        after = (await http.get(f"{cloud.api}/__control__/report")).json()

    assert -signal.SIGKILL == died.returncode
    assert (0, b"released\n") == (ended.returncode, ended.stdout), ended.stderr
    old, new = before["versions"]["checkout-edge"], after["versions"]["checkout-edge"]
    assert len(old) + 1 == len(new)
    assert {"staging": {new[-1]: 100}, "production": {new[-1]: 100}} == after["splits"][
        "checkout-edge"
    ]
    assert [] == after["orphans"]
    assert [] == after["violations"], json.dumps(after["violations"])
    assert after["peak_window"] <= 100
