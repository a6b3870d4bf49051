"""Make a version again that somebody deleted, in the middle of another run."""

from attrs import frozen

from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import NotFound
from esa_flows.model import Environment, VersionId
from esa_flows.release.journey import Journey
from esa_flows.release.make import Need, find_version, make_room, make_version
from esa_flows.release.spec import Release
from esa_flows.steps.find_backup import Missing, find_backup
from esa_flows.steps.observe import World, observe
from esa_flows.steps.prune import Pruned

__all__ = ["Remade", "Remake", "bring_back", "make_again", "make_one", "remake"]


@frozen(kw_only=True)
class Remake:
    """A version to make again.

    Attributes:
        release: What it holds, and what must stay.
        bound_to: Environment whose variables it shall carry; None for none.
    """

    release: Release
    bound_to: Environment | None = None


@frozen(kw_only=True)
class Remade:
    """A version made again.

    Attributes:
        version: Its new id.
        pruned: Versions that went to make room for it.
        notes: What a person should know.
    """

    version: VersionId
    pruned: tuple[Pruned, ...] = ()
    notes: tuple[str, ...] = ()


@flow
async def remake(ctx: Context, wanted: Remake) -> Remade:
    """Find or make a version with the wanted bytes, in a part of the run of its own."""
    release, bound_to = wanted.release, wanted.bound_to
    world = await ctx.do(observe, release.routine)
    aside = Journey.begun(ctx.run_id, world, realm=release.realm)
    version = await find_version(ctx, release, world, bound_to)
    if version is None:
        version = await make_one(ctx, wanted, world, aside)

    return Remade(version=version, pruned=tuple(aside.pruned), notes=tuple(aside.notes))


async def make_one(
    ctx: Context, wanted: Remake, world: World, journey: Journey
) -> VersionId:
    """Make one version, room for it first.

    Args:
        ctx: The flow's context.
        wanted: Which one.
        world: The routine as seen.
        journey: Gets to know what went for it.
    """
    release = await make_room(ctx, wanted.release, world, journey, room=1)
    need = Need(bound_to=wanted.bound_to)
    return await make_version(ctx, release, world, journey, need)


async def make_again(
    ctx: Context, wanted: Remake, journey: Journey, *, key: str
) -> VersionId:
    """Make a version again; note in the journey what that took.

    Args:
        ctx: The flow's context.
        wanted: Which one.
        journey: Where the run stands.
        key: Tells this apart from the run's other ones.
    """
    made = await ctx.do(remake, wanted, key=key)
    journey.pruned.extend(made.pruned)
    journey.notes.extend(made.notes)
    return made.version


async def bring_back(
    ctx: Context,
    missing: Missing,
    journey: Journey,
    bound_to: Environment | None = None,
) -> VersionId:
    """Make a version that is gone again, from what was kept of it.

    Args:
        ctx: The flow's context.
        missing: Which version.
        journey: Where the run stands.
        bound_to: Environment whose variables it carried; it gets those of now.

    Raises:
        NotFound: Nothing was kept of it, or not all it held.
    """
    backup = await ctx.do(find_backup, missing, key=missing.version)
    if backup is None or not backup.is_whole:
        raise NotFound(
            f"Version {missing.version} of {missing.routine} is gone, and"
            f" {'only its code' if backup else 'nothing'} of it was saved here.",
            next_move="Choose another one with:"
            f" esa-flows versions list {missing.routine}{journey.realm.flag}",
        )

    release = Release(
        routine=missing.routine,
        bundle=backup.bundle,
        package=backup.package,
        cloud=journey.realm.cloud,
        account=journey.realm.account,
    )
    wanted = Remake(release=release, bound_to=bound_to)
    version = await make_again(ctx, wanted, journey, key=missing.version)
    variables = f", with the variables of {bound_to} as they are now" * bool(bound_to)
    journey.notes.append(
        f"Version {missing.version} was gone: what was saved of it is version"
        f" {version} now{variables}."
    )
    return version
