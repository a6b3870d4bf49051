"""Uploads of 4 MB over TLS: CPU for each, and memory with sixteen at once."""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from benchmarks.turns import Arm, Turns, middle, pairwise, take_turns
from esa_flows.localcloud.certificate import certificate_in

ROUNDS, UPLOADS = 5, 48
AT_ONCE = 16
SIZE = 4 * 1024 * 1024
GROWTH = 16.0


@asynccontextmanager
async def store(folder: Path) -> AsyncGenerator[str]:
    """Run the store in a process of its own; whoever is started meanwhile trusts it."""
    made = await certificate_in(folder / "tls")
    command = [sys.executable, "-m", "benchmarks.sink", str(made.leaf), str(made.key)]
    os.environ["SSL_CERT_FILE"] = str(made.authority)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            yield f"https://localhost:{int(server.stdout.readline())}/"
        finally:
            server.terminate()
            del os.environ["SSL_CERT_FILE"]


async def measure(effort: Effort) -> list[Line]:
    """Let three ways of uploading take turns, one at a time and sixteen at once."""
    rounds, uploads = effort.pick(ROUNDS, 1), effort.pick(UPLOADS, AT_ONCE)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "worker.js"
        file.write_bytes(os.urandom(SIZE))
        async with store(file.parent) as url:
            alone = await take_turns(arms(url, file, uploads, 1)[:2], rounds)
            crowd = await take_turns(arms(url, file, uploads, AT_ONCE), rounds)

    return [cpu("one at a time", alone), cpu(f"{AT_ONCE} at once", crowd), *mb(crowd)]


def arms(url: str, file: Path, uploads: int, at_once: int) -> list[Arm]:
    """Give the arms against the store."""
    asked = (url, str(file), str(uploads), str(at_once))
    return [
        Arm(name, ("-m", "benchmarks.uploaders", name, *asked))
        for name in ("ours", "shared", "bodies")
    ]


def cpu(what: str, found: Turns) -> Line:
    """Make the line on CPU."""
    return Line(
        goal="P9",
        what=f"upload of 4 MB over TLS, {what}",
        unit="ms CPU",
        ours=middle(found, "ours", "ms"),
        beside=floor("httpx, shared blob", middle(found, "shared", "ms")),
        ratio_found=pairwise(found, "ours", "shared", "ms"),
        promise=Promise.ratio(most=1.15),
    )


def mb(found: Turns) -> list[Line]:
    """Make the lines on memory."""
    grown = {arm: max(1.0, middle(found, arm, "mb")) for arm in found}
    what = f"  memory that {AT_ONCE} uploads at once add"
    return [
        Line(
            goal="P9",
            what=what,
            unit="MB",
            ours=grown["ours"],
            beside=floor("httpx, shared blob", grown["shared"]),
            promise=Promise.figure(most=GROWTH),
        ),
        Line(
            what=what,
            unit="MB",
            ours=grown["ours"],
            beside=peer("httpx, a body each", grown["bodies"]),
        ),
    ]
