"""The way back: production to the split it served before, then staging to its own.

One declarative call each, safe to repeat. Nothing that somebody else deployed is
touched. What this run asked for itself is done or not by now: the engine finds that out
before a flow meets what ends it.
"""

import contextlib

from esa_flows.engine.context import Context
from esa_flows.errors import (
    Aborted,
    CallError,
    Conflict,
    EsaFlowsError,
    Refused,
    ReleaseError,
)
from esa_flows.model import Environment, Share, Split, VersionId
from esa_flows.release.expose import change, wanted_of
from esa_flows.release.journey import Journey
from esa_flows.release.remake import bring_back
from esa_flows.release.report import Outcome, Report, ways_out
from esa_flows.steps.find_backup import Missing
from esa_flows.steps.observe import World, look, observe
from esa_flows.wire.lane import way_back

__all__ = ["unwind"]


async def unwind(ctx: Context, journey: Journey, why: EsaFlowsError) -> Report:
    """Go back to what served before and report how that went.

    Args:
        ctx: The flow's context.
        journey: Where the release stands.
        why: What ended it.
    """
    with way_back():
        try:
            return await _go_back(ctx, journey, why)
        except Aborted:  # comes once: it asks for what is under way already
            return await _go_back(ctx, journey, why, again=":again")


async def _go_back(
    ctx: Context, journey: Journey, why: EsaFlowsError, *, again: str = ""
) -> Report:
    if isinstance(why, Conflict):
        return await _touch_nothing(ctx, journey, why, again)

    was_exposed = journey.has_asked(Environment.PRODUCTION)
    try:
        await _look(ctx, journey, again)
        await _restore(ctx, journey, Environment.PRODUCTION, again)
    except (ReleaseError, CallError) as error:
        return _stuck(journey, why, error)

    await _restore_staging(ctx, journey, again)
    if _is_first(journey):
        return journey.report(
            Outcome.STUCK,
            why,
            next_move="There is no version to go back to: release a mended bundle with"
            f" esa-flows release {journey.routine} FILE{journey.realm.flag}",
        )

    if isinstance(why, Aborted):
        return journey.report(Outcome.ABORTED, why)

    return journey.report(Outcome.ROLLED_BACK if was_exposed else Outcome.FAILED, why)


async def _touch_nothing(
    ctx: Context, journey: Journey, why: Conflict, again: str
) -> Report:
    """Report a conflict with what serves now, as far as that can be seen."""
    with contextlib.suppress(CallError):
        await _look(ctx, journey, again)

    return journey.report(Outcome.CONFLICT, why)


async def _look(ctx: Context, journey: Journey, again: str) -> None:
    """See what serves, where this run may have changed it."""
    if not any(map(journey.has_asked, Environment)):
        return

    journey.now = await ctx.do(look, journey.routine, key=f"unwind{again}")


async def _restore(
    ctx: Context, journey: Journey, environment: Environment, again: str
) -> None:
    """Put back what served before, where this run may have changed it.

    It is asked for even where it is seen: a deployment may not be seen yet.

    Raises:
        Conflict: Somebody else deployed there.
    """
    split = journey.way_back(environment)
    if split is None or not journey.has_asked(environment):
        return

    _refuse_foreign(journey, environment, split)
    key = f"{environment}:back{again}"
    try:
        await _put_back(ctx, journey, environment, split, key)
    except Refused:
        world = await ctx.do(observe, journey.routine, key=key)
        if split.versions <= world.ids:
            raise

        split = await _remade(ctx, journey, split, world)
        journey.back[environment] = split
        key = f"{key}:remade"
        journey.now = await ctx.do(look, journey.routine, key=key)
        _refuse_foreign(journey, environment, split)
        await _put_back(ctx, journey, environment, split, key)


async def _put_back(
    ctx: Context, journey: Journey, environment: Environment, split: Split, key: str
) -> None:
    places = _places(journey, environment)
    await change(
        ctx, journey, environment, split, key=key, places=places, is_way_back=True
    )


def _places(journey: Journey, environment: Environment) -> tuple[str, ...]:
    """Give the places of production that this run may have changed."""
    return journey.touched if environment is Environment.PRODUCTION else ()


def _refuse_foreign(journey: Journey, environment: Environment, split: Split) -> None:
    """Refuse to go back where somebody else deployed.

    Raises:
        Conflict: An environment, as seen last, serves what this run does not know.
    """
    if journey.is_ours(environment):
        return

    places = _places(journey, environment)
    raise wanted_of(journey.before, environment, split, places).foreign(journey.now)


async def _remade(ctx: Context, journey: Journey, split: Split, world: World) -> Split:
    """Make the versions of a split again that somebody deleted meanwhile.

    Raises:
        NotFound: Nothing was kept of one.
    """
    shares = [
        Share(await _present(ctx, journey, world, share.version), share.percentage)
        for share in split.shares
    ]
    return Split(shares)


async def _present(
    ctx: Context, journey: Journey, world: World, version: VersionId
) -> VersionId:
    if version in world.ids:
        return version

    if version not in journey.stand_ins:
        missing = Missing(
            routine=journey.routine,
            version=version,
            content=journey.contents.get(version, ""),
        )
        journey.stand_ins[version] = await bring_back(
            ctx, missing, journey, journey.carried.get(version)
        )

    return journey.stand_ins[version]


async def _restore_staging(ctx: Context, journey: Journey, again: str) -> None:
    """Restore staging; a failure there is only a note."""
    try:
        await _restore(ctx, journey, Environment.STAGING, again)
    except (ReleaseError, CallError) as error:
        journey.notes.append(f"Staging was not restored: {error}")


def _is_first(journey: Journey) -> bool:
    """Tell whether production serves for the first time, so that no way leads back."""
    production = Environment.PRODUCTION
    if journey.before.production is not None or not journey.has_asked(production):
        return False

    return journey.now.production is not None or production in journey.reached


def _stuck(journey: Journey, why: EsaFlowsError, error: EsaFlowsError) -> Report:
    if isinstance(error, Conflict):
        return journey.report(Outcome.CONFLICT, error)

    journey.notes.append(f"The way back failed: {error}")
    back = journey.way_back(Environment.PRODUCTION)
    target = back.majority if back else None
    move = ways_out(journey.routine, target, journey.realm)
    return journey.report(Outcome.STUCK, why, next_move=move)
