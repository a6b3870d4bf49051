"""Delete a version, with its code saved first."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, InUse, Refused
from esa_flows.model import Digest, Routine, RoutineName, VersionId
from esa_flows.steps.save_code import keep_code

__all__ = ["Prune", "Pruned", "prune"]


@frozen(kw_only=True)
class Prune:
    """A version to delete.

    Attributes:
        routine: Which routine.
        version: Which version.
        must_save: Whether it may only be deleted once its code is saved.
    """

    routine: RoutineName
    version: VersionId
    must_save: bool = True


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


async def _find(
    ctx: Context, wanted: Prune, _: Intent
) -> Happened[Pruned] | NotHappened | Conflict:
    if await _is_listed(ctx.need(RoutineCloud), wanted):
        return NotHappened()

    return Happened(Pruned(version=wanted.version))


@step.guarded(
    calls=[Op.DELETE, Op.OBSERVE, Op.LIST, Op.READ_CODE, Op.INFO],
    reconcile=_find,
    settle="0s",
)
async def prune(ctx: Context, wanted: Prune) -> Pruned:
    """Save a version's code, look once more that it serves nowhere, delete it.

    Between the look and the delete lies one round trip in which somebody could deploy
    the version; the provider is expected to refuse the delete then. Dying between the
    call and the record: a version that is no longer listed is gone.

    Raises:
        Conflict: It serves somewhere now.
        InUse: The provider says that it is in use.

    Source: ESA API 2024-09-10, DeleteRoutineCodeVersion.
    """
    cloud = ctx.need(RoutineCloud)
    try:
        return await _save_and_delete(ctx, cloud, wanted)
    except InUse:
        raise
    except Refused:
        if await _is_listed(cloud, wanted):
            raise

    return Pruned(version=wanted.version)  # somebody was quicker


async def _save_and_delete(ctx: Context, cloud: RoutineCloud, wanted: Prune) -> Pruned:
    has_assets = wanted.must_save and await _has_assets(cloud, wanted)
    backup = await _save(ctx, wanted)
    routine = await cloud.observe(wanted.routine)
    if wanted.version in routine.live:
        raise _is_live(wanted, routine)

    await cloud.delete_version(wanted.routine, wanted.version)
    return Pruned(version=wanted.version, backup=backup, has_assets=has_assets)


async def _has_assets(cloud: RoutineCloud, wanted: Prune) -> bool:
    """Ask about a version somebody else made; of ours the tag tells."""
    info = await cloud.assets_info(wanted.routine, wanted.version)
    return info.has_assets


async def _save(ctx: Context, wanted: Prune) -> Digest | None:
    try:
        return await keep_code(ctx, wanted.routine, wanted.version)
    except Refused:
        if wanted.must_save:
            raise

        return None


async def _is_listed(cloud: RoutineCloud, wanted: Prune) -> bool:
    """Tell whether a version is still there: unknown ones have no code of their own."""
    versions = await cloud.list_versions(wanted.routine)
    return any(version.id == wanted.version for version in versions)


def _is_live(wanted: Prune, routine: Routine) -> Conflict:
    return Conflict(
        f"Version {wanted.version} of {routine.name} was to be deleted"
        " but serves traffic now.",
        next_move="Nothing was deleted; release again to choose another version.",
    )
