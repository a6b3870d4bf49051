"""Delete the duplicates a run may have made when a commit's answer was lost."""

import contextlib

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import Refused
from esa_flows.model import VersionId
from esa_flows.steps.commit import own_versions
from esa_flows.steps.request_slot import Stage

__all__ = ["Sweep", "delete_own", "sweep"]


@frozen(kw_only=True)
class Sweep:
    """What to sweep.

    Attributes:
        stage: What this run committed.
        keep: The version it uses; None where it uses none.
    """

    stage: Stage
    keep: VersionId | None


@step.idempotent(calls=[Op.LIST, Op.OBSERVE, Op.DELETE])
async def sweep(ctx: Context, wanted: Sweep) -> tuple[VersionId, ...]:
    """Delete every other version that this run made of this bundle.

    Their content is the kept version's, so nothing is lost. Idempotent: dying anywhere,
    the next process deletes what is left.

    Returns:
        The versions deleted by this attempt.
    """
    return await delete_own(ctx, wanted.stage, keep=wanted.keep)


async def delete_own(
    ctx: Context, stage: Stage, *, keep: VersionId | None = None
) -> tuple[VersionId, ...]:
    """Delete what this run made of a bundle, but never what serves.

    Args:
        ctx: A step's context, which may list, observe and delete.
        stage: What this run made versions of.
        keep: The version it uses; None where it uses none.
    """
    cloud = ctx.need(RoutineCloud)
    routine = stage.routine
    versions = await cloud.list_versions(routine)
    deleted = []
    for version in own_versions(versions, stage, ctx.run_id):
        if version == keep:
            continue

        if version in (await cloud.observe(routine)).live:
            continue

        with contextlib.suppress(Refused):  # gone, or somebody found a use for it
            await cloud.delete_version(routine, version)
            deleted.append(version)

    return tuple(deleted)
