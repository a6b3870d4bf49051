"""Take a routine back to an earlier version. No gate is asked: it is fast."""

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import (
    Aborted,
    CallError,
    Conflict,
    InvalidInput,
    NotFound,
    ReleaseError,
)
from esa_flows.model import Environment, Split, VersionId
from esa_flows.release.binding import refuse_stray, rollback_notes
from esa_flows.release.expose import change
from esa_flows.release.journey import Journey
from esa_flows.release.report import Outcome, Report
from esa_flows.release.spec import Rollback
from esa_flows.steps.observe import World, look, observe

__all__ = ["rollback", "rollback_target"]


@flow
async def rollback(ctx: Context, wanted: Rollback) -> Report:
    """Put an earlier version in force in production, whole, and read it back.

    An abort stops it where it is: there is no way back from the way back.

    Raises:
        InvalidInput: There is no version to go back to.
    """
    world = await ctx.do(observe, wanted.routine)
    target = rollback_target(world, wanted.to)
    journey = Journey(run=ctx.run_id, before=world.routine, version=target)
    split = Split.whole(target)
    before = world.routine.production
    if before is not None and before.split == split:
        return journey.report(Outcome.UNCHANGED)

    journey.notes.extend(rollback_notes(world, target))
    try:
        await change(ctx, journey, Environment.PRODUCTION, split, key="production")
    except Aborted as why:
        journey.now = await ctx.do(look, wanted.routine, key="aborted")
        return journey.report(Outcome.ABORTED, why)
    except (ReleaseError, CallError) as error:
        move = f"Look with: esa-flows versions list {wanted.routine}"
        is_foreign = isinstance(error, Conflict)
        end = Outcome.CONFLICT if is_foreign else Outcome.STUCK
        return journey.report(end, error, next_move=move)

    return journey.report(Outcome.ROLLED_BACK)


def rollback_target(world: World, to: VersionId | None) -> VersionId:
    """Choose the version to go back to: pure.

    The named one; else, during a canary, the version with the other share; else the one
    that the live version's tag names as its predecessor.

    Args:
        world: The routine as seen.
        to: A version the user named.

    Raises:
        NotFound: The version is not there.
        InvalidInput: Nothing says which version served before, or it carries the
            variables of staging.
    """
    production = world.routine.production
    if production is None:
        raise InvalidInput(f"{world.routine.name} serves nothing in production.")

    target = to or _before(world, production.split)
    if target in world.ids:
        refuse_stray(world, target)
        return target

    raise NotFound(
        f"Version {target} of {world.routine.name} is gone:"
        f" there are {', '.join(sorted(world.ids)) or 'none'}.",
        next_move="Choose one with --to VERSION.",
    )


def _before(world: World, split: Split) -> VersionId:
    tags = {version.id: version.tag for version in world.versions}
    newest = max(split.versions, key=int)
    others = split.versions - {newest}
    if others:
        return min(others, key=int)

    tag = tags.get(newest)
    if tag is not None and tag.previous is not None:
        return tag.previous

    raise InvalidInput(
        f"Nothing says which version of {world.routine.name} served before {newest}.",
        next_move="Choose one with --to VERSION; list them with:"
        f" esa-flows versions list {world.routine.name}",
    )
