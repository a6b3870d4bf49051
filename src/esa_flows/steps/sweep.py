"""Delete the duplicates a run may have made when a commit's answer was lost."""

from attrs import frozen

from esa_flows.api.cloud import Op
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.model import VersionId
from esa_flows.steps.stage import Stage, delete_own

__all__ = ["Sweep", "sweep"]


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
