"""Delete versions that nothing needs, their code saved first: one, or all there are.

Observe; see what goes, what stays and why; save, look and delete one after the other.
Pruning for its own sake has time: it looks right before each delete.
"""

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import Aborted, Conflict, InUse, Refused
from esa_flows.model import Version
from esa_flows.release.journey import Journey
from esa_flows.release.report import Outcome, Report
from esa_flows.release.room import tidying
from esa_flows.release.spec import Pruning
from esa_flows.steps.observe import look, observe
from esa_flows.steps.prune import Prune, prune
from esa_flows.steps.save_code import SaveCode, Saved, save_code

__all__ = ["delete_saved", "prune_versions"]


@flow
async def prune_versions(ctx: Context, wanted: Pruning) -> Report:
    """Delete every version of a routine that nothing needs.

    A version that somebody finds a use for meanwhile stays, and so does one whose code
    cannot be saved. An abort stops it where it is; what is deleted stays deleted, and
    can be restored.
    """
    world = await ctx.do(observe, wanted.routine)
    journey = Journey.begun(ctx.run_id, world, realm=wanted.realm)
    may_go = wanted.chosen
    try:
        for version in tidying(world, wanted).goes:
            if may_go is None or version.id in may_go:
                await _delete(ctx, journey, version)
    except Aborted as why:
        return journey.report(Outcome.ABORTED, why)

    return journey.report(Outcome.PRUNED if journey.pruned else Outcome.UNCHANGED)


async def _delete(ctx: Context, journey: Journey, version: Version) -> None:
    wanted = SaveCode.of(journey.routine, version)
    try:
        saved = await ctx.do(save_code, wanted, key=version.id)
        if not saved.is_gone:
            await ctx.do(look, journey.routine, key=f"before:{version.id}")
            await _prune(ctx, journey, saved, key=version.id)
    except (Conflict, InUse) as why:
        journey.notes.append(f"Version {version.id} stays: {why.message}")
    except Refused as why:
        journey.notes.append(
            f"Version {version.id} stays: it could not be saved, or deleted:"
            f" {why.message}"
        )


async def delete_saved(
    ctx: Context, journey: Journey, wanted: SaveCode, *, key: str, number: int = 1
) -> None:
    """Delete a version, its code saved before; note it in the journey.

    Args:
        ctx: The flow's context.
        journey: Gets to know what is gone.
        wanted: Which version.
        key: Tells this deletion apart from the run's others.
        number: The round.

    Raises:
        Refused: It cannot be saved, or the provider keeps it.
        Conflict: It serves somewhere now.
    """
    saved = await ctx.do(save_code, wanted, key=key, round=number)
    if not saved.is_gone:
        await _prune(ctx, journey, saved, key=key, number=number)


async def _prune(
    ctx: Context, journey: Journey, saved: Saved, *, key: str, number: int = 1
) -> None:
    order = Prune(routine=journey.routine, saved=saved)
    pruned = await ctx.do(prune, order, key=key, round=number)
    journey.pruned.append(pruned)
    if pruned.has_assets:
        journey.notes.append(
            f"Version {pruned.version} was deleted with its assets: its code alone is"
            " saved, so it cannot be restored."
        )
