"""Bring a verified version to staging, then to production share by share.

Around every change: a look right before that things are as this run left them, and a
reading back right after. One reading serves as both where nothing lies between: that of
staging is the guard of the first share of production.
"""

from attrs import evolve

from esa_flows.engine.context import Context
from esa_flows.errors import GateFailed, Refused
from esa_flows.gates.staging import AskStaging, ask_staging
from esa_flows.gates.verdict import Verdict
from esa_flows.model import Duration, Environment, Split, VersionId
from esa_flows.release.journey import Journey
from esa_flows.release.plan import exposures, stable_of
from esa_flows.release.position import BEFORE
from esa_flows.release.spec import Release
from esa_flows.steps.deploy import Deploy, deploy, foreign_split, read_back
from esa_flows.steps.observe import look

__all__ = ["change", "refuse_change", "to_production", "to_staging"]


async def to_staging(
    ctx: Context,
    release: Release,
    journey: Journey,
    version: VersionId,
    *,
    number: int = 1,
) -> None:
    """Deploy to staging, ask the routine there, read back.

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
    wanted = _wanted(journey, Environment.STAGING, split)
    if wanted.previous is None or wanted.previous.split != split:
        await _put(ctx, journey, wanted, key="staging", number=number)

    if release.probe:
        await _pass_gate(ctx, journey, number)

    journey.now = await ctx.do(read_back, wanted, key="staging", round=number)


async def to_production(
    ctx: Context,
    release: Release,
    journey: Journey,
    version: VersionId,
    *,
    number: int = 1,
    at: int = BEFORE,
) -> None:
    """Give production the version, share by share, baking in between.

    Args:
        ctx: The flow's context.
        release: What is wanted.
        journey: Where the release stands.
        version: The verified version.
        number: The round.
        at: The share that serves already, and bakes anew; `BEFORE` for none.

    Raises:
        Conflict: Somebody else deployed meanwhile.
    """
    before = journey.before.production
    stable = stable_of(before.split if before else None, version)
    if at == BEFORE:
        refuse_change(journey, version)

    for place, exposure in enumerate(exposures(release.canary, version, stable)):
        key, split = f"production:{exposure.stage.percentage}", exposure.split
        if place > at:
            await change(
                ctx, journey, Environment.PRODUCTION, split, key=key, number=number
            )

        if place >= at and exposure.stage.bake.seconds:
            await _bake(ctx, journey, split, exposure.stage.bake, key=key)


async def change(
    ctx: Context,
    journey: Journey,
    environment: Environment,
    split: Split,
    *,
    key: str,
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
        number: The round.
        is_way_back: Whether it undoes what this run did, which may not be seen yet:
            then what this run did is nobody else's.

    Raises:
        Conflict: Somebody else deployed meanwhile.
    """
    wanted = _wanted(journey, environment, split)
    if is_way_back:
        wanted = evolve(wanted, ours=tuple(journey.asked[environment]))

    await _put(ctx, journey, wanted, key=key, number=number)
    journey.now = await ctx.do(read_back, wanted, key=key, round=number)


async def _put(
    ctx: Context, journey: Journey, wanted: Deploy, *, key: str, number: int
) -> None:
    journey.begin(wanted.environment, wanted.split)
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

    wanted = _wanted(journey, Environment.PRODUCTION, Split.whole(version))
    known = evolve(wanted, previous=journey.before.production)
    raise foreign_split(known, journey.now.production)


def _wanted(journey: Journey, environment: Environment, split: Split) -> Deploy:
    return Deploy(
        routine=journey.routine,
        environment=environment,
        split=split,
        previous=journey.now.deployment(environment),
    )


async def _bake(
    ctx: Context, journey: Journey, split: Split, bake: Duration, *, key: str
) -> None:
    """Watch a share for its bake time; then see that it still serves."""
    await ctx.sleep(bake, key=key)
    before = _wanted(journey, Environment.PRODUCTION, split)
    journey.now = await ctx.do(look, journey.routine, key=f"baked:{key}")
    now = journey.now.production
    if now is None or now.split != split:
        raise foreign_split(before, now)


async def _pass_gate(ctx: Context, journey: Journey, number: int) -> None:
    asked = AskStaging(routine=journey.routine, record=journey.before.record)
    reading = await ctx.do(ask_staging, asked, round=number)
    if reading.verdict is not Verdict.PASS:
        raise GateFailed(
            f"The staging gate did not pass ({reading.verdict}): {reading.reason}",
            next_move="Mend the bundle and release again; to release without asking"
            " the routine, use --no-probe.",
        )
