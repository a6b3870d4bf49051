"""Remove a routine for good: save the code of every version, then delete it."""

from attrs import field, frozen

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.model import RoutineName, VersionStatus
from esa_flows.steps.delete_routine import DeleteRoutine, delete_routine
from esa_flows.steps.observe import World, observe
from esa_flows.steps.save_code import SaveCode, Saved, save_code

__all__ = ["Removal", "Removed", "remove"]

_WITHOUT_CODE = frozenset({VersionStatus.INIT, VersionStatus.FAILED})
"""States of versions that never became usable: there is nothing to save."""


@frozen(kw_only=True)
class Removal:
    """A routine to remove for good.

    Attributes:
        routine: Which routine.
        while_serving: Whether it may be removed although it serves production.
    """

    routine: RoutineName = field(converter=RoutineName)
    while_serving: bool = False


@frozen(kw_only=True)
class Removed:
    """A routine that is gone.

    Attributes:
        routine: Its name.
        run: The run that removed it.
        before: What it served and which versions it had.
        saved: What is kept of each version that had code.
    """

    routine: RoutineName
    run: str
    before: World
    saved: tuple[Saved, ...] = ()


@flow
async def remove(ctx: Context, wanted: Removal) -> Removed:
    """Save every version's code and delete the routine; nothing brings it back.

    An abort before the delete leaves everything as it is.

    Raises:
        RoutineNotFound: There is no such routine.
        Conflict: It serves production, or got a version meanwhile.
        Refused: The code of a usable version cannot be saved.
    """
    world = await ctx.do(observe, wanted.routine)
    saved = [
        await ctx.do(
            save_code,
            SaveCode(routine=wanted.routine, version=version.id),
            key=version.id,
        )
        for version in world.versions
        if version.status not in _WITHOUT_CODE
    ]
    last = DeleteRoutine(
        routine=wanted.routine,
        known=tuple(version.id for version in world.versions),
        while_serving=wanted.while_serving,
    )
    await ctx.do(delete_routine, last)
    return Removed(
        routine=wanted.routine, run=ctx.run_id, before=world, saved=tuple(saved)
    )
