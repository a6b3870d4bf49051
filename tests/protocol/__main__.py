"""Explore the model of the protocol: `make model`, or `make model SIZE=large`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.protocol.explore import told
from tests.protocol.worlds import LARGE, SMALL


def main(words: list[str]) -> int:
    """Explore what was asked for; fail where harm is done, or no end is reached."""
    parser = argparse.ArgumentParser(prog="make model", description=__doc__)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--without", default="")
    asked = parser.parse_args(words)
    worlds = SMALL if asked.size == "small" else {**SMALL, **LARGE}
    began, states, bad = time.monotonic(), 0, 0
    for name, world in worlds.items():
        found = world.explored(without=asked.without)
        print(*told(name, found), sep="\n", flush=True)  # noqa: T201  a program that prints
        states += found.states
        bad += len(found.violations) + found.stranded

    seconds = time.monotonic() - began
    print(f"{states} states, {bad} violations, {seconds:.0f} s")  # noqa: T201  a program that prints
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
