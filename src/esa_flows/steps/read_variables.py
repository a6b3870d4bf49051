"""Ask which environment variables a routine has, by name."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import AccessDenied
from esa_flows.model import Environment, RoutineName

__all__ = ["RoutineVariables", "read_variables"]


@frozen(kw_only=True)
class RoutineVariables:
    """What a routine's variables are called. There are no values in here.

    Attributes:
        staging: Names in staging, in order.
        production: Names in production, in order.
        can_bind: Whether a version can carry any; not on a cloud that has none.
        why: What stood in the way of knowing; empty where they were read.
    """

    staging: tuple[str, ...] = ()
    production: tuple[str, ...] = ()
    can_bind: bool = True
    why: str = ""

    @property
    def are_there(self) -> bool:
        """Whether there is any."""
        return bool(self.staging or self.production)


@step.read(calls=[Op.VARIABLES])
async def read_variables(ctx: Context, routine: RoutineName) -> RoutineVariables:
    """Read the names of both environments; not being allowed to is no failure.

    A read: dying after the calls loses nothing. No value leaves the port.

    Source: ESA API 2024-09-10, ListRoutineEnvironmentVariables in the official SDK.
    """
    cloud = ctx.need(RoutineCloud)
    try:
        staging = await cloud.variables(routine, Environment.STAGING)
        production = await cloud.variables(routine, Environment.PRODUCTION)
    except AccessDenied as error:
        return RoutineVariables(why=f"not allowed to read them ({error.operation})")

    return RoutineVariables(
        staging=tuple(each.name for each in staging.found),
        production=tuple(each.name for each in production.found),
        can_bind=staging.can_bind,
    )
