"""Delete a routine with all its versions, whose code was saved before."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, RoutineNotFound
from esa_flows.model import Routine, RoutineName, VersionId

__all__ = ["DeleteRoutine", "Deleted", "delete_routine", "serves_still"]


@frozen(kw_only=True)
class DeleteRoutine:
    """A routine to delete.

    Attributes:
        routine: Which routine.
        known: The versions that may be lost: there must be no other.
        while_serving: Whether it may be deleted although production is served by it.
    """

    routine: RoutineName
    known: tuple[VersionId, ...] = ()
    while_serving: bool = False


@frozen(kw_only=True)
class Deleted:
    """A routine that is gone.

    Attributes:
        routine: Its name.
    """

    routine: RoutineName


async def _find(
    ctx: Context, wanted: DeleteRoutine, _: Intent
) -> Happened[Deleted] | NotHappened | Conflict:
    try:
        await ctx.need(RoutineCloud).observe(wanted.routine)
    except RoutineNotFound:
        return Happened(Deleted(routine=wanted.routine))

    return NotHappened()


@step.guarded(
    calls=[Op.DELETE_ROUTINE, Op.OBSERVE, Op.LIST], reconcile=_find, settle="0s"
)
async def delete_routine(ctx: Context, wanted: DeleteRoutine) -> Deleted:
    """Look once more at what serves and what there is, then delete the routine.

    Between the look and the delete lies one round trip in which somebody could deploy
    or commit. Dying between the call and the record: a routine that is absent is gone.

    Raises:
        Conflict: It serves production now, or has a version that was not saved.
        InUse: The provider says that something refers to it.

    Source: ESA API 2024-09-10, DeleteRoutine.
    """
    cloud = ctx.need(RoutineCloud)
    try:
        versions = await cloud.list_versions(wanted.routine)
        others = {version.id for version in versions}.difference(wanted.known)
        if others:
            raise _is_new(wanted.routine, max(others, key=int))

        serves = serves_still(await cloud.observe(wanted.routine))
        if serves and not wanted.while_serving:
            raise Conflict(serves, next_move="Nothing was deleted.")

        await cloud.delete_routine(wanted.routine)
    except RoutineNotFound:
        pass  # somebody was quicker, perhaps we

    return Deleted(routine=wanted.routine)


def serves_still(routine: Routine) -> str:
    """Say what a routine serves in production; empty where it serves nothing.

    Args:
        routine: As seen.
    """
    if routine.production is not None:
        return f"{routine.name} serves production: {routine.production.split}."

    areas = ", ".join(area for area, held in routine.areas.items() if held)
    return f"{routine.name} serves {areas}." if areas else ""


def _is_new(routine: RoutineName, version: VersionId) -> Conflict:
    return Conflict(
        f"Version {version} of {routine} was made after the others were saved.",
        next_move="Nothing was deleted; do it again to save that one too.",
    )
