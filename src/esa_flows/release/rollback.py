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
from esa_flows.model import HOME, Environment, Realm, Routine, Split, VersionId
from esa_flows.release.binding import refuse_stray, rollback_notes, served_binding
from esa_flows.release.expose import change, refuse_change, wanted_of
from esa_flows.release.journey import Journey
from esa_flows.release.plan import places_of
from esa_flows.release.remake import bring_back
from esa_flows.release.report import Outcome, Report, ways_out
from esa_flows.release.spec import Rollback
from esa_flows.steps.find_backup import Missing
from esa_flows.steps.observe import World, look, observe
from esa_flows.wire.lane import way_back

__all__ = ["rollback", "rollback_target"]


@flow
async def rollback(ctx: Context, wanted: Rollback) -> Report:
    """Put an earlier version in force in production, whole, and read it back.

    An abort stops it where it is: there is no way back from the way back.

    Raises:
        InvalidInput: There is no version to go back to.
        NotFound: It is gone, and was not saved.
    """
    with way_back():
        return await _roll_back(ctx, wanted)


async def _roll_back(ctx: Context, wanted: Rollback) -> Report:
    world = await ctx.do(observe, wanted.routine)
    realm, routine = wanted.realm, world.routine
    journey = Journey.begun(ctx.run_id, world, realm=realm)
    target = journey.version = rollback_target(world, wanted.to, realm)
    split, places = Split.whole(target), places_of(routine)
    if wanted_of(routine, Environment.PRODUCTION, split, places).is_in_force(routine):
        return journey.report(Outcome.UNCHANGED)

    try:
        _refuse_other(wanted, routine)
        return await _go_back(ctx, journey, world, target)
    except Aborted as why:
        journey.now = await ctx.do(look, wanted.routine, key="aborted")
        return journey.report(Outcome.ABORTED, why)
    except Conflict as why:
        return journey.report(Outcome.CONFLICT, why)
    except NotFound:
        raise  # nothing was deployed: another version has to be chosen
    except (ReleaseError, CallError) as error:
        move = ways_out(wanted.routine, target, realm)
        return journey.report(Outcome.STUCK, error, next_move=move)


def _refuse_other(wanted: Rollback, routine: Routine) -> None:
    """Refuse to take back what is not as it was when that was planned.

    Raises:
        Conflict: Production serves something else by now.
    """
    now = routine.production.split if routine.production else None
    if wanted.seen in {None, now}:
        return

    raise Conflict(
        f"Production of {routine.name} serves {now or 'nothing'}; when its way back was"
        f" planned it served {wanted.seen}.",
        next_move="Somebody deployed since; nothing of theirs was changed. Plan anew.",
    )


async def _go_back(
    ctx: Context, journey: Journey, world: World, target: VersionId
) -> Report:
    """Deploy the target, made again first where it is gone."""
    if target in world.ids:
        journey.notes.extend(rollback_notes(world, target))
    else:
        missing = Missing(routine=journey.routine, version=target)
        target = await bring_back(ctx, missing, journey, served_binding(world))
        journey.version = target
        journey.now = await ctx.do(look, journey.routine, key="remade")
        refuse_change(journey, target)

    production, split = Environment.PRODUCTION, Split.whole(target)
    places = places_of(journey.now)
    await change(ctx, journey, production, split, key="production", places=places)
    return journey.report(Outcome.ROLLED_BACK)


def rollback_target(
    world: World, to: VersionId | None, realm: Realm = HOME
) -> VersionId:
    """Choose the version to go back to, which may be gone: pure.

    The named one; else, during a canary, the version with the other share or areas;
    else the one that the live version's tag names as its predecessor.

    Args:
        world: The routine as seen.
        to: A version the user named.
        realm: Whose routine it is.

    Raises:
        InvalidInput: Nothing says which version served before, or it carries the
            variables of staging.
    """
    production = world.routine.production
    if production is None:
        raise InvalidInput(f"{world.routine.name} serves nothing in production.")

    target = to or _before(world, realm)
    refuse_stray(world, target)
    return target


def _before(world: World, realm: Realm) -> VersionId:
    tags = {version.id: version.tag for version in world.versions}
    serving = world.routine.in_production
    newest = max(serving, key=int)
    others = serving - {newest}
    if others:
        return min(others, key=int)

    tag = tags.get(newest)
    if tag is not None and tag.previous is not None:
        return tag.previous

    raise InvalidInput(
        f"Nothing says which version of {world.routine.name} served before {newest}.",
        next_move="Choose one with --to VERSION; list them with:"
        f" esa-flows versions list {world.routine.name}{realm.flag}",
    )
