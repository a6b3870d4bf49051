"""Upload a ZIP to the version that waits for it."""

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.files import Blobs
from esa_flows.steps.commit import Committed
from esa_flows.steps.request_assets_slot import Reserved, request_assets_slot

__all__ = ["post_package", "stage_package"]


@step.idempotent(calls=[Op.POST])
async def post_package(ctx: Context, reserved: Reserved) -> Committed:
    """Upload the ZIP, in slices from the store; no callback follows.

    Dying between the call and the record: the next process looks whether the version
    got its ZIP, and asks for another version if not.

    Raises:
        SlotExpired: The form is too old: ask for a new version.
        InvalidInput: The ZIP is larger than the form takes.

    Source: OSS API, PostObject.
    """
    if reserved.slot is not None:
        blob = await ctx.need(Blobs).open(reserved.stage.bundle.digest)
        await ctx.need(RoutineCloud).post(reserved.slot, blob)

    return Committed(version=reserved.version, attempts=reserved.attempts)


stage_package = request_assets_slot >> post_package
"""From a ZIP to a version: allocate it, upload."""
