"""Durable steps against the floor, and half-done runs against a bare file.

The floor writes the rows that our steps write, for as many tasks that wait for them, in
group commits of the same safety, and does nothing else. Arms take turns, each in a
process of its own; of several turns the best counts.
"""

import json
import subprocess
import sys

from benchmarks.arms import Figures
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from benchmarks.turns import PEERS

SIZES = {1: 200, 10: 6_000, 50: 20_000, 100: 20_000, 1_000: 20_000}
"""Steps in all, for so many flows: enough that one late timer in a hundred is several.
"""
HALF_DONE, ROWS_EACH = 1_000, 10
ROUNDS = 3
QUICK = {1: 100, 50: 12_000}


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


def best(
    arms: tuple[str, ...], flows: int, steps: int, rounds: int = ROUNDS
) -> dict[str, Figures]:
    """Let arms take turns; give the smallest of each figure."""
    found: dict[str, Figures] = {}
    for _ in range(rounds):
        for arm in arms:
            figures = turn(arm, flows, steps)
            kept = found.setdefault(arm, figures)
            found[arm] = {key: min(kept[key], figures[key]) for key in figures}

    return found


def steps_of(flows: int, steps: int, rounds: int) -> list[Line]:
    """Measure durable steps with so many flows at once."""
    found = best(("floor", "bare", "ours", "memory"), flows, steps, rounds)
    what = f"durable step, {flows:,} flows at once"
    lines = [
        Line(
            goal="P8",
            what=what,
            ours=found["ours"]["us"],
            beside=floor("the same rows, no engine", found["floor"]["us"]),
            unit="µs",
            promise=Promise.ratio(most=2),
        ),
        Line(
            what="  of this the engine alone",
            ours=found["memory"]["us"],
            beside=floor("bare rows in a loop", found["bare"]["us"]),
            unit="µs",
        ),
        Line(
            what="  lag of the loop, p99",
            ours=found["ours"]["lag_ms"],
            beside=floor("the same rows, no engine", found["floor"]["lag_ms"]),
            unit="ms",
            promise=Promise.figure(most=5),
        ),
    ]
    return lines + (engines(found["ours"], flows) if PEERS.exists() else [])


def engines(ours: Figures, flows: int) -> list[Line]:
    """Measure the peer with as many flows, few steps each: it needs milliseconds."""
    figures = turn("dbos", flows, max(100, flows * 4), python=str(PEERS))
    return [
        Line(
            goal="P8",
            what="  the same beside another engine",
            ours=ours["us"],
            beside=peer("DBOS on SQLite", figures["us"]),
            unit="µs",
            promise=Promise.ratio(most=0.1) if flows == 50 else None,
        )
    ]


async def measure(effort: Effort) -> list[Line]:
    """Measure every size, then the resuming of half-done runs."""
    sizes, rounds = effort.pick(SIZES, QUICK), effort.pick(ROUNDS, 1)
    lines = [
        line
        for flows, steps in sizes.items()
        for line in steps_of(flows, steps, rounds)
    ]
    found = best(("resume", "raw_resume"), HALF_DONE, HALF_DONE * ROWS_EACH, rounds)
    resumed = Line(
        what=f"{HALF_DONE:,} half-done runs, until all move again",
        ours=found["resume"]["seconds"] * 1e3,
        beside=floor("the rows alone", found["raw_resume"]["seconds"] * 1e3),
        unit="ms",
        promise=Promise.figure(most=800),
    )
    return [*lines, resumed]
