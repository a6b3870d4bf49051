"""One page of a list, in the two shapes that ESA answers with."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, TypeVar

from attrs import frozen

from esa_flows.localcloud.call import Call

_Row = TypeVar("_Row")
_PAGES = 10_000


@frozen
class Page:
    """Which page was asked for.

    Attributes:
        number: from 1.
        size: rows.
    """

    number: int
    size: int

    def of(self, rows: Sequence[_Row]) -> Sequence[_Row]:
        """Return the rows of this page."""
        return rows[(self.number - 1) * self.size : self.number * self.size]

    def told(self, rows: Sequence[Any]) -> dict[str, int]:
        """Return the members that describe the page."""
        return {
            "PageNumber": self.number,
            "PageSize": self.size,
            "TotalCount": len(rows),
        }

    def told_with_pages(self, rows: Sequence[Any]) -> dict[str, int]:
        """Return the same with the number of pages."""
        return {**self.told(rows), "TotalPage": ceil(len(rows) / self.size)}


def asked_page(call: Call, *, size: int, most: int, pages: int = _PAGES) -> Page:
    """Read ``PageNumber`` and ``PageSize``.

    Args:
        call: the call.
        size: rows where it does not say.
        most: rows it may ask for.
        pages: the last page it may ask for.

    Raises:
        CloudError: ``InvalidParameter`` outside.
    """
    number = call.integer("PageNumber", 1, pages)
    return Page(number, call.integer("PageSize", size, most))
