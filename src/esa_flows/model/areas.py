"""Say to which environments of DCDN a revision goes at once.

DCDN knows no shares of traffic: one environment serves one revision. What shares are
elsewhere, areas are here: an environment such as ``presetCanaryZhejiang`` serves the
visitors of one province, and a rollout publishes to a growing set of them. The names
are not enumerated: the provider shapes them so and may add some.

Source: DCDN API 2018-01-15, PublishRoutineCodeRevision and EditRoutineConf.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.split import Environment

__all__ = ["Areas", "area_name", "short_name"]

_PREFIX = "presetCanary"
_AREA = re.compile(rf"{_PREFIX}[A-Z][A-Za-z]{{1,60}}")
_NEXT_MOVE = "Write for example production, or presetCanaryZhejiang,production."


def area_name(text: str) -> str:
    """Give an area's name as the provider has it: `Zhejiang` is short for it.

    Args:
        text: As people write it.
    """
    if text.startswith(_PREFIX) or text in {*map(str, Environment)}:
        return text

    return f"{_PREFIX}{text[:1].upper()}{text[1:]}"


def short_name(name: str) -> str:
    """Give an environment's name without what all areas begin with."""
    return name.removeprefix(_PREFIX)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({str(name) for name in names}))


def _known(_: object, __: object, names: tuple[str, ...]) -> None:
    if not names:
        raise InvalidInput(
            "A revision must go somewhere: no environment was named.",
            next_move=_NEXT_MOVE,
        )

    plain = frozenset(map(str, Environment))
    for name in names:
        if name not in plain and not _AREA.fullmatch(name):
            raise InvalidInput(
                f"{name!r} is no environment of DCDN: there are staging, production,"
                " and areas such as presetCanaryZhejiang.",
                next_move=_NEXT_MOVE,
            )

    if Environment.STAGING in names and len(names) > 1:
        raise InvalidInput(
            "Staging goes alone: what is published together with it is served before"
            " anybody has looked at staging.",
            next_move="Publish to staging first, then to the others.",
        )


@frozen
class Areas:
    """Environments that get one revision in one call: all of them, or none.

    Attributes:
        names: Their names in order, each once: staging alone, or production and
            areas in any combination.
    """

    names: tuple[str, ...] = field(converter=_sorted, validator=_known)

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Give one environment of those that every routine has."""
        return cls((environment.value,))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read names with commas between them.

        Raises:
            InvalidInput: One is no environment, or staging is not alone.
        """
        return cls(part.strip() for part in text.split(",") if part.strip())

    @property
    def are_canary(self) -> bool:
        """Whether these are areas only: no staging, no production."""
        return not {*self.names} & {*map(str, Environment)}

    @property
    def wire(self) -> str:
        """The names as the provider takes them: a list in JSON."""
        return json.dumps(self.names, separators=(",", ":"))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __str__(self) -> str:
        return ",".join(self.names)
