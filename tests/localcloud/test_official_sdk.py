"""The unmodified official Python SDK drives a release against the served cloud."""

from __future__ import annotations

import json
import os
from pathlib import Path

import anyio
import httpx
import pytest

from esa_flows.localcloud.spawn import spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]
SCRIPT = "tests/official_sdk/release.py"


def interpreter() -> str:
    """Return the interpreter that has the SDK; skip, or in CI fail, without one."""
    path = os.environ.get("ESA_FLOWS_SDK_PYTHON", ".venv-sdk/bin/python")
    if Path(path).exists():
        return path

    reason = (
        f"no official SDK at {path}: make a virtual environment from "
        "tests/official_sdk/requirements.txt or set ESA_FLOWS_SDK_PYTHON"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)

    pytest.skip(reason)


async def test_the_official_sdk_releases() -> None:
    """Create, upload, commit, read back, stage, canary, promote, prune."""
    python = interpreter()
    async with spawned(["--empty"]) as at, httpx.AsyncClient(trust_env=False) as client:
        command = [python, SCRIPT, at.api, at.access_key_id, at.access_key_secret]
        done = await anyio.run_process(command, stderr=None)
        report = (await client.get(f"{at.api}/__control__/report")).json()

    assert json.loads(done.stdout) == {
        "service": "Running",
        "created": "OK",
        "uploads": [200, 200],
        "same_code": True,
        "state": "available",
        "canary": [10, 90],
        "delete_live": "DependedByOthers",
        "delete_old": "OK",
        "live_is_new": True,
        "only_new_left": True,
        "staging_addresses": ["127.0.0.1"],
        "routines": ["sdk-routine"],
        "quota": "10",
    }
    assert [seen["rule"] for seen in report["violations"]] == ["I2"]
    assert report["throttled"] == 0
