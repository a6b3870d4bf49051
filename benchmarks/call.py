"""A signed, paced, classified call: beside a bare post, and beside the official SDK."""

import os
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, peer
from benchmarks.turns import SDK, Arm, Turns, middle, pairwise, take_turns
from esa_flows.localcloud.spawn import Spawned, spawned

ROUNDS, CALLS = 5, 1_000
AT_ONCE = 20


@asynccontextmanager
async def cloud(*options: str) -> AsyncGenerator[Spawned]:
    """Run a local cloud in a process of its own, without any cap."""
    with tempfile.TemporaryDirectory() as folder:
        switches = Path(folder) / "switches.toml"
        switches.write_text("[switches]\ncap = 0\n")
        async with spawned(["--switches", str(switches), *options]) as running:
            yield running


@contextmanager
def trusting(running: Spawned) -> Iterator[None]:
    """Let arms trust a cloud's certificate."""
    os.environ["SSL_CERT_FILE"] = running.ca or ""
    try:
        yield
    finally:
        del os.environ["SSL_CERT_FILE"]


def arms_at(running: Spawned, calls: int, at_once: int) -> list[Arm]:
    """Give the arms against one server."""
    key = (running.access_key_id, running.access_key_secret)
    asked = (running.api, *key, str(calls), str(at_once))
    few = (running.api, *key, str(calls // 5), str(at_once))
    return [
        Arm("ours", ("-m", "benchmarks.callers", "ours", *asked)),
        Arm("bare", ("-m", "benchmarks.callers", "bare", *asked)),
        Arm("official", ("-m", "benchmarks.official", *few), SDK),
    ]


def paced(running: Spawned, calls: int) -> Arm:
    """Give a bare client that posts over TLS as fast as the cap lets ours."""
    key = (running.access_key_id, running.access_key_secret)
    asked = (running.api, *key, str(calls), str(AT_ONCE))
    return Arm("paced", ("-m", "benchmarks.callers", "paced", *asked))


async def measure(effort: Effort) -> list[Line]:
    """One call at a time over plain HTTP, then twenty at once over TLS."""
    rounds, calls = effort.pick(ROUNDS, 1), effort.pick(CALLS, 200)
    async with cloud() as running:
        alone = await take_turns(arms_at(running, calls, 1)[:2], rounds)

    async with cloud("--tls") as running:
        with trusting(running):
            crowd = await take_turns(arms_at(running, calls, AT_ONCE), rounds)

    return [
        beside_bare("signed call, one at a time", alone),
        beside_bare(f"signed call over TLS, {AT_ONCE} at once", crowd),
        *beside_official(crowd),
    ]


def beside_bare(what: str, found: Turns) -> Line:
    """Make the line on what signing, pacing, judging and tracing cost."""
    return Line(
        goal="P4",
        what=what,
        unit="µs CPU",
        ours=middle(found, "ours", "us"),
        beside=peer("bare httpx, same bytes", middle(found, "bare", "us")),
        ratio_found=pairwise(found, "ours", "bare", "us"),
        promise=Promise.ratio(most=1.25),
    )


def beside_official(found: Turns) -> list[Line]:
    """Make the lines on the official SDK, where it is installed."""
    if "official" not in found:
        return []

    return [
        Line(
            goal="P4",
            what=f"signed call over TLS, {AT_ONCE} at once",
            unit="µs CPU",
            ours=middle(found, "ours", "us"),
            beside=peer("official SDK, async", middle(found, "official", "us")),
            ratio_found=pairwise(found, "ours", "official", "us"),
            promise=Promise.ratio(most=0.125),
        ),
        Line(
            goal="P4",
            what="  calls that a core makes in a second",
            unit="calls/s",
            ours=middle(found, "ours", "per_core"),
            beside=peer("official SDK, async", middle(found, "official", "per_core")),
            ratio_found=pairwise(found, "ours", "official", "per_core"),
            promise=Promise.ratio(least=10),
        ),
    ]
