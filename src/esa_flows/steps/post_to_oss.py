"""Upload a bundle through its form."""

import itertools

from attrs import frozen

from esa_flows.api.cloud import Op, Placed, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import CallbackFailed
from esa_flows.files import Blobs
from esa_flows.steps.request_slot import Slotted
from esa_flows.steps.stage import Stage

__all__ = ["Posted", "post_to_oss"]


@frozen(kw_only=True)
class Posted:
    """A bundle that lies where the next commit will find it.

    Attributes:
        stage: What is on its way.
        placed: What the store answered.
    """

    stage: Stage
    placed: Placed


@step.idempotent(calls=[Op.POST])
async def post_to_oss(ctx: Context, slotted: Slotted) -> Posted:
    """Upload the bundle; the provider hears of it through a callback of the store.

    A failed callback (status 203) is answered with the same form again while it is
    valid: the object is there, but the provider does not know. Dying between the call
    and the record: the next process asks for a new form and uploads over it.

    Raises:
        SlotExpired: The form is too old: ask for a new one.
        CallbackFailed: The provider still did not hear of the upload.
        InvalidInput: The bundle is larger or smaller than the form takes.

    Source: OSS API, PostObject; ESA API 2024-09-10, GetRoutineStagingCodeUploadInfo.
    """
    cloud = ctx.need(RoutineCloud)
    stage = slotted.stage
    if slotted.slot is None:
        return Posted(stage=stage, placed=Placed(key=""))  # it arrived before we died

    blob = await ctx.need(Blobs).open(stage.bundle.digest)
    for number in itertools.count(1):
        try:
            return Posted(stage=stage, placed=await cloud.post(slotted.slot, blob))
        except CallbackFailed:
            if number >= stage.posts:
                raise

    raise AssertionError  # pragma: no cover  count() does not end
