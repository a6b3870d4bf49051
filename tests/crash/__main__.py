"""`make crash` and `make sweep`: any number of scenarios, on every core, with tables.

The last line says how many there were, how many converged and how many promises were
broken; each broken one is printed with the line that plays it again.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor

from tests.crash.sweep import (
    MODES,
    SEEDED,
    SWEEP,
    Piece,
    Told,
    pieces,
    played,
    table,
    warm,
)
from tests.promises import write


def run(pool: ProcessPoolExecutor, todo: list[Piece]) -> list[Told]:
    """Play pieces on every core; print what is broken at once."""
    told: list[Told] = []
    for found in pool.map(Piece.told, todo):
        told += found
        for violation in (v for one in found for v in one.violations):
            print(violation, flush=True)  # noqa: T201  a program that prints

    return told


def play(modes: Mapping[str, int], seed: int) -> Iterator[tuple[list[Told], str]]:
    """Play mode after mode, on processes that know already what happens undisturbed.

    Yields:
        What came of each, and a line about it.
    """
    warm()
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count(), fork, initializer=_begin) as pool:
        for mode, count in modes.items():
            began = time.monotonic()
            told = run(pool, pieces(mode, seed, count))
            seconds = time.monotonic() - began
            print(*table(told), sep="\n")  # noqa: T201  a program that prints
            how = f"seed {seed}" if mode in SEEDED else f"one in {count}"
            line = f"{mode}, {how}: {summary(told)}"
            print(f"{line}, {seconds:.0f} s", flush=True)  # noqa: T201  a program that prints
            yield told, line


def _begin() -> None:
    """Look for garbage seldom: a scenario leaves little, and looking takes time."""
    gc.set_threshold(10_000, 50, 50)


def summary(told: list[Told]) -> str:
    """Say how many there were and how they ended."""
    broken = sum(len(each.violations) for each in told)
    converged = sum(each.converged for each in told)
    return f"{len(told)} scenarios, {converged} converged, {broken} violations"


def show(mode: str, seed: int, number: int) -> int:
    """Play one scenario and print everything that happened."""
    what, result = played(mode, seed, number)
    print(what)  # noqa: T201  a program that prints
    for line in (*result.acts, *result.violations):
        print(line)  # noqa: T201  a program that prints

    return int(bool(result.violations))


def asked_for(words: list[str]) -> argparse.Namespace:
    """Read what is asked for."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("-n", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="of singles, lost")
    parser.add_argument("--mode", choices=(*MODES, "sweep"), default="faults")
    parser.add_argument("--only", type=int, default=None)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Play what was asked for; fail where a promise was broken."""
    asked = asked_for(words)
    if asked.only is not None:
        return show(asked.mode, asked.seed, asked.only)

    count = asked.n if asked.mode in SEEDED else asked.every
    modes = SWEEP if asked.mode == "sweep" else {asked.mode: count}
    every: list[Told] = []
    lines = []
    for told, line in play(modes, asked.seed):
        every += told
        lines.append(line)

    last = summary(every)
    write("crash", [*lines, f"altogether: {last}"] if len(lines) > 1 else lines)
    print(last)  # noqa: T201  a program that prints
    broken = any(each.violations for each in every)
    return int(broken or not all(each.converged for each in every))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
