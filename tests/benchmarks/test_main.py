"""The program that runs the benchmarks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from benchmarks import record
from benchmarks.suite import Effort
from benchmarks.table import Line


async def one(effort: Effort) -> list[Line]:
    """Measure what takes no time."""
    effort.draw("windows", "ours", [(1, effort.pick(2, 3))])
    return [Line(what="nothing", unit="s", ours=0)]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the program with one benchmark in it, and on a machine without peers."""
    found = import_module("benchmarks.__main__")
    monkeypatch.setattr(found, "SUITES", ("one",))
    monkeypatch.setattr(found, "measure_of", lambda _: one)
    monkeypatch.setattr(found, "versions", dict)
    monkeypatch.setattr(record, "PAGES", {})
    return found


async def test_everything_is_measured_and_printed(
    program: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Machine, load before and after, and one table."""
    await program.main([])

    printed = capsys.readouterr().out

    assert ["nothing", "0", "s"] in [line.split() for line in printed.splitlines()]
    assert printed.index("load before") < printed.index("load after")


async def test_an_unknown_name_says_which_there_are(program: Any) -> None:
    """A typing error does not measure everything, nor does an option nobody has."""
    for word in ("tow", "--help"):
        with pytest.raises(SystemExit, match=f"No benchmark {word}; there are: one"):
            await program.main([word])


async def test_what_is_quick_says_so(program: Any) -> None:
    """A benchmark chooses its effort, and its curves are kept with its lines."""
    found = await program.measured("one", Effort(quick=True))

    assert {"windows": {"ours": [(1.0, 3.0)]}} == found.series
