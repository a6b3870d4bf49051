"""Go on with a release whose journal is gone, from its plan and from the provider.

What was under way may still appear, so first it is waited for. Then the version is
found by its tag and its content, the position by what serves. The bake in force begins
anew: how long it has lasted nobody knows.
"""

from esa_flows.engine.context import Context
from esa_flows.model import Environment, Routine, Split, VersionId
from esa_flows.release.journey import Journey
from esa_flows.release.make import Need, stage_of
from esa_flows.release.plan import places_of
from esa_flows.release.position import position_of
from esa_flows.release.spec import Release, Restart
from esa_flows.release.versions import Versions
from esa_flows.steps.observe import World, observe
from esa_flows.steps.stage import own_versions
from esa_flows.steps.sweep import Sweep, sweep

__all__ = ["claim", "pick_up", "settled"]


def claim(journey: Journey, wanted: Release, restart: Restart) -> None:
    """Take what serves of this release for its own, so that the way back undoes it.

    Args:
        journey: Of a routine as just seen; goes back to where the plan began.
        wanted: What is wanted.
        restart: Where it stood when it was planned.
    """
    journey.before = restart.before or Routine(name=wanted.routine)
    ours = {v for v, content in journey.contents.items() if content == wanted.content}
    for environment in Environment:
        now = journey.now.deployment(environment)
        before = journey.before.deployment(environment)
        is_new = before is None or now is None or now.split != before.split
        if now is not None and is_new and now.split.versions & ours:
            journey.begin(environment, now.split, places_of(journey.now))
            journey.reached.add(environment)

    _claim_areas(journey, ours)


def _claim_areas(journey: Journey, ours: set[VersionId]) -> None:
    """Take the areas that serve a version of this release for its own, too."""
    now, before = journey.now, journey.before
    changed = {
        area: held
        for area, held in now.areas.items()
        if held in ours and held != before.areas.get(area)
    }
    for area, held in changed.items():
        journey.begin(Environment.PRODUCTION, Split.whole(held), (area,))
        journey.reached.add(Environment.PRODUCTION)


async def settled(
    ctx: Context, wanted: Release, restart: Restart, journey: Journey, world: World
) -> World:
    """Wait for what was under way; give the routine as it is then.

    Args:
        ctx: The flow's context.
        wanted: What is wanted.
        restart: Where it stood when it was planned.
        journey: Of a routine as just seen; is brought to where it is then.
        world: The routine as just seen.
    """
    claim(journey, wanted, restart)  # an abort while it waits leads back, too
    if not restart.settle.seconds:
        return world

    await ctx.sleep(restart.settle, key="settled")
    world = await ctx.do(observe, wanted.routine, key="settled")
    journey.see(world)
    claim(journey, wanted, restart)
    return world


async def pick_up(
    ctx: Context, wanted: Release, world: World, journey: Journey, versions: Versions
) -> int:
    """Find out how far a release has come; delete what the lost process left over.

    Args:
        ctx: The flow's context.
        wanted: What is wanted.
        world: The routine as it is.
        journey: Is brought to where the release stands.
        versions: The release's own, as far as they were found.

    Returns:
        Which of the shares serves.

    Raises:
        Conflict: Production serves what is neither of before nor of this release.
    """
    position = position_of(world.routine, wanted, journey.before, versions.last)
    journey.before = versions.before = position.before
    for place, version in versions.found.items():
        stage = stage_of(wanted, world, Need(bound_to=place))
        if len(own_versions(world.versions, stage, ctx.run_id)) > 1:
            left = Sweep(stage=stage, keep=version)
            key = ":".join(filter(None, ("settled", place)))
            await ctx.do(sweep, left, key=key)

    return position.at
