"""What the documentation says of speed is what was measured."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from attrs import evolve
from benchmarks import record
from benchmarks.record import PAGES, Measured, blocks, keep, kept, shown, write
from benchmarks.table import Line, Promise

ROOT = Path(__file__).parents[2]
LINE = Line(
    goal="P10", what="  start", unit="ms", ours=3, promise=Promise.figure(most=4)
)
MEASURED = Measured(
    day="2026-01-02",
    machine="CPython 3.11, 2 cores",
    load="0.50 0.40 0.30",
    versions={"httpx": "0.28.1"},
    lines=[LINE, evolve(LINE, goal="P2"), evolve(LINE, goal="")],
    series={"windows": {"ours": [(0.5, 100.0)]}},
)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep figures in a folder of the test."""
    monkeypatch.setattr(record, "FILE", tmp_path / "measured.json")
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- bench met: x -->\n```text\nold\n```\n<!-- /bench -->\nz\n")
    monkeypatch.setattr(record, "PAGES", {"met": page})
    return page


@pytest.mark.parametrize("block", PAGES)
def test_the_pages_show_what_was_measured(block: str) -> None:
    """Nobody writes a figure by hand: the blocks are those of the kept figures."""
    in_order = import_module("benchmarks.__main__").in_order
    told = blocks(in_order(kept()))

    assert {block: told[block]} == shown(PAGES[block])


def test_pictures_are_there() -> None:
    """What the page on speed shows was drawn."""
    page = PAGES["all"].read_text(encoding="utf-8")
    named = [line.partition("](")[2] for line in page.split("\n") if "![" in line]

    assert named
    for name in named:
        assert (PAGES["all"].parent / name.rstrip(")")).exists()


def test_every_benchmark_is_in_the_table() -> None:
    """A module that measures is one that `make bench` runs."""
    suites = import_module("benchmarks.__main__").SUITES
    measuring = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if "\nasync def measure(effort" in path.read_text(encoding="utf-8")
    }

    assert measuring == set(suites)


def test_figures_are_kept_until_they_are_measured_again(elsewhere: Path) -> None:
    """A benchmark alone changes its own figures, and loses none of the others'."""
    keep({"call": MEASURED, "cap": MEASURED})
    keep({"cap": evolve(MEASURED, day="2026-02-03")})

    assert {"call": MEASURED, "cap": evolve(MEASURED, day="2026-02-03")} == kept()


def test_nothing_was_measured_yet(elsewhere: Path) -> None:
    """A fresh copy has no figures."""
    assert {} == kept()


def test_blocks_are_written_between_their_marks(elsewhere: Path) -> None:
    """The rest of a page stays as it is; goals are in order, others left out."""
    write({"call": MEASURED})

    lines = elsewhere.read_text().split("\n")

    assert ("a", "z") == (lines[0], lines[-2])
    assert ["P2", "P10"] == [line[:3].strip() for line in lines if line[:1] == "P"]
    assert "2 of 2 met" in lines
    assert "old" not in lines


def test_a_page_says_on_what_it_was_measured() -> None:
    """Day, machine, load and versions stand above each benchmark's lines."""
    told = blocks({"call": MEASURED})["all"]

    assert "call: 2026-01-02, CPython 3.11, 2 cores, load 0.50 0.40 0.30\n" in told
    assert "httpx 0.28.1\n" in told
