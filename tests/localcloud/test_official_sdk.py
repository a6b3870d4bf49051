"""The unmodified official Python SDKs drive everything against the served cloud."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from esa_flows.localcloud import dcdn, esa
from esa_flows.localcloud.spawn import Spawned, spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]
FOLDER = "tests/official_sdk"
STS = {"id": "STS.NFakeKeyId0001", "secret": "FakeStsSecret", "token": "CAISFake+/="}
NOT_DONE = {"DeleteRoutine", "OpenErService"}  # the service is open, the routine stays
PLAYED_ESA = set(esa.ESA.operations) - NOT_DONE
KINDS = [("sync", False), ("async", False), ("sync", True)]
ESA = {
    "created": "OK",
    "described": "OK",
    "set": ["A", "B"],
    "variables": {"A": "plain_text", "B": "secret_text"},
    "dropped": [["B"], ["C"]],
    "code upload": 200,
    "package upload": 204,
    "package": ["available", True, "SinglePageApplication"],
    "same code": True,
    "listed": [["two", False], ["one", True]],
    "split": [80, 20],
    "live": {"production": [80, 20], "staging": [100]},
    "deleted": "OK",
    "site": ["example.com"],
    "records": [1, 1],
    "unbound": "OK",
    "route": ['(http.host eq "www.example.com")', "on"],
    "routes": [1, 1],
    "service": "Running",
    "info": 1,
    "quota": "10",
    "addresses": ["127.0.0.1"],
    "areas": 35,
    "token": 2,
}
DCDN = {
    "created": {"Status": "OK"},
    "uploads": [200, 200],
    "same code": True,
    "deleted": {"Status": "OK"},
    "test upload": 200,
    "newer": True,
    "subdomains": ["subdomain-test"],
    "specs": ["5ms", "50ms", "100ms"],
    "areas": 35,
    "domains": ["a.example.com"],
    "on service": True,
    "revisions": 3,
    "live": {"production": True, "staging": True, "presetCanaryZhejiang": True},
    "described": '"second"',
    "envs": ["production", "staging"],
    "gone": {"Status": "OK"},
}


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """One loop is enough: the programs are other processes."""
    return "asyncio", {}


def interpreter() -> str:
    """Return the interpreter that has the SDKs; skip, or in CI fail, without one."""
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


async def run(at: Spawned, script: str, *arguments: str) -> Any:
    """Run a script of the SDK's environment and return what it printed."""
    command = [interpreter(), f"{FOLDER}/{script}", *arguments]
    without_proxies = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    done = await anyio.run_process(command, stderr=None, env=without_proxies)
    return json.loads(done.stdout)


async def report(at: Spawned) -> Any:
    """Return what the cloud saw."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{at.api}/__control__/report")).json()


async def key_of(at: Spawned, *, temporary: bool) -> list[str]:
    """Return the arguments that name a key; a temporary one is made known first."""
    if not temporary:
        return [at.access_key_id, at.access_key_secret]

    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{at.api}/__control__/keys", json=[STS])

    assert reply.status_code == 200
    return [STS["id"], STS["secret"], STS["token"]]


async def test_the_official_sdk_releases() -> None:
    """Create, upload, commit, read back, stage, canary, promote, prune."""
    async with spawned(["--empty"]) as at:
        key = [at.access_key_id, at.access_key_secret]
        seen = await run(at, "release.py", at.api, *key)
        told = await report(at)

    assert seen == {
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
    assert [violation["rule"] for violation in told["violations"]] == ["I2"]


@pytest.mark.parametrize(("kind", "temporary"), KINDS)
async def test_every_esa_operation(*, kind: str, temporary: bool) -> None:
    """By both sorts of method, and with a temporary key."""
    async with spawned(["--empty"]) as at:
        key = await key_of(at, temporary=temporary)
        seen = await run(at, "esa.py", kind, at.api, *key)
        told = await report(at)

    assert seen == {**ESA, "routines": [f"sdk-{kind}"]}
    assert set(told["calls"]) - {"PostObject"} == PLAYED_ESA
    assert told["codes"] == {}


@pytest.mark.parametrize(("kind", "temporary"), KINDS)
async def test_every_dcdn_operation(*, kind: str, temporary: bool) -> None:
    """By both sorts of method, and with a temporary key."""
    async with spawned(["--empty"]) as at:
        key = await key_of(at, temporary=temporary)
        seen = await run(at, "dcdn.py", kind, at.api, *key)
        told = await report(at)

    assert seen == {**DCDN, "routines": [f"sdk-{kind}"]}
    assert set(told["calls"]) - {"PostObject"} == set(dcdn.DCDN.operations)
    assert told["codes"] == {}
