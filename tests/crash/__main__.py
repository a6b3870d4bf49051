"""`make crash`: any number of scenarios, on every core, with a table at the end.

The last line says how many there were, how many converged and how many promises were
broken; each broken one is printed with the line that plays it again.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from attrs import frozen
from tests.crash.crowd import crowd_of, play_crowd
from tests.crash.draw import drawn, positions, singles, unsafe
from tests.crash.plays import PLAYS, play_named
from tests.crash.scenario import Played, Scenario, play_alone
from tests.promises import write

MODES = ("faults", "unsafe", "crowd", "singles")
SLICE = 100
"""Scenarios that a process plays before it reports."""


@frozen
class Told:
    """What is told of a scenario.

    Attributes:
        row: Its row in the table.
        columns: Its columns.
        converged: Whether it came to the right end.
        violations: Broken promises, with the scenario.
    """

    row: str
    columns: tuple[str, ...]
    converged: bool
    violations: tuple[str, ...]


def scenario_of(mode: str, seed: int, number: int) -> Scenario:
    """Draw the scenario of a number."""
    return drawn(seed, number) if mode == "faults" else unsafe(seed, number)


def played(mode: str, seed: int, number: int) -> tuple[str, Played]:
    """Play what a number says; give what it was."""
    if mode == "crowd":
        return str(crowd_of(seed + number)), play_crowd(seed + number)

    scenario = scenario_of(mode, seed, number)
    return str(scenario), play_alone(scenario)


def tell(mode: str, seed: int, number: int) -> Told:
    """Play what a number says and say what came of it."""
    what, result = played(mode, seed, number)
    again = f"make crash MODE={mode} SEED={seed} ONLY={number}"
    broken = tuple(f"{v}\n    {what}\n    {again}" for v in result.violations)
    if mode == "crowd":
        crowd = crowd_of(seed + number)
        columns = (f"{len(crowd.runners)} runners", *(w for _, w in crowd.console))
        return Told(crowd.world, columns, result.converged, broken)

    scenario = scenario_of(mode, seed, number)
    kinds = tuple(each.kind for each in scenario.disturbances)
    return Told(scenario.play.name, kinds, result.converged, broken)


def tell_slice(mode: str, seed: int, numbers: range) -> list[Told]:
    """Play a slice of numbers."""
    return [tell(mode, seed, number) for number in numbers]


def tell_singles(name: str, harsh: int, *, lasting: bool) -> list[Told]:
    """Play every single disturbance of a play."""
    play = play_named(name)
    found = []
    for scenario in singles(play, harsh, lasting=lasting):
        result = play_alone(scenario)
        (one,) = scenario.disturbances
        kind = f"{one.kind}, for ever" if lasting else one.kind
        broken = tuple(f"{v}\n    {scenario}" for v in result.violations)
        found.append(Told(name, (kind,), result.converged, broken))

    return found


def table(told: list[Told]) -> Iterator[str]:
    """Give the lines of a table: plays by kinds, how often each was tried."""
    kinds = sorted({column for each in told for column in each.columns})
    counts = Counter((each.row, kind) for each in told for kind in each.columns)
    scenarios = Counter(each.row for each in told)
    rows = sorted(scenarios)
    wide = max(map(len, rows), default=0)
    for place, kind in enumerate(kinds):
        yield f"{place + 1:>3} {kind}"

    heads = "".join(f"{place + 1:>6}" for place in range(len(kinds)))
    yield f"{'':{wide}} {'all':>7}{heads}"
    for row in rows:
        cells = "".join(f"{counts[row, kind]:>6}" for kind in kinds)
        yield f"{row:{wide}} {scenarios[row]:>7}{cells}"


def run(mode: str, seed: int, count: int) -> list[Told]:
    """Play many scenarios on every core."""
    told: list[Told] = []
    with ProcessPoolExecutor(os.cpu_count(), initializer=_begin) as pool:
        if mode == "singles":
            work = [
                pool.submit(tell_singles, play.name, harsh, lasting=lasting)
                for play in PLAYS
                for harsh in positions(play)
                for lasting in (False, True)
            ]
        else:
            slices = [range(n, min(n + SLICE, count)) for n in range(0, count, SLICE)]
            work = [pool.submit(tell_slice, mode, seed, each) for each in slices]

        for each in work:
            found = each.result()
            told += found
            for violation in (v for one in found for v in one.violations):
                print(violation, flush=True)  # noqa: T201  a program that prints

    return told


def _begin() -> None:
    """Look for garbage seldom: a scenario leaves little, and looking takes a fifth."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def show(mode: str, seed: int, number: int) -> int:
    """Play one scenario and print everything that happened."""
    what, result = played(mode, seed, number)
    print(what)  # noqa: T201  a program that prints
    for line in (*result.world.acts, *result.violations):
        print(line)  # noqa: T201  a program that prints

    return int(bool(result.violations))


def main(words: list[str]) -> int:
    """Play what was asked for; fail where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("-n", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=MODES, default="faults")
    parser.add_argument("--only", type=int, default=None)
    asked = parser.parse_args(words)
    if asked.only is not None:
        return show(asked.mode, asked.seed, asked.only)

    began = time.monotonic()
    told = run(asked.mode, asked.seed, asked.n)
    seconds = time.monotonic() - began
    broken = sum(len(each.violations) for each in told)
    converged = sum(each.converged for each in told)
    print(*table(told), sep="\n")  # noqa: T201  a program that prints
    each = 1000 * seconds / max(len(told), 1)
    print(f"{asked.mode}, seed {asked.seed}: {seconds:.0f} s, {each:.1f} ms each")  # noqa: T201  a program that prints
    line = f"{len(told)} scenarios, {converged} converged, {broken} violations"
    print(line)  # noqa: T201  a program that prints
    write("crash", [f"{asked.mode}, seed {asked.seed}: {line}"])
    return int(bool(broken) or converged < len(told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
