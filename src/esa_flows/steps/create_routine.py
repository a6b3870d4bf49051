"""Create a routine that does not exist yet."""

import contextlib

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict, RoutineExists, RoutineNotFound
from esa_flows.model import RoutineName

__all__ = ["Created", "create_routine"]


@frozen(kw_only=True)
class Created:
    """A routine that exists now.

    Attributes:
        routine: Its name.
    """

    routine: RoutineName


async def _find(
    ctx: Context, routine: RoutineName, _: Intent
) -> Happened[Created] | NotHappened | Conflict:
    try:
        await ctx.need(RoutineCloud).observe(routine)
    except RoutineNotFound:
        return NotHappened()

    return Happened(Created(routine=routine))


@step.guarded(calls=[Op.CREATE, Op.OBSERVE], reconcile=_find)
async def create_routine(ctx: Context, routine: RoutineName) -> Created:
    """Create an empty routine; one that exists by now is what we wanted.

    Dying between the call and the record: the routine is found by its name.

    Source: ESA API 2024-09-10, CreateRoutine.
    """
    with contextlib.suppress(RoutineExists):  # somebody was quicker, perhaps we
        await ctx.need(RoutineCloud).create_routine(routine)

    return Created(routine=routine)
