"""Look at a routine: what serves where, and which versions there are.

Which versions there are changes rarely, and mostly by our own hand. What one release
left is written down, and the next goes by that while what serves is still exactly what
that release deployed. Nothing dangerous rests on it: a version is read before it is
used, what serves is looked at before a delete, and the provider counts by itself.
"""

from typing import Protocol

from attrs import evolve, frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.model import Routine, RoutineName, Version, VersionId

__all__ = ["MOST_AGE", "Memory", "World", "look", "observe", "recall", "remember"]

MOST_AGE = 4
"""Releases that may go by what is written down before the versions are listed again."""


@frozen(kw_only=True)
class World:
    """A routine as the provider showed it.

    Attributes:
        routine: What serves where.
        versions: Its versions, newest first.
        age: Releases since the versions were listed.
    """

    routine: Routine
    versions: tuple[Version, ...]
    age: int = 0

    @property
    def ids(self) -> frozenset[VersionId]:
        """The versions' ids."""
        return frozenset(version.id for version in self.versions)


class Memory(Protocol):
    """Knows what the last run of a routine left."""

    async def last(self, routine: RoutineName) -> World | None:
        """Give what it wrote down; None where nothing is known."""
        ...


@step.read(calls=[Op.OBSERVE, Op.LIST])
async def observe(ctx: Context, routine: RoutineName) -> World:
    """Read what serves and which versions exist.

    A read: dying after the calls loses nothing, the next process reads again.

    Raises:
        RoutineNotFound: There is no such routine.
    """
    cloud = ctx.need(RoutineCloud)
    seen = await cloud.observe(routine)
    return World(routine=seen, versions=await cloud.list_versions(routine))


@step.read(calls=[Op.OBSERVE])
async def look(ctx: Context, routine: RoutineName) -> Routine:
    """Read what serves, right before or after a change. A read."""
    return await ctx.need(RoutineCloud).observe(routine)


@step.read(calls=[Op.OBSERVE, Op.LIST], name=observe.name)
async def recall(ctx: Context, routine: RoutineName) -> World:
    """Do what `observe` does, and list the versions only where they are not known.

    Raises:
        RoutineNotFound: There is no such routine.
    """
    cloud = ctx.need(RoutineCloud)
    seen = await cloud.observe(routine)
    known = await ctx.need(Memory).last(routine)
    if known is None or not _is_as_left(seen, known):
        return World(routine=seen, versions=await cloud.list_versions(routine))

    return evolve(known, routine=seen, age=known.age + 1)


@step.read()
async def remember(ctx: Context, left: World) -> World:  # noqa: ARG001  a step has one
    """Write down what a release leaves, for the next one. A read; no call is made."""
    return left


def _is_as_left(seen: Routine, known: World) -> bool:
    """Tell whether a routine serves, by the deployments' ids, what a release left.

    Who deployed meanwhile may have made versions too, or deleted some.
    """
    left, places = known.routine, (seen.staging, seen.production)
    has_ids = all(place is None or place.id for place in places)
    is_same = places == (left.staging, left.production)
    return has_ids and is_same and known.age < MOST_AGE
