"""The release of one bundle to one routine, from the first look to the last.

    observe → unchanged? adopt? → make room → upload, commit, verify
      → staging, gate, read back → production share by share → the way back on failure

Where versions carry environment variables there are two of the same bytes: staging's
own is made, deployed and asked first, then production's is made and deployed.

It returns a report for every end that was decided by an answer. Trouble with the
provider is no answer: then the engine stops the run where it is, and a resume goes on.
"""

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import (
    Aborted,
    CallError,
    DeadlineExceeded,
    ReleaseError,
    RoutineNotFound,
    StepFailed,
)
from esa_flows.model import Environment
from esa_flows.release.binding import (
    adopted_notes,
    check_variables,
    choose_bindings,
)
from esa_flows.release.expose import to_production, to_staging
from esa_flows.release.journey import Journey
from esa_flows.release.plan import notes, refuse_foreign_canary
from esa_flows.release.report import Outcome, Report
from esa_flows.release.spec import Release
from esa_flows.release.unwind import unwind
from esa_flows.release.versions import Versions
from esa_flows.steps.create_routine import create_routine
from esa_flows.steps.observe import World, look, observe

__all__ = ["release"]

ANSWERS = (ReleaseError, CallError, Aborted, DeadlineExceeded, StepFailed)
"""What a flow may meet that decides a release, against what stops the whole run."""


@flow
async def release(ctx: Context, wanted: Release) -> Report:
    """Release a bundle to a routine.

    Args:
        ctx: The flow's context.
        wanted: What to release, where, and how.

    Returns:
        How it ended.

    Raises:
        RoutineNotFound: There is no such routine and it may not be created.
    """
    world, is_new = await _observe(ctx, wanted)
    journey = Journey(run=ctx.run_id, before=world.routine, is_new=is_new)
    journey.notes.extend(notes(world, wanted))
    try:
        return await _forward(ctx, wanted, world, journey)
    except ANSWERS as why:
        return await unwind(ctx, journey, why)


async def _observe(ctx: Context, wanted: Release) -> tuple[World, bool]:
    """Look at the routine; make it where that is wanted, and say so."""
    try:
        return await ctx.do(observe, wanted.routine), False
    except RoutineNotFound as error:
        if not wanted.create:
            error.next_move = (
                "Check the name and the account, or create the routine with --create."
            )
            raise

    await ctx.do(create_routine, wanted.routine)
    return await ctx.do(observe, wanted.routine, key="created"), True


async def _forward(
    ctx: Context, wanted: Release, world: World, journey: Journey
) -> Report:
    """Go from what serves now to what shall serve."""
    refuse_foreign_canary(world, wanted)
    bindings = await choose_bindings(ctx, wanted, world, journey)
    versions = Versions(release=wanted, world=world, places=bindings.places)
    await versions.find(ctx)
    journey.version = versions.last
    journey.notes.extend(adopted_notes(world, versions.found.values()))
    if versions.are_served:
        return journey.report(Outcome.UNCHANGED)

    if versions.lacking:
        await check_variables(ctx, wanted, journey, bindings)
        await versions.make_room(ctx, journey)

    first, *others = bindings.places
    version = await versions.make(ctx, journey, first)
    await to_staging(ctx, wanted, journey, version)
    for place in others:
        version = await versions.make(ctx, journey, place)
        journey.now = await ctx.do(look, wanted.routine, key=f"before:{place}")

    if wanted.target is Environment.PRODUCTION:
        await to_production(ctx, wanted, journey, version)

    if others:
        journey.notes.append(
            "Staging and production serve the same code in two versions, each with the"
            " variables of its environment."
        )

    return journey.report(Outcome.RELEASED)
