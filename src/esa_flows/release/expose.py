"""Bring a verified version to staging, then to production share by share.

Around every change: a look right before that things are as this run left them, and a
reading back right after. One reading serves as both where nothing lies between: that of
staging is the guard of the first share of production, unless its gate took a while.
"""

from attrs import evolve

from esa_flows.engine.context import Context
from esa_flows.errors import GateFailed, Refused
from esa_flows.gates.staging import AskStaging, ask_staging, let_edge_catch_up
from esa_flows.gates.verdict import Verdict
from esa_flows.gates.watched import Watched
from esa_flows.model import WHOLE, Environment, Routine, Split, VersionId
from esa_flows.release.journey import Journey
from esa_flows.release.plan import Exposure, way_to_production
from esa_flows.release.position import BEFORE
from esa_flows.release.spec import Release
from esa_flows.release.watch import gates_at, is_watched, watch
from esa_flows.steps.deploy import Deploy, Publish, deploy, read_back, still_serves
from esa_flows.steps.observe import look

__all__ = ["change", "refuse_change", "to_production", "to_staging", "wanted_of"]


async def to_staging(
    ctx: Context,
    release: Release,
    journey: Journey,
    version: VersionId,
    *,
    number: int = 1,
) -> None:
    """Deploy to staging, read back, ask the routine there, see that it still serves.

    Args:
        ctx: The flow's context.
        release: What is wanted.
        journey: Where the release stands.
        version: The verified version.
        number: The round; another version begins another one.

    Raises:
        GateFailed: The routine does not answer as it should.
        Conflict: Somebody else deployed meanwhile.
    """
    split = Split.whole(version)
    wanted = wanted_of(journey.now, Environment.STAGING, split)
    is_settled = wanted.previous is not None and wanted.previous.split == split
    if not is_settled:
        await _put(ctx, journey, wanted, key="staging", number=number)

    journey.now = await ctx.do(read_back, wanted, key="staging", round=number)
    if release.probe:
        await _pass_gate(ctx, journey, number, is_settled=is_settled)
        await ctx.do(still_serves, wanted, key="staging", round=number)

    has_waited = release.probe and bool(journey.before.record)
    if not is_settled and not has_waited and gates_at(release, Environment.STAGING):
        await ctx.do(let_edge_catch_up, journey.routine, round=number)

    await _watch_staging(ctx, release, journey, version, number)


async def to_production(
    ctx: Context,
    release: Release,
    journey: Journey,
    version: VersionId,
    *,
    number: int = 1,
    at: int = BEFORE,
) -> None:
    """Give production the version, share by share or area by area, baking in between.

    Args:
        ctx: The flow's context.
        release: What is wanted.
        journey: Where the release stands.
        version: The verified version.
        number: The round.
        at: The stage that serves already, and bakes anew; `BEFORE` for none.

    Raises:
        Conflict: Somebody else deployed meanwhile.
    """
    if at == BEFORE:
        refuse_change(journey, version)

    for place, exposure in enumerate(
        way_to_production(release, version, journey.before)
    ):
        if place > at:
            await change(
                ctx,
                journey,
                Environment.PRODUCTION,
                exposure.split,
                key=exposure.key,
                places=exposure.places,
                number=number,
            )

        if place >= at and is_watched(release, exposure):
            await _bake(ctx, release, journey, exposure, version, number)


async def change(
    ctx: Context,
    journey: Journey,
    environment: Environment,
    split: Split,
    *,
    key: str,
    places: tuple[str, ...] = (),
    number: int = 1,
    is_way_back: bool = False,
) -> None:
    """Put a split in force and read it back.

    Args:
        ctx: The flow's context.
        journey: Where the release stands; its last look is the guard.
        environment: Where.
        split: What shall serve.
        key: Tells this change apart from the run's others.
        places: Which places of production it is for, where it has areas.
        number: The round.
        is_way_back: Whether it undoes what this run did, which may not be seen yet:
            then what this run did is nobody else's.

    Raises:
        Conflict: Somebody else deployed meanwhile.
    """
    wanted = wanted_of(journey.now, environment, split, places)
    if is_way_back:
        wanted = evolve(wanted, ours=tuple(journey.asked[environment]))

    await _put(ctx, journey, wanted, key=key, number=number)
    journey.now = await ctx.do(read_back, wanted, key=key, round=number)


