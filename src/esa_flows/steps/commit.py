"""Make an immutable version of the code uploaded last."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, OutcomeUnknown
from esa_flows.model import VersionId
from esa_flows.steps.post_to_oss import Posted, post_to_oss
from esa_flows.steps.request_slot import request_slot
from esa_flows.steps.stage import own_versions

__all__ = ["Committed", "commit", "stage_code"]


@frozen(kw_only=True)
class Committed:
    """A version that a commit of this run made.

    Attributes:
        version: Its id.
        attempts: Commits begun; with more than one there may be duplicates.
    """

    version: VersionId
    attempts: int = 1


async def find_tagged_version(
    ctx: Context, posted: Posted, intent: Intent
) -> Happened[Committed] | NotHappened | Conflict:
    """Look for the version our commit may have made; the lowest id wins.

    Where asking for a form makes the version, the newest one wins: those before it lost
    their forms and are empty.
    """
    cloud = ctx.need(RoutineCloud)
    versions = await cloud.list_versions(posted.stage.routine)
    mine = own_versions(versions, posted.stage, ctx.run_id)
    if not mine:
        return NotHappened()

    made = mine[-1] if cloud.facts.slot_allocates else mine[0]
    return Happened(Committed(version=made, attempts=intent.attempts))


@step.guarded(calls=[Op.COMMIT, Op.LIST], reconcile=find_tagged_version)
async def commit(ctx: Context, posted: Posted) -> Committed:
    """Freeze the uploaded code as a version that carries our tag.

    Not repeatable: a second commit makes a second version. Dying between the call and
    the record: the version is found by its tag, and its content is verified next.

    Raises:
        QuotaExceeded: The routine has as many versions as it may have.

    Source: ESA API 2024-09-10, CommitRoutineStagingCode; on DCDN the version exists
    since its form was asked for, and is looked up.
    """
    stage = posted.stage
    version = await ctx.need(RoutineCloud).commit(
        stage.routine, str(stage.tag(ctx.run_id)), bound_to=stage.bound_to
    )
    if version in stage.refused:
        raise OutcomeUnknown(
            f"{stage.routine} still shows version {version}, which holds other bytes"
            " and was deleted, in place of the one just uploaded.",
            next_move="A new one may take a while to be shown: look again.",
        )

    return Committed(version=version, attempts=ctx.attempt)


stage_code = request_slot >> post_to_oss >> commit
"""From a bundle to a version: ask for a slot, upload, commit."""
