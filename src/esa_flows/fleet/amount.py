"""How many routines are meant: a number of them, or a share of all."""

import math
import re
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput

__all__ = ["Amount"]

_ALL = 100


@frozen
class Amount:
    """A number of routines, or a percentage of them.

    Attributes:
        number: How many, or how many per cent.
        is_percent: Which of both.
    """

    number: int = field()
    is_percent: bool = False

    _RULE = re.compile(r"([0-9]{1,9})\s*(%?)")

    def __attrs_post_init__(self) -> None:
        most = _ALL if self.is_percent else math.inf
        if type(self.number) is not int or not 0 <= self.number <= most:
            raise InvalidInput(
                f"{self} is no number of routines: write 12, or 10% of them."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `12` or `10%`.

        Raises:
            InvalidInput: It is neither.
        """
        found = cls._RULE.fullmatch(text.strip())
        if found is None:
            raise InvalidInput(
                f"{text!r} is no number of routines: write 12, or 10% of them."
            )

        return cls(int(found[1]), bool(found[2]))

    @classmethod
    def of(cls, value: "Amount | int | str") -> "Amount":
        """Take an amount as users write it: a number, text or `Amount`."""
        if isinstance(value, Amount):
            return value

        return cls.parse(value) if isinstance(value, str) else cls(value)

    def up(self, total: int) -> int:
        """Give it of so many routines, rounded up: for sizes.

        Args:
            total: All there are.
        """
        return -(-self.number * total // _ALL) if self.is_percent else self.number

    def down(self, total: int) -> int:
        """Give it of so many routines, rounded down: for what is tolerated.

        Args:
            total: All there are.
        """
        return self.number * total // _ALL if self.is_percent else self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.is_percent else ''}"
