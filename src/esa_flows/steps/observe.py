"""Look at a routine: what serves where, and which versions there are."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.model import Routine, RoutineName, Version, VersionId

__all__ = ["World", "look", "observe"]


@frozen(kw_only=True)
class World:
    """A routine as the provider showed it.

    Attributes:
        routine: What serves where.
        versions: Its versions, newest first.
    """

    routine: Routine
    versions: tuple[Version, ...]

    @property
    def ids(self) -> frozenset[VersionId]:
        """The versions' ids."""
        return frozenset(version.id for version in self.versions)


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
