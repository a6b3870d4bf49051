"""Numbers in the page of promises, written by the runs that found them.

A block is written anew where `ESA_FLOWS_WRITE_DOCS=1` asks for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["PAGE", "block", "merged", "write"]

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "promises.md"


def block(name: str, page: str) -> str:
    """Give what a block of the page says.

    Args:
        name: The block's name.
        page: The whole page.
    """
    found = _pattern(name).search(page)
    return found[2] if found else ""


def write(name: str, lines: Iterable[str], page: Path = PAGE) -> bool:
    """Write a block anew, where that is asked for.

    Args:
        name: The block's name.
        lines: What it shall say.
        page: The page.

    Returns:
        Whether it was written.
    """
    if not os.environ.get("ESA_FLOWS_WRITE_DOCS"):
        return False

    text = page.read_text(encoding="utf-8")
    said = "".join(f"{line}\n" for line in lines)
    new = _pattern(name).sub(lambda found: found[1] + said + found[3], text)
    page.write_text(new, encoding="utf-8")
    return True


def merged(old: str, new: Iterable[str]) -> list[str]:
    """Give a block's lines, those that a run has found anew in their places.

    Args:
        old: What the block says; a line is told by its first word.
        new: What the run found; what the block has not yet comes last.
    """
    lines = {line.split()[0]: line for line in (*old.splitlines(), *new)}
    return list(lines.values())


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(<!-- {name}:[^\n]*-->\n```text\n)(.*?)(```\n<!-- /{name} -->)", re.DOTALL
    )
