"""Run every benchmark and print one table: `make bench`, `make bench-quick`."""

import sys
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import anyio

from benchmarks import (
    call,
    cap,
    disk,
    hidden,
    journal,
    lag,
    large,
    localcloud,
    memory,
    sharing,
    startup,
    tracing,
    uploads,
)
from benchmarks.suite import Effort, Measure
from benchmarks.surroundings import load, machine, versions
from benchmarks.table import Line, rendered

SUITES: Mapping[str, Measure] = MappingProxyType(
    {
        "cap": cap.measure,
        "hidden": hidden.measure,
        "sharing": sharing.measure,
        "call": call.measure,
        "uploads": uploads.measure,
        "startup": startup.measure,
        "tracing": tracing.measure,
        "lag": lag.measure,
        "journal": journal.measure,
        "disk": disk.measure,
        "memory": memory.measure,
        "large": large.measure,
        "localcloud": localcloud.measure,
    }
)
"""Every benchmark by the name that the command line takes, in the table's order."""


async def main(argv: Sequence[str]) -> None:
    """Measure what the command line names, or everything.

    Args:
        argv: Names of benchmarks; `--quick` for an effort of seconds.
    """
    effort = Effort(quick="--quick" in argv)
    named = [word for word in argv if not word.startswith("--")]
    unknown = sorted({*named} - {*SUITES})
    if unknown:
        sys.exit(f"No benchmark {', '.join(unknown)}; there are: {', '.join(SUITES)}.")

    lines: list[Line] = []
    print(machine())
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    print(f"load before {load()}", flush=True)
    for name in named or SUITES:
        begun = time.perf_counter()
        lines += await SUITES[name](effort)
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)

    print(rendered(lines), end="")
    print(f"load after {load()}")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1:])
