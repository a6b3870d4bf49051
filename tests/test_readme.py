"""What the README shows of `make demo` is what `make demo` prints.

With `ESA_FLOWS_WRITE_README=1` the block is written anew instead of compared.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(
    r"(<!-- demo:[^\n]*-->\n```text\n)(.*?)(```\n<!-- /demo -->)", re.DOTALL
)
VARYING = (
    (re.compile(r"\b1\d{18}\b"), "VERSION"),
    (re.compile(r"\b[0-9a-hjkmnp-tv-z]{12}\b(?=[ .,:)]|$)", re.MULTILINE), "RUN"),
    (re.compile(r"\d\d\d\d-\d\d-\d\d"), "DAY"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), "TIME"),
    (re.compile(r"\d+\.\d+ s"), "TIME"),
    (re.compile(r"127\.0\.0\.1:\d+"), "PLACE"),
    (re.compile(r"[ \d]{3}(?= at most)"), "MOST"),
    (re.compile(r"[ \t]+"), " "),
)


def demo(home: Path) -> str:
    """Run the demo in an environment without a terminal."""
    environ = os.environ | {"DEMO_HOME": str(home), "NO_COLOR": "1"}
    environ.pop("GITHUB_ACTIONS", None)
    command = [sys.executable, "examples/demo.py"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def settled(text: str) -> str:
    """Give a text in which what differs from run to run is named, not shown."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)

    return text


@pytest.mark.timeout(120)
def test_the_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    """The README's block is the first demo's output, but for ids and times."""
    printed = demo(tmp_path)
    readme = README.read_text(encoding="utf-8")
    if os.environ.get("ESA_FLOWS_WRITE_README"):
        readme = BLOCK.sub(lambda found: found[1] + printed + found[3], readme)
        README.write_text(readme, encoding="utf-8")

    shown = BLOCK.search(readme)

    assert shown is not None
    assert settled(printed) == settled(shown[2])

    again = demo(tmp_path)

    assert 2 == again.count("unchanged")
    assert "CommitRoutineStagingCode" not in again
