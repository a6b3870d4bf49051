"""What a run was measured on: versions, cores, load."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.turns import PEERS

__all__ = ["load", "machine", "versions"]

OURS = ("esa-flows", "anyio", "attrs", "cattrs", "httpx", "httpx2", "trio")
ASK = (
    "import json; from importlib.metadata import distributions as d;"
    "print(json.dumps({f.name.lower(): f.version for f in d()}))"
)


def machine() -> str:
    """Name the interpreter, the system and the cores."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def load() -> str:
    """Give the load averages of 1, 5 and 15 minutes."""
    return " ".join(f"{figure:.2f}" for figure in os.getloadavg())


def versions() -> dict[str, str]:
    """Give the versions of ours, and of the peers that are installed."""
    found = {name: told for name in OURS if (told := _version(name))}
    return found | _peers()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _peers() -> dict[str, str]:
    if not PEERS.exists():
        return {}

    asked = subprocess.run([PEERS, "-c", ASK], stdout=subprocess.PIPE, check=True)
    installed = json.loads(asked.stdout)
    lines = Path(__file__).with_name("peers.txt").read_text().splitlines()
    named = [line.partition("==")[0].lower() for line in lines if "==" in line]
    return {name: installed[name] for name in named if name in installed}
