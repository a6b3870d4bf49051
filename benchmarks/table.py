"""One line of the table: ours, the peer or floor beside it, and what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import field, frozen
from attrs.validators import instance_of

__all__ = ["Beside", "Line", "Promise", "floor", "peer", "rendered", "shown"]


@frozen(kw_only=True)
class Promise:
    """What a figure, or its ratio to the one beside it, must be.

    Attributes:
        of: What is bounded.
        most: Its upper bound; None for none.
        least: Its lower bound; None for none.
    """

    of: Literal["ratio", "figure"]
    most: float | None = None
    least: float | None = None

    @classmethod
    def ratio(cls, *, most: float | None = None, least: float | None = None) -> Promise:
        """Bound ours divided by what is beside it."""
        return cls(of="ratio", most=most, least=least)

    @classmethod
    def figure(
        cls, *, most: float | None = None, least: float | None = None
    ) -> Promise:
        """Bound our figure itself."""
        return cls(of="figure", most=most, least=least)

    def holds(self, value: float) -> bool:
        """Whether a value keeps to the bounds."""
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        bounds = [("≥", self.least), ("≤", self.most)]
        told = [f"{sign} {bound:g}" for sign, bound in bounds if bound is not None]
        return f"{'ratio ' if self.of == 'ratio' else ''}{', '.join(told)}"


@frozen(kw_only=True)
class Beside:
    """What ours is compared with, measured in the same run.

    Attributes:
        kind: Another program that does the same, or the least that anybody can need.
        name: Who or what it is.
        figure: In the line's unit.
    """

    kind: Literal["peer", "floor"]
    name: str
    figure: float


def peer(name: str, figure: float) -> Beside:
    """Compare with another program that does the same."""
    return Beside(kind="peer", name=name, figure=figure)


def floor(name: str, figure: float) -> Beside:
    """Compare with the least that anybody can need, or with the best there can be."""
    return Beside(kind="floor", name=name, figure=figure)


@frozen(kw_only=True)
class Line:
    """What was measured.

    Attributes:
        goal: The target it belongs to, such as P4; empty where there is none.
        what: In words.
        unit: Of all figures.
        ours: Our figure.
        beside: The peer or the floor, in the same run; None where ours stands alone.
        ratio_found: The median of pairwise ratios where arms took turns; None for ours
            divided by the other figure.
        promise: What must hold; None where the line only informs.
    """

    goal: str = ""
    what: str
    unit: str
    ours: float = field(validator=instance_of((int, float)))
    beside: Beside | None = None
    ratio_found: float | None = None
    promise: Promise | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over the other; none where there is no other, or where it is zero."""
        if self.ratio_found is not None or self.beside is None:
            return self.ratio_found

        return self.ours / self.beside.figure if self.beside.figure else None

    @property
    def met(self) -> bool | None:
        """Whether what was promised holds; none where nothing was."""
        if self.promise is None:
            return None

        value = self.ours if self.promise.of == "figure" else self.ratio
        return value is not None and self.promise.holds(value)

    def cells(self) -> tuple[str, ...]:
        """Give what the table shows, in the order of `HEADS`."""
        return (
            self.goal,
            self.what,
            f"{shown(self.ours)} {self.unit}",
            self._other("peer"),
            self._other("floor"),
            "" if self.ratio is None else f"{self.ratio:.3f}",
            "" if self.promise is None else str(self.promise),
            {None: "", True: "met", False: "NOT MET"}[self.met],
        )

    def _other(self, kind: str) -> str:
        if self.beside is None or self.beside.kind != kind:
            return ""

        return f"{shown(self.beside.figure)} {self.beside.name}"


HEADS = ("goal", "what", "ours", "peer", "floor", "ratio", "target", "met")
_FIGURES = frozenset({"ours", "ratio"})


def shown(figure: float) -> str:
    """Give a figure with as many digits as say something."""
    if figure == int(figure) or abs(figure) >= 1000:
        return f"{figure:,.0f}"

    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.3g}"


def rendered(lines: Sequence[Line]) -> str:
    """Give the table as text, each line whole."""
    rows = [HEADS, *(line.cells() for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(_row(row, widths) for row in rows)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if head in _FIGURES else cell.ljust(width)
        for head, cell, width in zip(HEADS, cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip() + "\n"
