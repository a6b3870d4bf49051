"""Ask the plan how many versions a routine may have."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import AccessDenied, OutcomeUnknown, Refused
from esa_flows.model import RoutineName

__all__ = ["PlanQuota", "read_quota"]


@frozen(kw_only=True)
class PlanQuota:
    """How many versions the account's plan allows.

    Attributes:
        versions: Versions a routine may have; None where nobody could tell.
        why: What stood in the way of knowing.
    """

    versions: int | None = None
    why: str = ""


@step.read(calls=[Op.QUOTA])
async def read_quota(ctx: Context, _: RoutineName) -> PlanQuota:
    """Read the plan's figure; one that cannot be had holds no release up.

    A read: dying after the call loses nothing. The cloud remembers the figure for as
    long as the client is open. An answer that cannot be read is no reason to wait: the
    provider's refusal would tell the true figure anyway.

    Source: ESA API 2024-09-10, ListEdgeRoutinePlans.
    """
    try:
        return PlanQuota(versions=await ctx.need(RoutineCloud).version_quota())
    except AccessDenied as error:
        return PlanQuota(why=f"not allowed to read it ({error.operation})")
    except (OutcomeUnknown, Refused) as error:
        return PlanQuota(why=error.message.rstrip("."))
