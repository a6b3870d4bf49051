"""Equal parts of a fleet's plan, held once: most of its routines do just the same."""

from collections.abc import Hashable
from typing import Any, TypeVar

from attrs import define, evolve, field

from esa_flows.fleet.plan import PlannedRoutine
from esa_flows.release.forecast import Forecast

__all__ = ["Shared"]

V = TypeVar("V", bound=Hashable)


@define(repr=False)
class Shared:
    """Gives values as they were first seen; values only, so nobody can tell."""

    _known: dict[Hashable, Any] = field(factory=dict, init=False)

    def __repr__(self) -> str:
        return f"<Shared [values: {len(self._known)}]>"

    def one(self, value: V) -> V:
        """Give the first value of its type that equals this one."""
        found: V = self._known.setdefault((type(value), value), value)
        return found

    def routine(self, each: PlannedRoutine) -> PlannedRoutine:
        """Give what happens to a routine, in parts that it shares with others.

        Args:
            each: As planned.
        """
        release, slots = each.release, self.one(each.slots)
        if release is not None:
            release = evolve(release, forecast=self._forecast(release.forecast))

        return evolve(each, release=release, slots=slots)

    def _forecast(self, told: Forecast) -> Forecast:
        calls = self._known.setdefault(tuple(told.calls.items()), told.calls)
        shares, notes = self.one(told.shares), self.one(told.notes)
        return self.one(evolve(told, calls=calls, shares=shares, notes=notes))
