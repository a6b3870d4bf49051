"""Gates over real sockets: a canary that answers 500 is caught by real visitors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.house import BROKEN, NEW, OLD

from esa_flows import Client, Outcome, Parts, Report
from esa_flows.localcloud.spawn import Spawned, spawned

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]


def client_of(at: Spawned, folder: Path) -> Client:
    """Make a client of a served cloud."""
    key = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": at.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": at.access_key_secret,
        "PATH": "/usr/bin:/bin",
    }
    return Client.from_env(
        key,
        parts=Parts(environ=key, home=folder),
        endpoint=at.api,
        staging_edge=at.edge_staging,
        production_edge=at.edge_production,
        journal=folder / "journal.db",
        cap_sharing="process",
    )


async def release(folder: Path, code: bytes, *gates: str, probe: bool = True) -> Report:
    """Release over what serves already; give the report, however it ends."""
    async with (
        spawned(["--empty"]) as at,
        client_of(at, folder) as client,
    ):
        await client.release("shop", OLD, create=True)
        return await client.release(
            "shop", code, canary="50:1s,100", gates=gates, probe=probe, check=False
        )


async def test_a_canary_that_answers_500_is_rolled_back(tmp_path: Path) -> None:
    """The edge serves it to half of the visitors; the gate is two of them."""
    report = await release(tmp_path, BROKEN, "http:/health at=production", probe=False)

    assert Outcome.ROLLED_BACK is report.outcome
    assert "Gate health did not pass in production at 50 % (fail" in report.reason
    assert report.production_as_before


async def test_a_good_one_is_watched_by_three_kinds_of_gates(tmp_path: Path) -> None:
    """Over HTTP in both environments, for a rate of errors, and by a program."""
    report = await release(
        tmp_path,
        NEW,
        "http:/ body=new at=staging name=fresh",
        "http:/ latency<5s every=200ms",
        "http:/ errors<20% requests=20 every=200ms name=rate at=production",
        f"every=200ms command: {sys.executable} -c 'import os;"
        ' assert os.environ["ESA_FLOWS_GATE_ROUTINE"] == "shop"\'',
    )

    assert Outcome.RELEASED is report.outcome, report.reason


async def test_a_program_that_fails_ends_it(tmp_path: Path) -> None:
    """What it said last is the reason."""
    report = await release(
        tmp_path, NEW, "name=own command: /bin/sh -c 'echo not today; exit 3'"
    )

    assert Outcome.ROLLED_BACK is report.outcome
    assert "ended with exit code 3, saying: not today." in report.reason
