"""`make mutants`: removes every defence once, changes pure modules bit by bit.

Each removal must be noticed by the test that the table names, and of the small changes
as many as their module asks for. What is not noticed is printed, and fails the run.
On the page of promises a run writes all that it tried whole: every defence, or the
changes of a module.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial

import anyio
from tests.mutants.defences import DEFENCES
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.operators import PURE, Pure, mutants_of
from tests.mutants.scratch import ROOT, Change, Found, Judged, judge_all
from tests.promises import PAGE, block, merged, write

SOURCE = ROOT / "src" / "esa_flows"
WHOLE = 100


def removals(only: str) -> Iterator[Change]:
    """Give the project without each defence whose name or file has a word in it."""
    for defence in DEFENCES:
        if only in f"{defence.file} {defence.name}":
            text = (SOURCE / defence.file).read_text(encoding="utf-8")
            without = defence.without(text)
            yield Change(defence.name, defence.file, without, (defence.test,))


def small(pure: Pure) -> Iterator[Change]:
    """Give a pure module with each small change that makes a difference."""
    source = (SOURCE / pure.file).read_text(encoding="utf-8")
    for name, text in mutants_of(source):
        full = f"{pure.file}: {name}"
        if full not in EQUIVALENT:
            yield Change(full, pure.file, text, pure.tests)


def survivors(judged: Sequence[Judged]) -> list[Judged]:
    """Give what nobody noticed, or what no test could run with."""
    return [one for one in judged if one.found is not Found.KILLED]


def percentage(judged: Sequence[Judged]) -> float:
    """Give how much was noticed; what cannot be imported is noticed by any test."""
    unseen = sum(one.found is Found.SURVIVED for one in judged)
    return WHOLE * (1 - unseen / max(len(judged), 1))


def say(*lines: str) -> None:
    """Print, at once."""
    print(*lines, sep="\n", flush=True)  # noqa: T201  a program that prints


def tell(one: Judged) -> None:
    """Print what was not noticed."""
    if one.found is not Found.KILLED:
        say(f"{one.found}: {one.change.file}: {one.change.name} {one.by}".rstrip())


def sampled(every: int) -> str:
    """Say that not all was tried, where not all was tried."""
    return f" (a sample: 1 in {every})" if every > 1 else ""


async def remove(only: str, jobs: int, every: int) -> int:
    """Remove defences; give how many nobody missed."""
    chosen = list(removals(only))[::every]
    judged = await judge_all(chosen, jobs=jobs, told=tell)
    left = survivors(judged)
    missed = f"{len(judged) - len(left)} missed{sampled(every)}"
    line = f"{len(judged)} named defences removed, {missed}"
    say(line)
    if not only:
        write("defences", [line])

    return len(left)


async def change(only: str, jobs: int, every: int) -> int:
    """Change pure modules; give how many modules had too much left."""
    lines, short = [], 0
    for pure in PURE:
        changes = [] if only not in pure.file else list(small(pure))[::every]
        if not changes:
            continue

        judged = await judge_all(changes, jobs=jobs, told=tell)
        found = percentage(judged)
        short += found < pure.least
        wanted = f"{found:5.1f} % of {len(judged):3} noticed, {pure.least} % asked for"
        lines.append(f"{pure.file:20} {wanted}{sampled(every)}")
        say(lines[-1])

    if every == 1:
        told = block("changes", PAGE.read_text(encoding="utf-8"))
        known = {pure.file for pure in PURE}
        kept = merged(told, lines) if only else lines
        write("changes", [line for line in kept if line.split()[0] in known])

    return short


async def run(mode: str, only: str, jobs: int, every: int) -> int:
    """Do what was asked for; give how much was not noticed."""
    left = 0
    if mode in {"all", "defences"}:
        left += await remove(only, jobs, every)

    if mode in {"all", "changes"}:
        left += await change(only, jobs, every)

    return left


def main(words: list[str]) -> int:
    """Remove and change; fail where somebody should have noticed."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--mode", choices=("all", "defences", "changes"), default="all")
    parser.add_argument("--only", default="", help="a word of a name or a file")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="a sample: 1 in so many")
    asked = parser.parse_args(words)
    began = time.monotonic()
    left = anyio.run(partial(run, asked.mode, asked.only, asked.jobs, asked.every))
    say(f"{time.monotonic() - began:.0f} s, {left} left to mend")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
