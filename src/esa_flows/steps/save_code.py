"""Save a version's code before it is deleted."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import NotFound, Refused
from esa_flows.files import Blobs
from esa_flows.model import Digest, RoutineName, Version, VersionId
from esa_flows.steps.read_code import is_error_page, read_code

__all__ = ["SaveCode", "Saved", "is_listed", "save_code"]


@frozen(kw_only=True)
class SaveCode:
    """A version whose code is to be saved.

    Attributes:
        routine: Which routine.
        version: Which version.
        content: What our tag says of its content; empty where it has no tag of ours,
            and then it must be saved.
    """

    routine: RoutineName
    version: VersionId
    content: str = ""

    @classmethod
    def of(cls, routine: RoutineName, version: Version) -> "SaveCode":
        """Take what is asked for from a version as seen."""
        content = version.tag.content if version.tag else ""
        return cls(routine=routine, version=version.id, content=content)


@frozen(kw_only=True)
class Saved:
    """A version whose code lies in the store, as far as it could be had.

    Attributes:
        version: Its id.
        backup: Digest that the code is kept under; None where it could not be read.
        has_assets: Whether it is known to have assets, which nobody can save.
        is_gone: Whether somebody deleted it meanwhile.
    """

    version: VersionId
    backup: Digest | None = None
    has_assets: bool = False
    is_gone: bool = False


@step.read(calls=[Op.READ_CODE, Op.INFO, Op.LIST])
async def save_code(ctx: Context, wanted: SaveCode) -> Saved:
    """Keep a version's code by its digest. A read of the provider.

    What this program made lies in the store already, mostly: then nothing is asked. Of
    a version of its own that cannot be read nothing is lost, for its bytes were given
    by a user; one that somebody else made must be saved. Dying anywhere loses nothing:
    the store has it by then, or the next process reads it again.

    Raises:
        Refused: The code of somebody else's version cannot be read.

    Source: ESA API 2024-09-10, GetRoutineCodeVersion, GetRoutineCodeVersionInfo.
    """
    blobs = ctx.need(Blobs)
    held = await blobs.find(wanted.content) if wanted.content else ()
    if len(held) == 1:
        return Saved(version=wanted.version, backup=held[0])

    cloud = ctx.need(RoutineCloud)
    try:
        return await _read(ctx, cloud, wanted)
    except Refused:
        is_there = await is_listed(cloud, wanted.routine, wanted.version)
        if is_there and not wanted.content:
            raise

    return Saved(version=wanted.version, is_gone=not is_there)


async def _read(ctx: Context, cloud: RoutineCloud, wanted: SaveCode) -> Saved:
    has_assets = not wanted.content and await _has_assets(cloud, wanted)
    digest = await _keep_code(ctx, wanted)
    is_package = bool(wanted.content) and wanted.content != digest.short
    return Saved(
        version=wanted.version, backup=digest, has_assets=has_assets or is_package
    )


async def _has_assets(cloud: RoutineCloud, wanted: SaveCode) -> bool:
    """Ask about a version somebody else made; of ours the tag tells."""
    info = await cloud.assets_info(wanted.routine, wanted.version)
    return info.has_assets


async def _keep_code(ctx: Context, wanted: SaveCode) -> Digest:
    """Put the code of a version into the store of bundles; give its digest.

    Raises:
        NotFound: The provider's store has lost it, and gives its error page instead.
    """
    routine, version = wanted.routine, wanted.version
    code = await read_code(ctx.need(RoutineCloud), routine, version)
    if not is_error_page(code):
        return await ctx.need(Blobs).put_bytes(code)

    raise NotFound(
        f"The code of version {version} of {routine} is missing at the provider, so it"
        " cannot be saved.",
        next_move="Nothing was deleted; delete the version by hand if nobody needs it.",
    )


async def is_listed(
    cloud: RoutineCloud, routine: RoutineName, version: VersionId
) -> bool:
    """Tell whether a version is still there: unknown ones have no code of their own.

    Args:
        cloud: The provider.
        routine: Which routine.
        version: Which version.
    """
    versions = await cloud.list_versions(routine)
    return any(each.id == version for each in versions)
