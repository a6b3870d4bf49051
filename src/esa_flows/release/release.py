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
    Refused,
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
from esa_flows.release.conflict import meet_canary, supersede
from esa_flows.release.expose import to_production, to_staging
from esa_flows.release.journey import Journey
from esa_flows.release.pick_up import pick_up, settled
from esa_flows.release.plan import notes
from esa_flows.release.position import BEFORE
from esa_flows.release.report import Outcome, Report
from esa_flows.release.spec import Release
from esa_flows.release.unwind import unwind
from esa_flows.release.versions import Versions
from esa_flows.steps.create_routine import create_routine
from esa_flows.steps.observe import World, look, observe, recall

__all__ = ["ANSWERS", "begin", "bring", "forward", "release"]

REMAKES = 2
"""Times that versions which somebody deleted meanwhile are made again."""

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
        InvalidInput: The routine has no such area.
    """
    return await bring(ctx, wanted)


async def bring(ctx: Context, wanted: Release, more: tuple[str, ...] = ()) -> Report:
    """Do what a release does, as a part of a flow.

    Args:
        ctx: The flow's context.
        wanted: What to release, where, and how.
        more: What else a person should know, for the report.

    Returns:
        How it ended.

    Raises:
        RoutineNotFound: There is no such routine and it may not be created.
        InvalidInput: The routine has no such area.
    """
    world, journey = await begin(ctx, wanted, more)
    return await forward(ctx, wanted, world, journey)


async def begin(
    ctx: Context, wanted: Release, more: tuple[str, ...] = ()
) -> tuple[World, Journey]:
    """Look at the routine for the first time, and make it where that is wanted.

    Args:
        ctx: The flow's context.
        wanted: What to release, where, and how.
        more: What else a person should know, for the report.

    Raises:
        RoutineNotFound: There is no such routine and it may not be created.
    """
    world, is_new = await _observe(ctx, wanted)
    realm = wanted.realm
    journey = Journey.begun(ctx.run_id, world, realm=realm, is_new=is_new)
    journey.notes.extend((*more, *notes(world, wanted)))
    return world, journey


async def forward(
    ctx: Context, wanted: Release, world: World, journey: Journey
) -> Report:
    """Go from what serves now to what shall serve, or back again.

    Args:
        ctx: The flow's context.
        wanted: What to release, where, and how.
        world: The routine as just seen.
        journey: Where the release stands.

    Returns:
        How it ended.

    Raises:
        InvalidInput: The routine has no such area.
    """
    try:
        if wanted.restart is not None:
            world = await settled(ctx, wanted, wanted.restart, journey, world)

        return await _forward(ctx, wanted, world, journey)
    except ANSWERS as why:
        return await unwind(ctx, journey, why)


async def _observe(ctx: Context, wanted: Release) -> tuple[World, bool]:
    """Look at the routine; make it where that is wanted, and say so."""
    first = recall if wanted.restart is None else observe
    try:
        return await ctx.do(first, wanted.routine), False
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
    if wanted.restart is None:
        world = await meet_canary(ctx, wanted, world, journey)

    bindings = await choose_bindings(ctx, wanted, world, journey)
    versions = Versions(
        release=wanted, world=world, before=journey.before, places=bindings.places
    )
    await versions.find(ctx)
    at = await _place(ctx, wanted, journey, versions)
    journey.version = versions.last
    journey.notes.extend(adopted_notes(world, versions.found.values()))
    if versions.are_served:
        await versions.remember(ctx, journey)
        return journey.report(Outcome.UNCHANGED)

    if at > BEFORE and versions.last:
        return await _to_the_end(ctx, wanted, journey, versions, at=at)

    if versions.lacking:
        await check_variables(ctx, wanted, journey, bindings)
        await versions.make_room(ctx, journey)

    return await _patiently(ctx, wanted, journey, versions)


async def _place(
    ctx: Context, wanted: Release, journey: Journey, versions: Versions
) -> int:
    """Tell which share serves already, where the release goes on without a journal."""
    if wanted.restart is None:
        return BEFORE

    at = await pick_up(ctx, wanted, versions.world, journey, versions)
    if at == BEFORE:
        versions.world = await meet_canary(ctx, wanted, versions.world, journey)
        versions.before = journey.before

    return at


async def _patiently(
    ctx: Context, wanted: Release, journey: Journey, versions: Versions
) -> Report:
    """Expose the versions; make those again that somebody deletes meanwhile."""
    for number in range(1, REMAKES + 1):
        try:
            return await _expose(ctx, wanted, journey, versions, number)
        except Refused:
            if journey.has_asked(Environment.PRODUCTION):
                raise

            world = await ctx.do(observe, wanted.routine, key="gone", round=number)
            journey.now = world.routine
            if not await versions.make_gone(ctx, journey, world, number=number):
                raise

    return await _expose(ctx, wanted, journey, versions, REMAKES + 1)


async def _expose(
    ctx: Context, wanted: Release, journey: Journey, versions: Versions, number: int
) -> Report:
    """Bring what is there, or is made now, to staging and from there to production."""
    first, *others = versions.places
    version = await versions.make(ctx, journey, first)
    await to_staging(ctx, wanted, journey, version, number=number)
    for place in others:
        await versions.make(ctx, journey, place)
        # What was seen before that version was made is no look right before exposing.
        key = f"before:{place}"
        journey.now = await ctx.do(look, wanted.routine, key=key, round=number)

    return await _to_the_end(ctx, wanted, journey, versions, number=number)


async def _to_the_end(
    ctx: Context,
    wanted: Release,
    journey: Journey,
    versions: Versions,
    *,
    number: int = 1,
    at: int = BEFORE,
) -> Report:
    """Give production its version, from the share on that serves; or stop before it."""
    if wanted.ends_in_production and versions.last:
        supersede(wanted, journey, versions.last)
        if journey.is_held:
            return journey.report(Outcome.PREPARED)

        await to_production(ctx, wanted, journey, versions.last, number=number, at=at)

    if len(versions.places) > 1:
        journey.notes.append(
            "Staging and production serve the same code in two versions, each with the"
            " variables of its environment."
        )

    await versions.remember(ctx, journey)
    return journey.report(Outcome.RELEASED)
