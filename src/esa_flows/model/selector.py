"""Which routines of an account are meant: a text that names many at once."""

import re
from fnmatch import fnmatchcase
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput

__all__ = ["Selector"]

_KEY = "name"
_PATTERN = re.compile(r"(?:[A-Za-z0-9_*?-]|\[!?[A-Za-z0-9_-]+\])+")
_EXAMPLE = "Write for example name:cart-* or name:cart-*,name:pay-?."


def _is_pattern(_: object, __: object, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern):
            raise InvalidInput(
                f"{pattern!r} is no pattern of a routine's name: letters, digits and"
                " hyphens, * for any text, ? for one letter, [abc] for one of these.",
                next_move=_EXAMPLE,
            )


@frozen
class Selector:
    """Which routines of an account are meant.

    Attributes:
        patterns: Patterns of names; a routine is meant if one fits its whole name.
    """

    patterns: tuple[str, ...] = field(default=("*",), validator=_is_pattern)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name:cart-*`: what is looked at, a colon, a pattern; commas between.

        Raises:
            InvalidInput: The text selects nothing that there could be; says which part.
        """
        return cls(tuple(_pattern(part.strip()) for part in text.split(",")))

    @classmethod
    def of(cls, value: "Selector | str") -> "Selector":
        """Take a selector as users write it: text or `Selector`; empty means all."""
        if isinstance(value, Selector):
            return value

        return cls.parse(value) if value else cls()

    def matches(self, name: str) -> bool:
        """Whether a routine of this name is meant; case counts."""
        return any(fnmatchcase(name, pattern) for pattern in self.patterns)

    def __str__(self) -> str:
        return ",".join(f"{_KEY}:{pattern}" for pattern in self.patterns)


def _pattern(part: str) -> str:
    key, colon, pattern = part.partition(":")
    if key.strip() != _KEY or not colon:
        raise InvalidInput(
            f"{part!r} does not say what to look at: routines are selected by name.",
            next_move=_EXAMPLE,
        )

    return pattern.strip()