async def _put(
    ctx: Context, journey: Journey, wanted: Deploy, *, key: str, number: int
) -> None:
    places = wanted.places if isinstance(wanted, Publish) else ()
    journey.begin(wanted.environment, wanted.split, places)
    try:
        await ctx.do(deploy, wanted, key=key, round=number)
    except Refused:
        journey.refused(wanted.environment)
        raise

    journey.reached.add(wanted.environment)


def refuse_change(journey: Journey, version: VersionId) -> None:
    """Refuse to touch production where somebody deployed since the run began.

    Args:
        journey: Where the run stands.
        version: What it wants.

    Raises:
        Conflict: It does not serve what it served then.
    """
    if journey.production_as_before:
        return

    before, now = journey.before, journey.now
    places = tuple(before.places) if before.areas or now.areas else ()
    split = Split.whole(version)
    raise wanted_of(before, Environment.PRODUCTION, split, places).foreign(now)


def wanted_of(
    seen: Routine,
    environment: Environment,
    split: Split,
    places: tuple[str, ...] = (),
) -> Deploy:
    """Say what is to be put in force, guarded by what serves now: pure.

    Args:
        seen: The routine as seen last.
        environment: Where.
        split: What shall serve.
        places: Which places of production it is for, where it has areas.
    """
    previous = seen.deployment(environment)
    if not places:
        return Deploy(
            routine=seen.name, environment=environment, split=split, previous=previous
        )

    return Publish(
        routine=seen.name,
        environment=environment,
        split=split,
        previous=previous,
        places=places,
        before=seen.places,
    )


async def _bake(
    ctx: Context,
    release: Release,
    journey: Journey,
    exposure: Exposure,
    version: VersionId,
    number: int,
) -> None:
    """Watch a stage for its bake time; then see that it still serves."""
    key, split, production = exposure.key, exposure.split, Environment.PRODUCTION
    bake, gates = exposure.stage.bake, gates_at(release, production, exposure)
    if gates:
        watched = _watched(journey, production, version, exposure.stage.percentage)
        await watch(ctx, journey, gates, watched, key=key, bake=bake, number=number)
    else:
        await ctx.sleep(bake, key=key)

    wanted = wanted_of(journey.now, production, split, exposure.places)
    await _still_serves(ctx, journey, wanted, key=f"baked:{key}")


async def _watch_staging(
    ctx: Context, release: Release, journey: Journey, version: VersionId, number: int
) -> None:
    """Read the gates of staging; then see that it still serves what they read."""
    staging = Environment.STAGING
    gates = gates_at(release, staging)
    if not gates:
        return

    watched = _watched(journey, staging, version, WHOLE)
    await watch(ctx, journey, gates, watched, key="staging", number=number)
    wanted = wanted_of(journey.now, staging, Split.whole(version))
    await _still_serves(ctx, journey, wanted, key="watched:staging", number=number)


async def _still_serves(
    ctx: Context, journey: Journey, wanted: Deploy, *, key: str, number: int = 1
) -> None:
    """See that what was watched still serves.

    Raises:
        Conflict: Somebody else deployed meanwhile.
    """
    journey.now = await ctx.do(look, journey.routine, key=key, round=number)
    if not wanted.is_in_force(journey.now):
        raise wanted.foreign(journey.now)


def _watched(
    journey: Journey, environment: Environment, version: VersionId, share: int
) -> Watched:
    before = journey.before.deployment(environment)
    return Watched(
        routine=journey.routine,
        version=version,
        environment=environment,
        record=journey.before.record,
        share=share,
        former=before.split.majority if before else None,
    )


async def _pass_gate(
    ctx: Context, journey: Journey, number: int, *, is_settled: bool
) -> None:
    record = journey.before.record
    asked = AskStaging(routine=journey.routine, record=record, is_settled=is_settled)
    reading = await ctx.do(ask_staging, asked, round=number)
    if reading.verdict is not Verdict.PASS:
        raise GateFailed(
            f"The staging gate did not pass ({reading.verdict}): {reading.reason}",
            next_move="Mend the bundle and release again; to release without asking"
            " the routine, use --no-probe.",
        )
