"""Delete a version whose code is saved."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, InUse, Refused
from esa_flows.model import Digest, Routine, RoutineName, VersionId
from esa_flows.steps.save_code import Saved, is_listed

__all__ = ["Prune", "Pruned", "prune"]


@frozen(kw_only=True)
class Prune:
    """A version to delete, and what was saved of it.

    Attributes:
        routine: Which routine.
        saved: The version, and what its code is kept under.
    """

    routine: RoutineName
    saved: Saved


@frozen(kw_only=True)
class Pruned:
    """A version that is gone.

    Attributes:
        version: Its id.
        backup: Digest under which its code was saved; None where it was not.
        has_assets: Whether it is known to have had assets, which nobody can save.
    """

    version: VersionId
    backup: Digest | None = None
    has_assets: bool = False

    @classmethod
    def of(cls, saved: Saved) -> "Pruned":
        """Take over what was saved."""
        return cls(
            version=saved.version, backup=saved.backup, has_assets=saved.has_assets
        )


async def _find(
    ctx: Context, wanted: Prune, _: Intent
) -> Happened[Pruned] | NotHappened | Conflict:
    cloud = ctx.need(RoutineCloud)
    if await is_listed(cloud, wanted.routine, wanted.saved.version):
        return NotHappened()

    return Happened(Pruned.of(wanted.saved))


@step.guarded(calls=[Op.DELETE, Op.OBSERVE, Op.LIST], reconcile=_find, settle="0s")
async def prune(ctx: Context, wanted: Prune) -> Pruned:
    """See that a saved version serves nowhere, then delete it.

    What is seen is a second old at most when the delete is asked for, and older by what
    the delete waits for its slot. Between the look and the delete somebody could deploy
    the version; the provider is expected to refuse the delete then. Dying between the
    call and the record: a version that is no longer listed is gone, and what it was
    saved as was recorded before.

    Raises:
        Conflict: It serves somewhere now.
        InUse: The provider says that it is in use.

    Source: ESA API 2024-09-10, DeleteRoutineCodeVersion.
    """
    cloud = ctx.need(RoutineCloud)
    version = wanted.saved.version
    routine = await cloud.glance(wanted.routine)
    if version in routine.live:
        raise _is_live(version, routine)

    try:
        await cloud.delete_version(wanted.routine, version)
    except InUse:
        raise
    except Refused:
        if await is_listed(cloud, wanted.routine, version):
            raise

    return Pruned.of(wanted.saved)  # or somebody was quicker


def _is_live(version: VersionId, routine: Routine) -> Conflict:
    return Conflict(
        f"Version {version} of {routine.name} was to be deleted"
        " but serves traffic now.",
        next_move="Nothing was deleted; release again to choose another version.",
    )
