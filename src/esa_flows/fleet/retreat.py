"""The way back of a rollout: production of all that goes back first, then staging.

Nothing here decides who goes back; that follows from how the rollout ended. Each way
back is a run of its own, and its calls go first in the cap.
"""

from functools import partial

from esa_flows.engine.context import Branch, Context
from esa_flows.errors import Aborted
from esa_flows.fleet.children import run_leg
from esa_flows.fleet.course import Course
from esa_flows.model import Environment, RoutineId
from esa_flows.release.legs import TakingBack, take_back

__all__ = ["retreat"]

AT_ONCE = 128
"""Routines that are taken back at once: the cap is what that waits for."""


async def retreat(ctx: Context, course: Course) -> None:
    """Put back what has to be; an abort on the way widens what that is.

    Args:
        ctx: The flow's context.
        course: Where the rollout stands.
    """
    number = 0
    while any(_reachable(course, environment) for environment in Environment):
        number += 1
        try:
            await _put_back(ctx, course, Environment.PRODUCTION, number)
            await _put_back(ctx, course, Environment.STAGING, number)
        except Aborted:
            course.was_aborted = True


def _reachable(course: Course, environment: Environment) -> bool:
    """Tell whether anything is left to put back where something can be done."""
    left = course.to_return(environment)
    return any(name.account not in course.blocked for name in left)


async def _put_back(
    ctx: Context, course: Course, environment: Environment, number: int
) -> None:
    branches: list[Branch[None]] = [
        partial(_taken_back, course=course, name=name, environment=environment)
        for name in course.to_return(environment)
    ]
    await ctx.gather(*branches, key=f"back:{environment}:{number}", limit=AT_ONCE)


async def _taken_back(
    ctx: Context, *, course: Course, name: RoutineId, environment: Environment
) -> None:
    if name.account in course.blocked:
        return  # a resume does it

    leg = course.legs[name]
    await run_leg(
        ctx,
        take_back,
        TakingBack(leg=leg, environment=environment, why=_why(course)),
        course.tasks[name].setting.release,
        key=f"{name.key}:{environment}",
        course=course,
        take=partial(course.bring_back, name, environment),
    )


def _why(course: Course) -> str:
    if course.was_aborted:
        return f"Rollout {course.run} was asked to go back."

    if course.passed:
        return f"Too many routines of rollout {course.run} failed."

    return f"It was not its turn any more in rollout {course.run}."
