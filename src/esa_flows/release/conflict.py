"""What to do with somebody's canary that is under way when a release begins.

`refuse` touches nothing. `abort-first` gives everything to the version with the larger
share and begins from there. `supersede` takes that version for the stable one: the
other drops out with the first share, and the way back leads to the stable one alone.
Where areas stand in for shares, production's version is the stable one.
"""

from attrs import evolve

from esa_flows.engine.context import Context
from esa_flows.errors import Conflict
from esa_flows.model import Environment, Split, VersionId
from esa_flows.release.expose import change
from esa_flows.release.journey import Journey
from esa_flows.release.plan import (
    canary_told,
    places_of,
    refuse_unknown_areas,
    stable_of,
)
from esa_flows.release.spec import OnConflict, Release
from esa_flows.steps.observe import World

__all__ = ["meet_canary", "refuse_canary", "supersede"]

_SHARES = ("larger share", "smaller share")
_AREAS = ("production's version", "area's version")


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
        InvalidInput: The routine has no such area.
    """
    refuse_unknown_areas(world, wanted)
    refuse_canary(wanted, world)
    told = canary_told(world.routine, wanted)
    serves = world.routine.production
    if serves is None or not told or wanted.on_conflict is OnConflict.SUPERSEDE:
        return world

    whole, places = Split.whole(serves.split.majority), places_of(world.routine)
    await change(
        ctx,
        journey,
        Environment.PRODUCTION,
        whole,
        key="production:abort-first",
        places=places,
    )
    journey.begin_anew()
    journey.notes.append(
        f"Production served {told} when this began; that was ended first: it served"
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
    before, told = journey.before.production, canary_told(journey.before, wanted)
    stable = stable_of(before.split if before else None, version)
    if not told or stable is None or Environment.PRODUCTION in journey.back:
        return

    journey.back[Environment.PRODUCTION] = Split.whole(stable)
    journey.notes.append(
        f"Production served {told} when this began, which is superseded: the way back"
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
    told, name = canary_told(world.routine, wanted), wanted.routine
    if not told or wanted.on_conflict is not OnConflict.REFUSE:
        return

    more, less = _AREAS if world.routine.areas else _SHARES
    raise Conflict(
        f"Production of {name} serves {told}:"
        " a canary is under way that this release did not begin.",
        next_move=f"Take it back with: esa-flows rollback {name}{wanted.realm.flag} -"
        f" or release with --on-conflict abort-first (their {more} gets everything"
        f" first) or --on-conflict supersede (their {less} drops out).",
    )
