"""Run every benchmark and print one table: `make bench`, `make bench-quick`."""

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module

import anyio

from benchmarks.record import Measured, keep, kept, write
from benchmarks.suite import Effort, Measure
from benchmarks.surroundings import load, machine, versions
from benchmarks.table import rendered
from benchmarks.turns import PEERS

SUITES = (
    "proof",
    "cap",
    "hidden",
    "sharing",
    "call",
    "calls",
    "tracing",
    "lag",
    "uploads",
    "startup",
    "journal",
    "disk",
    "memory",
    "large",
    "fleet",
    "localcloud",
)
"""Every benchmark, a module of this folder, in the table's order."""
OPTIONS = ("--quick", "--write")


async def main(argv: Sequence[str]) -> None:
    """Measure what the command line names, or everything.

    Args:
        argv: Names of benchmarks; `--quick` for an effort of seconds; `--write` to keep
            what was found and to write it into the documentation.
    """
    there = (*SUITES, *OPTIONS)
    unknown = sorted({*argv} - {*there})
    if unknown:
        sys.exit(f"No benchmark {', '.join(unknown)}; there are: {', '.join(there)}.")

    print(machine())
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    print(f"load before {load()}", flush=True)
    found: dict[str, Measured] = {}
    for name in [word for word in argv if word in SUITES] or SUITES:
        found[name] = await measured(name, Effort(quick="--quick" in argv))

    print(rendered([line for one in found.values() for line in one.lines]), end="")
    print(f"load after {load()}")
    if "--write" in argv:
        document(found)


def measure_of(name: str) -> Measure:
    """Import a benchmark, and nothing of the others."""
    found: Measure = import_module(f"benchmarks.{name}").measure
    return found


async def measured(name: str, effort: Effort) -> Measured:
    """Run one benchmark and note on what it ran."""
    begun = time.perf_counter()
    lines = await measure_of(name)(effort)
    print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)
    return Measured(
        day=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        machine=machine(),
        load=load(),
        versions=versions(),
        lines=lines,
        series=effort.series,
    )


def in_order(found: Mapping[str, Measured]) -> dict[str, Measured]:
    """Give what was measured in the table's order, without benchmarks that are gone."""
    return {name: found[name] for name in SUITES if name in found}


def document(found: Mapping[str, Measured]) -> None:
    """Keep what was found, write it into the pages, draw the pictures."""
    keep(found)
    write(in_order(kept()))
    if PEERS.exists():
        subprocess.run([PEERS, "-m", "benchmarks.plots"], check=True)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1:])
