"""Arms that take turns, each in a fresh process, compared pair by pair.

An arm is a module that prints one JSON object of figures as its last line:
`python -m benchmarks.NAME ARM …`. On a shared machine only neighbours in time can be
compared, so that a ratio is the median of the ratios of neighbours.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio.to_thread
from attrs import frozen

__all__ = [
    "NODE_TOOL",
    "PEERS",
    "SDK",
    "Arm",
    "Figures",
    "Turns",
    "middle",
    "pairwise",
    "take_turns",
    "turn",
]

Figures = dict[str, float]

PEERS = Path(os.environ.get("ESA_FLOWS_PEERS", ".venv-peers")) / "bin" / "python"
"""The environment of `benchmarks/peers.txt`; where there is none, no peer runs."""


SDK = Path(os.environ.get("ESA_FLOWS_SDK_PYTHON", ".venv-sdk/bin/python"))
"""The environment of the official SDK, which the tests use too."""


@frozen
class Arm:
    """One way to do the same.

    Attributes:
        name: How it is called in figures and in the table.
        command: Arguments of Python: `-m`, a module, its arguments.
        python: Whose; `PEERS` for arms that need what is in `peers.txt`.
    """

    name: str
    command: tuple[str, ...]
    python: str | Path = sys.executable

    @property
    def is_there(self) -> bool:
        """Whether its Python is installed."""
        return Path(self.python).exists()


NODE_TOOL = Path("tests/official_node/node_modules/esa-cli/bin/enter.cjs")
"""The official command, where `npm ci` has installed it."""

Turns = dict[str, list[Figures]]
"""What each arm found, turn by turn."""


async def turn(arm: Arm) -> Figures:
    """Run one arm once, in a fresh process.

    Raises:
        CalledProcessError: It failed; what it wrote to standard error was shown.
    """
    run = partial(
        subprocess.run,
        [str(arm.python), *arm.command],
        stdout=subprocess.PIPE,
        check=True,
    )
    done = await anyio.to_thread.run_sync(run)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


async def take_turns(arms: Sequence[Arm], rounds: int) -> Turns:
    """Let arms take turns; those whose environment is missing are left out, aloud."""
    there = [arm for arm in arms if arm.is_there]
    for arm in arms:
        if arm not in there:
            print(f"{arm.name} is left out: no {arm.python}.", file=sys.stderr)

    found: Turns = {arm.name: [] for arm in there}
    for _ in range(rounds):
        for arm in there:
            found[arm.name].append(await turn(arm))

    return found


def pairwise(found: Turns, ours: str, beside: str, figure: str) -> float:
    """Give the median of the ratios of turns that followed each other."""
    pairs = zip(found[ours], found[beside], strict=True)
    return statistics.median(mine[figure] / other[figure] for mine, other in pairs)


def middle(found: Turns, arm: str, figure: str) -> float:
    """Give the median of an arm's figure."""
    return statistics.median(turned[figure] for turned in found[arm])
