"""What a gate says: four verdicts, so that missing evidence is never taken for good."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Self

from attrs import field, frozen

__all__ = ["Fact", "Reading", "Verdict"]

Fact = str | int | float | bool


class Verdict(enum.StrEnum):
    """What the evidence says, worst last.

    Attributes:
        PASS: It is good.
        INCONCLUSIVE: There is some, and not enough to tell.
        ERROR: It could not be had.
        FAIL: It is bad.
    """

    PASS = "pass"  # noqa: S105  a verdict, no password
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"

    @property
    def is_settled(self) -> bool:
        """Whether more evidence would change nothing."""
        return self in {Verdict.PASS, Verdict.FAIL}

    @property
    def rank(self) -> int:
        """Place in the order from good to bad."""
        return tuple(Verdict).index(self)


@frozen(kw_only=True)
class Reading:
    """One answer of a gate.

    Attributes:
        verdict: What the evidence says.
        reason: Why, as a sentence for people.
        facts: What was measured, for reports; no secrets.
        seconds: How long it took.
    """

    verdict: Verdict
    reason: str
    facts: Mapping[str, Fact] = field(factory=dict)
    seconds: float = 0.0

    @classmethod
    def worst(cls, readings: Iterable[Self]) -> Self:
        """Give the first of the worst readings."""
        return max(readings, key=lambda reading: reading.verdict.rank)

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}"
