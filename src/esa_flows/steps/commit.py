"""Make an immutable version of the code uploaded last."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict
from esa_flows.model import Environment, Tag, Version, VersionId
from esa_flows.steps.post_to_oss import Posted, post_to_oss
from esa_flows.steps.request_slot import Stage, request_slot

__all__ = ["Committed", "commit", "own_versions", "stage_code"]


@frozen(kw_only=True)
class Committed:
    """A version that a commit of this run made.

    Attributes:
        version: Its id.
        attempts: Commits begun; with more than one there may be duplicates.
    """

    version: VersionId
    attempts: int = 1


def own_versions(
    versions: tuple[Version, ...], stage: Stage, run: str
) -> tuple[VersionId, ...]:
    """Give the versions that this run made of this bundle, oldest first.

    A version of the same bundle that carries another environment's variables is none
    of them.

    Args:
        versions: All versions of the routine.
        stage: What was committed.
        run: The run's id.
    """
    mine = stage.tag(run)
    found = [
        version.id
        for version in versions
        if version.tag is not None
        and _whose(version.tag) == _whose(mine)
        and version.id not in stage.refused
    ]
    return tuple(sorted(found, key=int))


def _whose(tag: Tag) -> tuple[str, str, Environment | None]:
    return tag.run, tag.content, tag.environment


async def find_tagged_version(
    ctx: Context, posted: Posted, intent: Intent
) -> Happened[Committed] | NotHappened | Conflict:
    """Look for the version our commit may have made; the lowest id wins."""
    versions = await ctx.need(RoutineCloud).list_versions(posted.stage.routine)
    mine = own_versions(versions, posted.stage, ctx.run_id)
    if not mine:
        return NotHappened()

    return Happened(Committed(version=mine[0], attempts=intent.attempts))


@step.guarded(calls=[Op.COMMIT, Op.LIST], reconcile=find_tagged_version)
async def commit(ctx: Context, posted: Posted) -> Committed:
    """Freeze the uploaded code as a version that carries our tag.

    Not repeatable: a second commit makes a second version. Dying between the call and
    the record: the version is found by its tag, and its content is verified next.

    Raises:
        QuotaExceeded: The routine has as many versions as it may have.

    Source: ESA API 2024-09-10, CommitRoutineStagingCode.
    """
    stage = posted.stage
    version = await ctx.need(RoutineCloud).commit(
        stage.routine, str(stage.tag(ctx.run_id)), bound_to=stage.bound_to
    )
    return Committed(version=version, attempts=ctx.attempt)


stage_code = request_slot >> post_to_oss >> commit
"""From a bundle to a version: ask for a slot, upload, commit."""
