"""One line of the table: ours, the floor or peer beside it, and the ratio."""

from collections.abc import Sequence

from attrs import frozen
from rich.console import Console
from rich.table import Table


@frozen(kw_only=True)
class Line:
    """What was measured.

    Attributes:
        what: In words.
        ours: Our figure.
        beside: The figure of the floor or the peer, measured in the same run.
        unit: Of both.
        target: What the ratio, or the figure, should be.
    """

    what: str
    ours: float
    beside: float
    unit: str
    target: str

    @property
    def ratio(self) -> float:
        """Ours over the other."""
        return self.ours / self.beside


def show(lines: Sequence[Line]) -> None:
    """Print the table."""
    table = Table("what", "ours", "beside", "unit", "ratio", "target")
    for line in lines:
        ours, beside = f"{line.ours:,.1f}", f"{line.beside:,.1f}"
        ratio = f"{line.ratio:.3f}"
        table.add_row(line.what, ours, beside, line.unit, ratio, line.target)

    Console().print(table)
