"""How often a gate is read, and how much of what is not good it bears: values."""

from __future__ import annotations

import enum

from attrs import Attribute, field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.words import span_of
from esa_flows.model import Duration

__all__ = ["Limits", "Unsettled"]

SHORTEST = 0.1
"""Seconds between two readings at least: each one is recorded."""


class Unsettled(enum.StrEnum):
    """What is done where a gate has not settled anything in the end."""

    FAIL = "fail"
    """As if it had failed: go back."""

    HOLD = "hold"
    """Ask a person, and wait."""

    PASS = "pass"  # noqa: S105  a choice, no password
    """Go on."""

    @classmethod
    def of(cls, value: Unsettled | str) -> Unsettled:
        """Take the word as users write it.

        Raises:
            InvalidInput: There is no such choice.
        """
        try:
            return cls(value)
        except ValueError:
            raise InvalidInput(
                f"{value!r} is no answer to missing evidence: use fail, hold or pass."
            ) from None


def _unsettled(value: Unsettled | str) -> Unsettled:
    return Unsettled.of(value)


def _long_enough(_: object, __: object, value: Duration) -> None:
    if value.seconds < SHORTEST:
        raise InvalidInput(
            f"A gate cannot be read every {value}: {SHORTEST:g} s is the least."
        )


def _count(_: object, attribute: Attribute[int], value: int) -> None:
    if type(value) is not int or value < 0:
        raise InvalidInput(
            f"{value} is no number of readings ({attribute.name}): give 0 or more."
        )


@frozen(kw_only=True)
class Limits:
    """How often a gate is read, and how much of what is not good it bears.

    Attributes:
        every: Pause between the beginnings of two readings.
        count: Readings at each share; 0 for as many as its bake has room for. Where the
            bake is too short for them it goes on.
        failure_limit: Bad readings that are borne, in all, at one share.
        error_limit: Readings without any evidence that are borne in a row.
        inconclusive_limit: Readings more, once the bake is over, while the evidence
            does not suffice.
        on_inconclusive: What is done where it does not suffice even then, or where
            there is none.
    """

    every: Duration = field(
        default=Duration(30), converter=span_of, validator=_long_enough
    )
    count: int = field(default=0, validator=_count)
    failure_limit: int = field(default=0, validator=_count)
    error_limit: int = field(default=3, validator=_count)
    inconclusive_limit: int = field(default=3, validator=_count)
    on_inconclusive: Unsettled = field(default=Unsettled.FAIL, converter=_unsettled)
