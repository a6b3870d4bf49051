"""The growing set of areas in which a version reaches production, where there are any.

Where a cloud cannot split an environment's traffic, it gives areas an environment of
their own: a canary goes from area to area, and everybody else comes last.
"""

import re
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.areas import Areas, area_name, short_name
from esa_flows.model.duration import Duration
from esa_flows.model.split import WHOLE, Environment

__all__ = ["AreaCanary", "AreaStage"]

_PRODUCTION = Areas.of(Environment.PRODUCTION)
_NEXT_MOVE = "Write for example Zhejiang:10m,Jilin+Overseas:1h,production."


@frozen
class AreaStage:
    """One step of a canary.

    Attributes:
        areas: Where the new version serves from now on.
        bake: Time to watch it before the next stage.
    """

    areas: Areas
    bake: Duration = Duration(0)

    @property
    def label(self) -> str:
        """The areas' short names, with a plus between them."""
        return "+".join(map(short_name, self.areas))

    def __str__(self) -> str:
        return f"{self.label}:{self.bake}" if self.bake.seconds else self.label


def _ends_in_production(_: object, __: object, stages: tuple[AreaStage, ...]) -> None:
    if not stages or stages[-1].areas != _PRODUCTION:
        told = ", ".join(stage.label for stage in stages) or "empty"
        raise InvalidInput(
            f"A canary by areas must end in production; this one is {told}.",
            next_move=_NEXT_MOVE,
        )

    seen: set[str] = set()
    for stage in stages:
        again = sorted(seen & {*stage.areas})
        is_area = stage.areas.are_canary or stage is stages[-1]
        if again or not is_area:
            raise InvalidInput(
                f"{stage.label} cannot be a stage of its own there: areas come first,"
                " each once, and production comes last.",
                next_move=_NEXT_MOVE,
            )

        seen |= {*stage.areas}


@frozen
class AreaCanary:
    """The growing set of areas in which a version reaches production.

    Attributes:
        stages: Stages of areas, each area once; the last one is production, which
            takes along every area that no stage named.
    """

    stages: tuple[AreaStage, ...] = field(
        default=(AreaStage(_PRODUCTION),), validator=_ends_in_production
    )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `Zhejiang:10m,Jilin+Overseas:1h,production`.

        Areas with a plus between them, a colon, the bake time; commas between stages.
        `100` is `production`, as it is for shares.

        Raises:
            InvalidInput: The text is no canary by areas; says which part is wrong.
        """
        return cls(tuple(_stage(part.strip()) for part in text.split(",")))

    @property
    def areas(self) -> frozenset[str]:
        """Every area that a stage names, as the provider has it."""
        return frozenset(name for stage in self.stages[:-1] for name in stage.areas)

    def __str__(self) -> str:
        return ",".join(map(str, self.stages))


def _stage(part: str) -> AreaStage:
    places, colon, told = part.partition(":")
    bake = Duration.parse(told) if colon else Duration(0)
    share = places.strip().removesuffix("%")
    if re.fullmatch(r"[0-9]{1,3}", share):
        return _whole(int(share), bake)

    names = [area_name(name.strip()) for name in places.split("+") if name.strip()]
    return AreaStage(Areas(names), bake)


def _whole(share: int, bake: Duration) -> AreaStage:
    if share == WHOLE:
        return AreaStage(_PRODUCTION, bake)

    raise InvalidInput(
        f"DCDN has no shares of traffic, so {share} % is no stage: an environment"
        " serves one version, whole. What it has instead are areas.",
        next_move=_NEXT_MOVE,
    )
