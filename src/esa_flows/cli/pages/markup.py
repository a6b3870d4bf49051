"""Elements of HTML and SVG, safe by construction: whatever is no element is escaped.

Nothing else in the library writes an angle bracket into a page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from esa_flows.cli.text import clean

__all__ = ["Markup", "element", "joined", "trusted"]

_VOID = frozenset({"meta", "br", "rect", "line", "circle", "polyline"})
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Iterable["Child"]


def element(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """Make an element.

    Args:
        name: Such as `td`.
        children: Text, which is escaped, and elements, which are not.
        attributes: Values by name; `class_` for `class`, a hyphen for an underline
            within. One of None is left out.

    Raises:
        ValueError: A name is none.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    opening = f"<{_checked(name)}{told}>"
    if name in _VOID:
        return Markup(opening if name in {"meta", "br"} else f"{opening[:-1]}/>")

    return Markup(f"{opening}{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Put texts and elements one behind the other; texts are escaped."""
    return Markup("".join(map(_safe, children)))


def trusted(text: str) -> Markup:
    """Take our own style or script as it is."""
    return Markup(text)


def _safe(child: Child) -> str:
    if isinstance(child, Markup):
        return child

    if isinstance(child, str):
        return html.escape(clean(child))

    return joined(child)


def _attribute(key: str, value: str | float | None) -> str:
    if value is None:
        return ""

    name = _checked(key.rstrip("_").replace("_", "-"))
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f' {name}="{html.escape(clean(text))}"'


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an element or attribute.")

    return name
