"""Make a version again from bytes that were saved; nothing is deployed."""

from attrs import frozen

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.model import Realm, RoutineName
from esa_flows.release.binding import served_binding
from esa_flows.release.journey import Journey
from esa_flows.release.make import find_version
from esa_flows.release.release import ANSWERS
from esa_flows.release.remake import Remake, make_one
from esa_flows.release.report import Outcome, Report
from esa_flows.release.spec import Release
from esa_flows.release.unwind import unwind
from esa_flows.steps.observe import observe

__all__ = ["Restoring", "restore"]


@frozen(kw_only=True)
class Restoring:
    """A version to make again.

    Attributes:
        release: The bytes and the routine; where it would end does not matter.
    """

    release: Release

    @property
    def routine(self) -> RoutineName:
        """Which routine."""
        return self.release.routine

    @property
    def realm(self) -> Realm:
        """Whose routine it is."""
        return self.release.realm


@flow
async def restore(ctx: Context, wanted: Restoring) -> Report:
    """Upload saved bytes as a version, and see that it holds them.

    A version that holds them already is found, and nothing is uploaded. Where what
    serves production carries variables, so does the version made.

    Raises:
        RoutineNotFound: There is no such routine.
    """
    release = wanted.release
    world = await ctx.do(observe, release.routine)
    journey = Journey.begun(ctx.run_id, world, realm=release.realm)
    order = Remake(release=release, bound_to=served_binding(world))
    try:
        journey.version = await find_version(ctx, release, world, order.bound_to)
        if journey.version is not None:
            return journey.report(Outcome.UNCHANGED)

        journey.version = await make_one(ctx, order, world, journey)
    except ANSWERS as why:
        return await unwind(ctx, journey, why)

    return journey.report(Outcome.RESTORED)
