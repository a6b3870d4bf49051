"""Save the code of a version, so that it outlives the version."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import NotFound
from esa_flows.files import Blobs
from esa_flows.model import Digest, RoutineName, VersionId
from esa_flows.steps.read_code import is_error_page, read_code

__all__ = ["SaveCode", "Saved", "keep_code", "save_code"]


@frozen(kw_only=True)
class SaveCode:
    """A version whose code shall outlive it.

    Attributes:
        routine: Which routine.
        version: Which version.
    """

    routine: RoutineName
    version: VersionId


@frozen(kw_only=True)
class Saved:
    """What is kept of a version.

    Attributes:
        version: Its id.
        backup: Digest under which its code was saved.
        has_assets: Whether it has assets, which nobody can save.
    """

    version: VersionId
    backup: Digest
    has_assets: bool = False


@step.read(calls=[Op.READ_CODE, Op.INFO])
async def save_code(ctx: Context, wanted: SaveCode) -> Saved:
    """Read a version's code back and keep it by its digest.

    A read of the provider: dying before the record, the next process saves it again,
    under the same digest.

    Raises:
        Refused: The provider does not give the code.

    Source: ESA API 2024-09-10, GetRoutineCodeVersion.
    """
    cloud = ctx.need(RoutineCloud)
    info = await cloud.assets_info(wanted.routine, wanted.version)
    backup = await keep_code(ctx, wanted.routine, wanted.version)
    return Saved(version=wanted.version, backup=backup, has_assets=info.has_assets)


async def keep_code(ctx: Context, routine: RoutineName, version: VersionId) -> Digest:
    """Put the code of a version into the store of bundles; give its digest.

    Raises:
        NotFound: The provider's store has lost it, and gives its error page instead.
    """
    code = await read_code(ctx.need(RoutineCloud), routine, version)
    if not is_error_page(code):
        return await ctx.need(Blobs).put_bytes(code)

    raise NotFound(
        f"The code of version {version} of {routine} is missing at the provider, so it"
        " cannot be saved.",
        next_move="Nothing was deleted; delete the version by hand if nobody needs it.",
    )
