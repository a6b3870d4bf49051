"""Tables without lines, whose cells come from elsewhere and are therefore cleaned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from esa_flows.cli.text import one_line

__all__ = ["table"]

_GAP = 2


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Make a table; only its last column is cut where the width does not do.

    Args:
        headings: One for each column.
        rows: Cells as plain text.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    made = Table(box=None, padding=0, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        longest = max(cell_len(row[place]) for row in [headings, *cells])
        is_last = place == len(headings) - 1
        least = None if is_last else longest + _GAP
        # A column that may wrap gives way first; its cells are cut all the same.
        made.add_column(heading, no_wrap=not is_last, min_width=least)

    for row in cells:
        made.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in row))

    return made


def hanging(cells: Sequence[Text], widths: Sequence[int]) -> Table:
    """Make one row whose last cell wraps beside the others, not under them.

    Args:
        cells: What to show.
        widths: Columns of all but the last cell.
    """
    made = Table.grid(padding=(0, 1, 0, 0))
    for width in widths:
        made.add_column(width=width, no_wrap=True)

    made.add_column(overflow="fold")
    made.add_row(*cells)
    return made
