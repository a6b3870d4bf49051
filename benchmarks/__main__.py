"""Run every benchmark and print one table: `make bench`."""

import sys

import anyio

from benchmarks import call, cap, journal, large, localcloud
from benchmarks.table import Line, show

SUITES = {
    "journal": journal.measure,
    "large": large.measure,
    "call": call.measure,
    "cap": cap.measure,
    "localcloud": localcloud.measure,
}


async def main() -> None:
    """Measure what the command line names, or everything."""
    lines: list[Line] = []
    for name in sys.argv[1:] or SUITES:
        lines += await SUITES[name]()

    show(lines)


anyio.run(main)
