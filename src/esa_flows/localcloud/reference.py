"""The tables of the reference page, made from the code's own tables.

``python -m esa_flows.localcloud.reference FILE`` writes them anew between the page's
marks; a test compares.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

from attrs import fields

from . import faults
from .apis import APIS
from .dcdn.phrases import PHRASES
from .switches import Switches

_ENTRY = re.compile(r"^(\w+): (.*(?:\n {4,}.*)*)", re.MULTILINE)
_MARK = "<!-- {} {} -->"


def operations() -> str:
    """Return which operations are played and which are refused."""
    rows = [
        (
            api.product.upper(),
            name,
            "real state" if name in api.operations else _REFUSED,
        )
        for api in APIS.values()
        for name in sorted((*api.operations, *api.refused))
    ]
    return _table(("API", "operation", "here"), rows)


def switches() -> str:
    """Return every switch with its default and what it decides."""
    told = dict(_ENTRY.findall(dedent(_attributes(Switches))))
    rows = [
        (f"`{name}`", _shown(default), _line(told[name]))
        for name, default in _defaults().items()
    ]
    return _table(("switch", "default", "what it decides"), rows)


def phrases() -> str:
    """Return the free texts of DCDN's one error code."""
    rows = [(f"`{name}`", *texts) for name, texts in PHRASES.items()]
    return _table(("name", "`en`", "`zh`"), rows)


def kinds() -> str:
    """Return the kinds of faults."""
    text = (faults.__doc__ or "").split("=\n", 2)[2].partition("\n=")[0]
    rows = [tuple(re.split(r" {2,}", line.strip())) for line in text.splitlines()]
    cells = [(f"`{kind}`", _line(seen), _line(call)) for kind, seen, call in rows]
    return _table(("kind", "what the client sees", "the call"), cells)


TABLES: dict[str, Callable[[], str]] = {
    "operations": operations,
    "switches": switches,
    "phrases": phrases,
    "kinds": kinds,
}


def filled(page: str) -> str:
    """Return a page with the tables between its marks made anew.

    Raises:
        ValueError: a mark is missing.
    """
    for name, table in TABLES.items():
        begin, end = _MARK.format("begin", name), _MARK.format("end", name)
        before, found, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise ValueError(f"the page has no marks for the table {name}")

        page = f"{before}{begin}\n\n{table()}\n\n{end}{after}"

    return page


def main(path: str) -> None:
    """Write the tables of a page anew."""
    page = Path(path)
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


_REFUSED = "`InvalidApi.NotFound`"


def _attributes(kind: type) -> str:
    """Return the part of a docstring that tells the attributes."""
    return inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]


def _defaults() -> dict[str, Any]:
    held = Switches()
    return {
        attribute.name: getattr(held, attribute.name) for attribute in fields(Switches)
    }


def _shown(value: Any) -> str:
    """Return a default as TOML writes it."""
    if isinstance(value, timedelta):
        return f"`{value.total_seconds():g}`"

    if isinstance(value, frozenset):
        return "`[" + ", ".join(f'"{name}"' for name in sorted(value)) + "]`"

    if isinstance(value, bool):
        return f"`{str(value).lower()}`"

    if isinstance(value, dict):
        return "`{}`"

    return "none" if value is None else f"`{value}`" if value != "" else '`""`'


def _line(text: str) -> str:
    """Return a text on one line, as Markdown."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main(*sys.argv[1:])
