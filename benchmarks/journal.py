"""Durable steps against the floor, and half-done runs against a bare file.

The floor writes the rows that our steps write, for as many tasks that wait for them, in
group commits of the same safety, and does nothing else. Arms take turns, each in a
process of its own; of several turns the best counts.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.arms import Figures
from benchmarks.table import Line

SIZES = {1: 200, 10: 2_000, 50: 5_000, 100: 10_000, 1_000: 20_000}
HALF_DONE, ROWS_EACH = 1_000, 10
ROUNDS = 3
PEER = Path(os.environ.get("ESA_FLOWS_PEERS", ".venv-peers")) / "bin" / "python"
"""The environment of `benchmarks/peers.txt`; where there is none, no peer runs."""


def turn(arm: str, flows: int, steps: int, *, python: str = sys.executable) -> Figures:
    """Run one arm once, in a fresh process."""
    module = "benchmarks.peers" if arm == "dbos" else "benchmarks.arms"
    done = subprocess.run(
        [python, "-m", module, arm, str(flows), str(steps)],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def best(arms: tuple[str, ...], flows: int, steps: int) -> dict[str, Figures]:
    """Let arms take turns; give the smallest of each figure."""
    found: dict[str, Figures] = {}
    for _ in range(ROUNDS):
        for arm in arms:
            figures = turn(arm, flows, steps)
            kept = found.setdefault(arm, figures)
            found[arm] = {key: min(kept[key], figures[key]) for key in figures}

    return found


def steps_of(flows: int, steps: int) -> list[Line]:
    """Measure durable steps with so many flows at once."""
    found = best(("floor", "bare", "ours", "memory"), flows, steps)
    what = f"durable step, {flows:,} flows at once"
    lines = [
        Line(
            what=what,
            ours=found["ours"]["us"],
            beside=found["floor"]["us"],
            unit="µs",
            target="≤ 2 × the floor",
        ),
        Line(
            what="  of this the engine alone, beside bare rows in a loop",
            ours=found["memory"]["us"],
            beside=found["bare"]["us"],
            unit="µs",
            target="",
        ),
        Line(
            what="  lag of the loop, p99, beside its bound",
            ours=found["ours"]["lag_ms"],
            beside=5.0,
            unit="ms",
            target="≤ 5 ms",
        ),
    ]
    return lines + (peer(found["ours"], flows) if PEER.exists() else [])


def peer(ours: Figures, flows: int) -> list[Line]:
    """Measure the peer with as many flows, few steps each: it needs milliseconds."""
    figures = turn("dbos", flows, max(100, flows * 4), python=str(PEER))
    return [
        Line(
            what="  the same beside DBOS on SQLite",
            ours=ours["us"],
            beside=figures["us"],
            unit="µs",
            target="≤ 1/10 at 50 flows",
        )
    ]


async def measure() -> list[Line]:
    """Measure every size, then the resuming of half-done runs."""
    lines = [line for flows, steps in SIZES.items() for line in steps_of(flows, steps)]
    found = best(("resume", "raw_resume"), HALF_DONE, HALF_DONE * ROWS_EACH)
    resumed = Line(
        what=f"{HALF_DONE:,} half-done runs, until all move again, beside a bare file",
        ours=found["resume"]["seconds"] * 1e3,
        beside=found["raw_resume"]["seconds"] * 1e3,
        unit="ms",
        target="≤ 2,500 ms, the best engine",
    )
    return [*lines, resumed]
