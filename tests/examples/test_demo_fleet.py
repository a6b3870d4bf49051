"""The demo of a fleet, small: over real sockets, as `make demo-fleet` runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAST = re.compile(
    r"(\d+) calls at most in any one-second window, as the server counted, of 100"
    r" allowed; [\d.]+ s, the bound is [\d.]+ s"
)


def test_the_bad_one_goes_back_and_the_others_are_released(tmp_path: Path) -> None:
    """Within the budget and under the cap; the report is written."""
    environ = os.environ | {
        "DEMO_HOME": str(tmp_path / "demo"),
        "DEMO_SIZE": "20",
        "PYTHONPATH": str(ROOT / "src"),
        "ESA_FLOWS_CAP_SHARING": "process",
    }
    done = subprocess.run(
        [sys.executable, "examples/demo_fleet.py"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    last = LAST.fullmatch(done.stdout.splitlines()[-1])
    assert last is not None, done.stdout
    assert int(last[1]) <= 100
    assert "edge-6: rolled back: Gate http did not pass in production" in done.stderr
    assert "failures    1, tolerated 2" in done.stdout
    assert (
        "19 released, 1 rolled back" in (tmp_path / "demo" / "report.html").read_text()
    )
