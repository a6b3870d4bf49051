"""The rising shares in which a version reaches production."""

import itertools
import re
from collections.abc import Iterable
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.duration import Duration
from esa_flows.model.split import WHOLE

__all__ = ["Canary", "Stage"]


@frozen
class Stage:
    """One step of a canary.

    Attributes:
        percentage: Share of production traffic the new version gets, 1 to 100.
        bake: Time to watch it before the next stage.
    """

    percentage: int = field()
    bake: Duration = Duration(0)

    @percentage.validator
    def _in_range(self, _: object, value: int) -> None:
        if type(value) is not int or not 1 <= value <= WHOLE:
            raise InvalidInput(
                f"{value} % is not a share:"
                " the provider takes whole numbers from 1 to 100."
            )

    def __str__(self) -> str:
        return (
            f"{self.percentage}:{self.bake}"
            if self.bake.seconds
            else f"{self.percentage}"
        )


def _rising(_: object, __: object, stages: tuple[Stage, ...]) -> None:
    shares = [stage.percentage for stage in stages]
    if not shares or shares[-1] != WHOLE:
        raise InvalidInput(
            f"A canary must end at 100; this one is {_listed(shares)}.",
            next_move="Write for example 10:5m,50:5m,100.",
        )

    if any(a >= b for a, b in itertools.pairwise(shares)):
        raise InvalidInput(
            f"The shares of a canary must rise; these are {_listed(shares)}.",
            next_move="Write for example 10:5m,50:5m,100.",
        )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers)) or "empty"


@frozen
class Canary:
    """The rising shares in which a version reaches production.

    Attributes:
        stages: Stages whose shares rise strictly and end at 100.
    """

    stages: tuple[Stage, ...] = field(default=(Stage(WHOLE),), validator=_rising)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `10:5m,50:5m,100`: share, colon, bake time; commas between stages.

        Raises:
            InvalidInput: The text is no canary; says which part is wrong.
        """
        return cls(tuple(cls._stage(part.strip()) for part in text.split(",")))

    @classmethod
    def of(cls, value: "Canary | str") -> "Canary":
        """Take a canary as users write it: text or `Canary`."""
        return value if isinstance(value, Canary) else cls.parse(value)

    @staticmethod
    def _stage(part: str) -> Stage:
        share, colon, bake = part.partition(":")
        number = share.strip().removesuffix("%")
        if not re.fullmatch(r"[0-9]{1,3}", number):
            raise InvalidInput(
                f"{part!r} is not a canary stage: write SHARE or SHARE:BAKE,"
                " for example 10:5m.",
            )

        return Stage(int(number), Duration.parse(bake) if colon else Duration(0))

    def __str__(self) -> str:
        return ",".join(map(str, self.stages))
