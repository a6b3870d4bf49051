"""What a benchmark is to the program that runs them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from attrs import field, frozen

from benchmarks.table import Line

__all__ = ["Effort", "Measure", "Series"]

T = TypeVar("T")

Series = list[tuple[float, float]]
"""Points of a curve."""


@frozen(kw_only=True)
class Effort:
    """How long to measure, and where to leave what shall be drawn.

    Attributes:
        quick: A few seconds for each benchmark, to see that nothing broke; the figures
            say little then.
        series: Curves by picture and name; `draw` adds one.
    """

    quick: bool = False
    series: dict[str, dict[str, Series]] = field(factory=dict)

    def pick(self, full: T, quick: T) -> T:
        """Choose a number of calls, rounds or seconds."""
        return quick if self.quick else full

    def draw(self, picture: str, curve: str, points: Iterable[Iterable[float]]) -> None:
        """Leave a curve for one of the pictures of `benchmarks/plots.py`."""
        made = [(float(x), float(y)) for x, y in points]
        self.series.setdefault(picture, {})[curve] = made


Measure = Callable[[Effort], Awaitable[list[Line]]]
"""A benchmark: `async def measure(effort: Effort) -> list[Line]`."""
