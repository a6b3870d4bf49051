"""Starting up: importing, the answers that need nothing else, and the first call."""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import anyio.to_thread

from benchmarks.shell import first_call
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from benchmarks.turns import NODE_TOOL, SDK, Figures, Turns, pairwise

ROUNDS = 9
FLEETS = {"one": 1, "fleet": 1_000}
"""Routines of the rollouts that are started until their first call."""

ROLLOUT = "a rollout of {}, to its first call"

SCRIPT = "import sys\nfrom esa_flows.cli import main\nsys.exit(main())\n"
"""What installers write as the program `esa-flows`."""


def commands(script: str) -> dict[str, list[str]]:
    """Give what is started, by name; what is not installed is left out."""
    python = sys.executable
    found = {
        "nothing": [python, "-c", "pass"],
        "import": [python, "-c", "import esa_flows"],
        "client": [python, "-c", "from esa_flows import Client"],
        "made": [python, "-c", "from esa_flows import Client; Client()"],
        "httpx": [python, "-c", "import httpx"],
        "version": [python, script, "--version"],
        "help": [python, script, "--help"],
    }
    if SDK.exists():
        found["sdk"] = [str(SDK), "-c", "import alibabacloud_esa20240910.client"]

    if NODE_TOOL.exists():
        found["esa-cli"] = ["node", str(NODE_TOOL), "--help"]

    return found


def installed(folder: str) -> dict[str, str]:
    """Give variables under which Python keeps bytecode, as where pip has installed it.

    Without it, a start would measure the compiler: containers often forbid to write it.
    """
    return os.environ | {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": folder,
    }


def cpu(command: list[str], environ: Mapping[str, str]) -> Figures:
    """Give the CPU of a whole process, started and ended."""
    quiet = [
        (os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)
    ]
    pid = os.posix_spawnp(command[0], command, environ, file_actions=quiet)
    _, status, used = os.wait4(pid, 0)
    assert status == 0, command
    return {"ms": (used.ru_utime + used.ru_stime) * 1e3}


def turns(rounds: int) -> Turns:
    """Start everything in turn, so many times."""
    with tempfile.TemporaryDirectory() as folder:
        script, environ = Path(folder, "esa-flows.py"), installed(folder)
        script.write_text(SCRIPT)
        asked = commands(str(script))
        arms: dict[str, Callable[[], Figures]] = {}
        arms |= {
            name: partial(cpu, command, environ) for name, command in asked.items()
        }
        kept = {"PYTHONPYCACHEPREFIX": folder}
        arms |= {name: partial(first_call, n, kept) for name, n in FLEETS.items()}
        for arm in arms.values():
            arm()  # bytecode is written, files are in memory

        found: Turns = {name: [] for name in arms}
        for _ in range(rounds):
            for name, arm in arms.items():
                found[name].append(arm())

    return found


async def measure(effort: Effort) -> list[Line]:
    """Start processes in turn and compare them with their neighbours."""
    found = await anyio.to_thread.run_sync(turns, effort.pick(ROUNDS, 1))
    lines = [
        line(found, "import esa_flows", "import", "httpx", most=0.7),
        line(found, "import esa_flows", "import", "sdk", most=0.25),
        line(found, "from esa_flows import Client", "client", "httpx", most=0.7),
        line(found, "from esa_flows import Client", "client", "sdk"),
        line(found, "a client made", "made", "httpx"),
        line(found, "a client made", "made", "sdk"),
        line(found, "esa-flows --version", "version", "nothing", most=1.5),
        line(found, "esa-flows --help", "help", "esa-cli", most=0.2),
        line(found, ROLLOUT.format("one routine"), "one", "made"),
        line(found, ROLLOUT.format("1,000 routines"), "fleet", "one", most=1.5),
        Line(
            goal="P10",
            what=f"{ROLLOUT.format('1,000 routines')}, in all",
            unit="s CPU",
            ours=least_of(found, "fleet") / 1e3,
            promise=Promise.figure(most=1),
        ),
        Line(
            what="  the same on the clock, from the shell's start",
            unit="s",
            ours=min(turned["s"] for turned in found["fleet"]),
        ),
    ]
    return [made for made in lines if made is not None]


NAMES = {
    "httpx": "import httpx",
    "sdk": "import the official SDK",
    "nothing": "python -c pass",
    "esa-cli": "esa-cli --help",
    "made": "a client made",
    "one": "of one routine",
}
FLOORS = frozenset({"nothing", "made", "one"})


def line(
    found: Turns, what: str, ours: str, other: str, *, most: float | None = None
) -> Line | None:
    """Make a line of the table; none where the other is not installed."""
    if other not in found:
        print(f"{NAMES[other]} is left out: not installed.", file=sys.stderr)
        return None

    least = {name: least_of(found, name) for name in (ours, other)}
    beside = floor if other in FLOORS else peer
    return Line(
        goal="P10" if most else "",
        what=what,
        unit="ms CPU",
        ours=least[ours],
        beside=beside(NAMES[other], least[other]),
        ratio_found=pairwise(found, ours, other, "ms"),
        promise=Promise.ratio(most=most) if most else None,
    )


def least_of(found: Turns, name: str) -> float:
    """Give the least that a process needed."""
    return min(turned["ms"] for turned in found[name])
