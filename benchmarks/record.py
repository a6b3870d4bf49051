"""What was measured, kept in a file; the documentation's blocks are written from it.

Nobody writes a figure by hand: `make bench` measures, prints, keeps and writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import cattrs
from attrs import evolve, frozen

from benchmarks.suite import Series
from benchmarks.table import Line, rendered

__all__ = ["Measured", "blocks", "keep", "kept", "write"]

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_name("measured.json")
PAGES = {"all": ROOT / "docs" / "explanation" / "speed.md", "met": ROOT / "README.md"}
_BLOCK = re.compile(
    r"(<!-- bench (\w+): [^\n]*-->\n```text\n)(.*?)(```\n<!-- /bench -->)", re.DOTALL
)


@frozen(kw_only=True)
class Measured:
    """What one benchmark found, and on what.

    Attributes:
        day: When, as YYYY-MM-DD.
        machine: Interpreter, system, cores.
        load: The load averages right after.
        versions: Of ours and of the peers.
        lines: Of the table.
        series: To be drawn: by picture, then by the curve's name.
    """

    day: str
    machine: str
    load: str
    versions: dict[str, str]
    lines: list[Line]
    series: dict[str, dict[str, Series]]


def kept() -> dict[str, Measured]:
    """Give what was measured last, by benchmark."""
    if not FILE.exists():
        return {}

    text = json.loads(FILE.read_text(encoding="utf-8"))
    return cattrs.structure(text, dict[str, Measured])


def keep(found: Mapping[str, Measured]) -> None:
    """Keep what was measured; benchmarks that were not run stay as they were."""
    told = cattrs.unstructure({**kept(), **found})
    FILE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def blocks(found: Mapping[str, Measured]) -> dict[str, str]:
    """Give the texts of the documentation's blocks.

    Args:
        found: What was measured, by benchmark.
    """
    whole = "\n".join(
        f"{_head(name, one)}{rendered(one.lines)}" for name, one in found.items()
    )
    lines = [line for one in found.values() for line in one.lines]
    goals = sorted((line for line in lines if line.goal), key=_number)
    held = sum(line.met is True for line in goals)
    short = rendered([evolve(line, what=line.what.strip()) for line in goals])
    ending = f"{held} of {len(goals)} met\n"
    return {"all": whole, "met": short + ending}


def _head(name: str, one: Measured) -> str:
    versions = ", ".join(f"{key} {number}" for key, number in one.versions.items())
    return f"{name}: {one.day}, {one.machine}, load {one.load}\n{versions}\n"


def _number(line: Line) -> int:
    return int(line.goal[1:])


def write(found: Mapping[str, Measured]) -> None:
    """Write the blocks into the pages that have them."""
    texts = blocks(found)
    for page in PAGES.values():
        text = page.read_text(encoding="utf-8")
        text = _BLOCK.sub(lambda m: f"{m[1]}{texts[m[2]]}{m[4]}", text)
        page.write_text(text, encoding="utf-8")


def shown(page: Path) -> dict[str, str]:
    """Give the blocks of a page as they stand there."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return {one[2]: one[3] for one in found}
