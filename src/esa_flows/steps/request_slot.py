"""Ask for an upload slot: an address and a signed form for one upload."""

import contextlib
from typing import Any

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud, UploadSlot
from esa_flows.engine.codec import Ephemeral
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, Refused
from esa_flows.files import digest_of
from esa_flows.model import VersionId
from esa_flows.steps.stage import Stage, delete_own, own_versions

__all__ = ["Slotted", "request_slot"]


@frozen(kw_only=True)
class Slotted(Ephemeral):
    """A bundle with the form that takes it. Lives in this process only.

    Attributes:
        stage: What is on its way.
        slot: Where it may go; None where it arrived already.
    """

    stage: Stage
    slot: UploadSlot | None = None

    def facts(self) -> dict[str, Any]:
        """Give the slot's key and expiry; the form itself is a bearer capability.

        And the version it belongs to, where asking for it made one.
        """
        until = self.slot.expires_at if self.slot else None
        version = self.slot.version if self.slot else None
        return {
            "key": self.slot.key if self.slot else "",
            "expires_at": until.isoformat() if until else "",
            "digest": self.stage.bundle.digest,
        } | ({"version": version} if version else {})


async def _find_uploaded(
    ctx: Context, stage: Stage, intent: Intent
) -> Happened[Slotted] | NotHappened | Conflict:
    """Look for a version of ours that has its code already, where asking makes one.

    Elsewhere a lost form is no loss: nothing exists before the commit. A version whose
    form was lost stays empty for ever; as soon as all that may be there are seen,
    nobody needs to wait for more.
    """
    cloud = ctx.need(RoutineCloud)
    if not cloud.facts.slot_allocates:
        return NotHappened(is_final=True)

    versions = await cloud.list_versions(stage.routine)
    mine = own_versions(versions, stage, ctx.run_id)
    for version in mine:
        if await _holds(cloud, stage, version):
            return Happened(Slotted(stage=stage))

    return NotHappened(is_final=len(mine) >= intent.attempts)


async def _holds(cloud: RoutineCloud, stage: Stage, version: VersionId) -> bool:
    """Tell whether a version holds the bundle; an empty one may have no code at all."""
    with contextlib.suppress(Refused):
        code = await cloud.read_code(stage.routine, version)
        return digest_of(code) == stage.bundle.digest

    return False


@step.guarded(
    calls=[Op.SLOT, Op.LIST, Op.OBSERVE, Op.READ_CODE, Op.DELETE],
    reconcile=_find_uploaded,
    ephemeral=True,
)
async def request_slot(ctx: Context, stage: Stage) -> Slotted:
    """Ask for a form to upload code with.

    Dying between the call and the record: the form is never recorded; a later process
    asks for a new one if it still needs one. Where asking makes a version (DCDN), one
    that got its code is found by its tag and used; an empty one is deleted before
    another is asked for.

    Raises:
        QuotaExceeded: The routine has as many versions as it may have.

    Source: ESA API 2024-09-10, GetRoutineStagingCodeUploadInfo; DCDN API 2018-01-15,
    UploadRoutineCode.
    """
    cloud = ctx.need(RoutineCloud)
    if ctx.attempt > 1 and cloud.facts.slot_allocates:
        await delete_own(ctx, stage)

    slot = await cloud.request_slot(stage.routine, str(stage.tag(ctx.run_id)))
    return Slotted(stage=stage, slot=slot)
