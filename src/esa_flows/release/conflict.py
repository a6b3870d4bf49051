"""What to do with somebody's canary that is under way when a release begins.

`refuse` touches nothing. `abort-first` gives everything to the version with the larger
share and begins from there. `supersede` takes that version for the stable one: the
other drops out with the first share, and the way back leads to the stable one alone.
"""

from attrs import evolve

from esa_flows.engine.context import Context
from esa_flows.errors import Conflict
from esa_flows.model import Environment, Split, VersionId
from esa_flows.release.expose import change
from esa_flows.release.journey import Journey
from esa_flows.release.plan import foreign_canary, stable_of
from esa_flows.release.spec import OnConflict, Release
from esa_flows.steps.observe import World

__all__ = ["meet_canary", "refuse_canary", "supersede"]


async def meet_canary(
    ctx: Context, wanted: Release, world: World, journey: Journey
) -> World:
    """Refuse to begin during somebody's canary, or end it first, as was asked for.

    Args:
        ctx: The flow's context.
        wanted: What is wanted.
        world: The routine as seen.
        journey: Where the release stands.

    Returns:
        The routine as it is then.

    Raises:
        Conflict: A canary is under way, and nobody said what to do about it.
    """
    refuse_canary(wanted, world)
    split = foreign_canary(world.routine, wanted)
    if split is None or wanted.on_conflict is OnConflict.SUPERSEDE:
        return world

    whole = Split.whole(split.majority)
    production = Environment.PRODUCTION
    await change(ctx, journey, production, whole, key="production:abort-first")
    journey.begin_anew()
    journey.notes.append(
        f"Production served {split} when this began; that was ended first: it served"
        f" {whole} before this release."
    )
    return evolve(world, routine=journey.now)


def supersede(wanted: Release, journey: Journey, version: VersionId) -> None:
    """Say where the way back leads when a canary is superseded.

    Args:
        wanted: What is wanted.
        journey: Gets to know the way back.
        version: The new version.
    """
    split = foreign_canary(journey.before, wanted)
    stable = stable_of(split, version)
    if split is None or stable is None or Environment.PRODUCTION in journey.back:
        return

    journey.back[Environment.PRODUCTION] = Split.whole(stable)
    journey.notes.append(
        f"Production served {split} when this began, which is superseded: the way back"
        f" leads to {stable} alone."
    )


def refuse_canary(wanted: Release, world: World) -> None:
    """Refuse to begin during somebody's canary, unless asked otherwise: pure.

    Args:
        wanted: What is wanted.
        world: The routine as seen.

    Raises:
        Conflict: A canary is under way, and nobody said what to do about it.
    """
    split, name = foreign_canary(world.routine, wanted), wanted.routine
    if split is None or wanted.on_conflict is not OnConflict.REFUSE:
        return

    raise Conflict(
        f"Production of {name} serves {split}:"
        " a canary is under way that this release did not begin.",
        next_move=f"Take it back with: esa-flows rollback {name} - or release with"
        " --on-conflict abort-first (their larger share gets everything first) or"
        " --on-conflict supersede (their smaller share drops out).",
    )
