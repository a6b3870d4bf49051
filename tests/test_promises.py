"""The page of promises names tests that exist and numbers that runs have written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.promises import PAGE, block, merged, write

ROOT = Path(__file__).parents[1]
SAMPLE = r"( \(a sample: 1 in \d+\))?"
FOUND = r"\d+ scenarios, \d+ converged, \d+ violations"
SHAPES = {
    "defences": rf"\d+ named defences removed, \d+ missed{SAMPLE}\n",
    "changes": rf"([\w/]+\.py +\d+\.\d % of +\d+ noticed, \d+ % asked for{SAMPLE}\n)+",
    "crash": (rf"(\w+, (seed \d+|one in \d+): {FOUND}\n)+(altogether: {FOUND}\n)?"),
    "secrets": r"\d+ secrets looked for in \d+ texts of \d+ kinds: 0 found\n",
}
"""What each block looks like."""


def page() -> str:
    """Give the page."""
    return PAGE.read_text(encoding="utf-8")


def test_every_test_it_names_exists() -> None:
    """A promise whose test was moved would be held by nobody."""
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", page()))

    assert len(named) >= 15
    assert [] == [name for name in sorted(named) if not (ROOT / name).exists()]


@pytest.mark.parametrize("name", SHAPES)
def test_every_block_holds_what_a_run_has_written(name: str) -> None:
    """Numbers, in the words of the run that found them, or that there was no run."""
    assert re.fullmatch(f"{SHAPES[name]}|not run yet\n", block(name, page()))


def test_no_number_says_that_a_promise_is_broken() -> None:
    """All defences missed, no violation, every scenario converged."""
    removed = re.findall(r"(\d+) named .* (\d+) missed", block("defences", page()))
    told = re.findall(
        r": (\d+) scenarios, (\d+) converged, (\d+) violations", block("crash", page())
    )

    assert [] == [each for each in removed if each[0] != each[1]]
    assert [] == [each for each in told if each[0] != each[1] or each[2] != "0"]


def test_a_block_is_written_anew_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only there; what stands around it stays."""
    copy = tmp_path / "page.md"
    copy.write_text("a\n<!-- x: by y -->\n```text\nold\n```\n<!-- /x -->\nb\n")

    monkeypatch.delenv("ESA_FLOWS_WRITE_DOCS", raising=False)
    assert not write("x", ["new"], copy)
    assert "old\n" == block("x", copy.read_text())

    monkeypatch.setenv("ESA_FLOWS_WRITE_DOCS", "1")
    assert write("x", ["new", "newer"], copy)
    assert "new\nnewer\n" == block("x", copy.read_text())
    assert copy.read_text().startswith("a\n<!-- x: by y -->\n```text\n")
    assert copy.read_text().endswith("```\n<!-- /x -->\nb\n")
    assert "" == block("none", copy.read_text())


def test_a_part_of_a_block_may_be_found_anew() -> None:
    """The other lines stay where they are; new ones come last."""
    assert ["a 3", "b 2", "c 4"] == merged("a 1\nb 2\n", ["c 4", "a 3"])
    assert ["a 1"] == merged("", ["a 1"])


def test_the_index_names_every_page() -> None:
    """Whoever opens the folder of the documentation finds all of it."""
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")}

    assert pages - {"README.md"} == set(re.findall(r"\]\(([^)]+\.md)\)", index))
