"""A length of time, as people write it."""

import datetime as dt
import re
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput

__all__ = ["Duration"]


def _microseconds(value: float) -> float:
    return round(float(value), 6)


@frozen
class Duration:
    """A length of time.

    Attributes:
        seconds: Seconds, zero or more, to the microsecond, so that its text is exact.
    """

    seconds: float = field(converter=_microseconds)

    _UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    _RULE = re.compile(
        r"(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m(?!s))?\s*(?:(\d+(?:\.\d+)?)s)?"
    )

    @seconds.validator
    def _not_negative(self, _: object, value: float) -> None:
        if not 0 <= value < float("inf"):
            raise InvalidInput(f"A duration of {value} s is not possible.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `10m`, `1h30m`, `0.5s`, `2d`.

        Raises:
            InvalidInput: It is no duration.
        """
        found = cls._RULE.fullmatch(text.strip())
        if found is None or not any(found.groups()):
            raise InvalidInput(
                f"{text!r} is not a duration: write 30s, 10m, 1h30m or 2d."
            )

        sizes = (size for _, size in cls._UNITS)
        parts = zip(found.groups(), sizes, strict=True)
        return cls(sum(float(number or 0) * size for number, size in parts))

    @classmethod
    def of(cls, value: "Duration | dt.timedelta | str") -> "Duration":
        """Take a duration as users write it: text, `timedelta` or `Duration`."""
        if isinstance(value, Duration):
            return value

        if isinstance(value, dt.timedelta):
            return cls(value.total_seconds())

        return cls.parse(value)

    def __str__(self) -> str:
        text = ""
        rest = self.seconds
        for unit, size in self._UNITS[:-1]:
            count, rest = divmod(rest, size)
            text += f"{int(count)}{unit}" if count else ""

        if rest or not text:
            text += f"{rest:.6f}".rstrip("0").rstrip(".") + "s"

        return text
