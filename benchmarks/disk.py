"""P8 on slower disks: each sync takes some milliseconds more, as real disks do.

A small library is compiled and preloaded into the arms; without a compiler for C there
is nothing to measure with, which is said.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, peer
from benchmarks.turns import Arm, middle, pairwise, take_turns

ROUNDS, FLOWS = 5, 100
STEPS = {"ours": 4_000, "apart": 200}
MORE = {1: None, 5: Promise.ratio(most=0.033)}
"""Milliseconds that a sync takes more, and what is promised there."""


def compiled(folder: Path, compiler: str) -> Path:
    """Make the library."""
    source, made = Path(__file__).with_name("slow_sync.c"), folder / "slow_sync.so"
    command: list[str | Path] = [
        compiler,
        "-shared",
        "-fPIC",
        "-O2",
        "-o",
        made,
        source,
        "-ldl",
    ]
    subprocess.run(command, check=True)
    return made


def arm_on(name: str, library: Path, more: int) -> Arm:
    """Give an arm of `benchmarks.arms` with the library in it."""
    settings = (f"LD_PRELOAD={library}", f"SLOW_SYNC_MS={more}")
    asked = ("-m", "benchmarks.arms", name, str(FLOWS), str(STEPS[name]))
    return Arm(name, (*settings, sys.executable, *asked), "/usr/bin/env")


async def measure(effort: Effort) -> list[Line]:
    """Let group commits and single commits take turns on each disk."""
    compiler = shutil.which("cc")
    if compiler is None:
        print("The slow disks are left out: no cc.", file=sys.stderr)
        return []

    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder), compiler)
        return [await on(library, more, effort) for more in MORE]


async def on(library: Path, more: int, effort: Effort) -> Line:
    """Measure one disk."""
    arms = [arm_on(name, library, more) for name in STEPS]
    found = await take_turns(arms, effort.pick(ROUNDS, 1))
    return Line(
        goal="P8",
        what=f"durable step, {FLOWS} flows, a sync takes {more} ms more",
        unit="µs",
        ours=middle(found, "ours", "us"),
        beside=peer("a commit for each row", middle(found, "apart", "us")),
        ratio_found=pairwise(found, "ours", "apart", "us"),
        promise=MORE[more],
    )
