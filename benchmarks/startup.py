"""Starting up: importing, and the answers that need nothing else."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor, peer
from benchmarks.turns import SDK, Figures, Turns, pairwise

ROUNDS = 9
NODE_TOOL = Path("tests/official_node/node_modules/esa-cli/bin/enter.cjs")
SCRIPT = "import sys\nfrom esa_flows.cli import main\nsys.exit(main())\n"
"""What installers write as the program `esa-flows`."""


def commands(script: str) -> dict[str, list[str]]:
    """Give what is started, by name; what is not installed is left out."""
    python = sys.executable
    found = {
        "nothing": [python, "-c", "pass"],
        "import": [python, "-c", "import esa_flows"],
        "client": [python, "-c", "from esa_flows import Client"],
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
        for command in asked.values():
            cpu(command, environ)  # bytecode is written, files are in memory

        found: Turns = {name: [] for name in asked}
        for _ in range(rounds):
            for name, command in asked.items():
                found[name].append(cpu(command, environ))

    return found


async def measure(effort: Effort) -> list[Line]:
    """Start processes in turn and compare them with their neighbours."""
    found = await anyio.to_thread.run_sync(turns, effort.pick(ROUNDS, 1))
    lines = [
        line(found, "import esa_flows", "import", "httpx", most=0.7),
        line(found, "import esa_flows", "import", "sdk", most=0.25),
        line(found, "from esa_flows import Client", "client", "httpx"),
        line(found, "from esa_flows import Client", "client", "sdk"),
        line(found, "esa-flows --version", "version", "nothing", most=1.5),
        line(found, "esa-flows --help", "help", "esa-cli", most=0.2),
    ]
    return [made for made in lines if made is not None]


NAMES = {
    "httpx": "import httpx",
    "sdk": "import the official SDK",
    "nothing": "python -c pass",
    "esa-cli": "esa-cli --help",
}


def line(
    found: Turns, what: str, ours: str, other: str, *, most: float | None = None
) -> Line | None:
    """Make a line of the table; none where the other is not installed."""
    if other not in found:
        print(f"{NAMES[other]} is left out: not installed.", file=sys.stderr)
        return None

    least = {name: least_of(found, name) for name in (ours, other)}
    beside = floor if other == "nothing" else peer
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
