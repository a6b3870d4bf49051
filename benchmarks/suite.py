"""What a benchmark is to the program that runs them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen

from benchmarks.table import Line

__all__ = ["Effort", "Measure"]

T = TypeVar("T")


@frozen(kw_only=True)
class Effort:
    """How long to measure.

    Attributes:
        quick: A few seconds for each benchmark, to see that nothing broke; the figures
            say little then.
    """

    quick: bool = False

    def pick(self, full: T, quick: T) -> T:
        """Choose a number of calls, rounds or seconds."""
        return quick if self.quick else full


Measure = Callable[[Effort], Awaitable[list[Line]]]
"""A benchmark: `async def measure(effort: Effort) -> list[Line]`."""
