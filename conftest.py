"""Every code block of the documentation runs, against a local cloud of its own.

Python blocks run in this process, shell blocks in bash; both find a fresh folder with
`dist/worker.js`, an environment that points at the cloud, and what earlier blocks of
the same page left behind, so a page must stay with one worker (`--dist loadfile`).
`make` lines are only checked to be targets.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

ROOT = Path(__file__).parent
BUNDLE = ROOT / "examples" / "routines" / "checkout-edge.js"


class Page:
    """What the blocks of one page share: a folder, a cloud, an environment."""

    def __init__(self) -> None:
        """Start a local cloud and step into a fresh folder."""
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "dist").mkdir()
        shutil.copy(BUNDLE, self.folder / "dist" / "worker.js")
        self.cloud = subprocess.Popen(
            [sys.executable, "-m", "esa_flows.localcloud", "--port", "0"],
            stdout=subprocess.PIPE,
        )
        self.before = (dict(os.environ), Path.cwd())
        os.environ.update(self._environment())
        os.chdir(self.folder)

    def _environment(self) -> dict[str, str]:
        assert self.cloud.stdout is not None
        told = json.loads(self.cloud.stdout.readline())
        return {
            "HOME": str(self.folder),
            "NO_COLOR": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ESA_FLOWS_ENDPOINT": told["api"],
            "ESA_FLOWS_STAGING_EDGE": told["edge_staging"],
            "ESA_FLOWS_PRODUCTION_EDGE": told["edge_production"],
            "ESA_FLOWS_JOURNAL": str(self.folder / "journal.db"),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": told["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": told["access_key_secret"],
        }

    def leave(self) -> None:
        """Stop the cloud and put everything back."""
        os.environ.clear()
        os.environ.update(self.before[0])
        os.chdir(self.before[1])
        self.cloud.terminate()
        self.cloud.communicate(timeout=10)
        shutil.rmtree(self.folder)


def begin(namespace: dict[str, Any]) -> None:
    """Open a page."""
    namespace["page"] = Page()


def end(namespace: dict[str, Any]) -> None:
    """Close a page."""
    namespace["page"].leave()


def run_shell(example: Example) -> str | None:
    """Run a shell block; give what went wrong."""
    script = str(example.parsed)
    if all(line.startswith("make ") for line in script.split("\n") if line):
        lines = [line.partition("#")[0].split() for line in script.split("\n") if line]
        for words in lines:
            subprocess.run([*words, "-n"], cwd=ROOT, check=True, capture_output=True)

        return None

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 0:
        return None

    return f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser(language="bash", evaluator=run_shell),
    ],
    patterns=["*.md"],
    excludes=["CHANGELOG.md"],
    setup=begin,
    teardown=end,
).pytest()
