"""Killed with SIGKILL, its folder deleted: the plan alone brings it to its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest

from esa_flows.localcloud.spawn import Spawned, spawned

NEW = b'export default { fetch() { return new Response("new"); } };\n'


def _environment(cloud: Spawned, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(folder),
        "ESA_FLOWS_ENDPOINT": cloud.api,
        "ESA_FLOWS_STAGING_EDGE": cloud.edge_staging,
        "ESA_FLOWS_JOURNAL": str(folder / "journal.db"),
        "ESA_FLOWS_SETTLE": "1s",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.access_key_secret,
    }


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "esa_flows", *words]


async def _report(http: httpx.AsyncClient, cloud: Spawned) -> dict[str, object]:
    found: dict[str, object] = (
        await http.get(f"{cloud.api}/__control__/report")
    ).json()
    return found


async def _killed_during(env: dict[str, str], cloud: Spawned, *words: str) -> None:
    """Run a release until production has its first share, then kill it."""
    command = _command(*words)
    async with (
        await anyio.open_process(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process,
        httpx.AsyncClient() as http,
    ):
        with anyio.fail_after(60):
            while True:
                splits = (await _report(http, cloud))["splits"]
                if len(splits["checkout-edge"]["production"]) > 1:  # type: ignore[index]
                    break

                await anyio.sleep(0.05)

        process.send_signal(signal.SIGKILL)
        await process.wait()


@pytest.mark.real_time
@pytest.mark.may_block
@pytest.mark.parametrize("keeps_bundle", [True, False], ids=["bundle", "no bundle"])
async def test_a_plan_is_all_that_is_needed(
    *, keeps_bundle: bool, tmp_path: Path
) -> None:
    """Another folder, an empty journal: no second version, the same end."""
    old, fresh = tmp_path / "old", tmp_path / "fresh"
    old.mkdir()
    fresh.mkdir()
    bundle, plan = tmp_path / "worker.js", tmp_path / "plan.json"
    bundle.write_bytes(NEW)
    release = ("release", "checkout-edge", str(bundle), "--canary", "10:20s,100")
    async with spawned(["--dice", "7"]) as cloud, httpx.AsyncClient() as http:
        before = await _report(http, cloud)
        await _killed_during(
            _environment(cloud, old), cloud, *release, "--plan-out", str(plan)
        )
        shutil.rmtree(old)
        if not keeps_bundle:
            bundle.unlink()

        _shorten(plan)
        ended = await anyio.run_process(
            _command("resume", "--plan", str(plan), "--json"),
            env=_environment(cloud, fresh),
            check=False,
        )
        after = await _report(http, cloud)

    assert 0 == ended.returncode, ended.stderr.decode()
    assert "released" == json.loads(ended.stdout)["outcome"]
    had = before["versions"]["checkout-edge"]  # type: ignore[index]
    has = after["versions"]["checkout-edge"]  # type: ignore[index]
    assert len(had) + 1 == len(has)
    whole = {has[-1]: 100}
    assert {"staging": whole, "production": whole} == after["splits"]["checkout-edge"]  # type: ignore[index]
    assert [] == after["orphans"]
    assert [] == after["violations"]


def _shorten(plan: Path) -> None:
    """Let the bake be short when it begins anew: the test has waited enough."""
    told = json.loads(plan.read_text(encoding="utf-8"))
    told["releases"][0]["release"]["canary"]["stages"][0]["bake"] = "1s"
    plan.write_text(json.dumps(told), encoding="utf-8")
