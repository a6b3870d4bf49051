"""Take the live code of a routine from the cloud it is on, into the store."""

from attrs import field, frozen

from esa_flows.api.cloud import Op
from esa_flows.api.source import SourceCloud, SourceRoutine
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import Conflict, ContentMismatch, NotFound
from esa_flows.files import Blobs, digest_of
from esa_flows.model import Bundle, Environment, SourceName, Tag, VersionId
from esa_flows.steps.read_code import is_error_page, read_code

__all__ = ["TakeOver", "TakenOver", "live_version", "take_over"]


@frozen(kw_only=True)
class TakeOver:
    """A routine to take over.

    Attributes:
        routine: Its name where it is.
        version: What production must still serve there; None for whatever it serves.
    """

    routine: SourceName = field(converter=SourceName)
    version: VersionId | None = None


@frozen(kw_only=True)
class TakenOver:
    """What was taken over.

    Attributes:
        source: The routine as it was found.
        version: What serves production there.
        bundle: Its code, which lies in the store now.
    """

    source: SourceRoutine
    version: VersionId
    bundle: Bundle


@step.read(calls=[Op.OBSERVE, Op.READ_CODE])
async def take_over(ctx: Context, wanted: TakeOver) -> TakenOver:
    """Read what serves production, and keep its code by digest. A read.

    Nothing says which bytes are the right ones but a tag of ours, where there is one;
    that code came back at all is looked at. Dying anywhere loses nothing: from the
    record on only the store is asked.

    Raises:
        RoutineNotFound: There is no such routine.
        NotFound: It serves nothing in production.
        Conflict: It serves another version than the one that was asked for.
        ContentMismatch: What came back is not its code.

    Source: DCDN API 2018-01-15, DescribeRoutine, DescribeRoutineCodeRevision.
    """
    cloud = ctx.need(SourceCloud)
    source = await cloud.inspect(wanted.routine)
    version = live_version(source)
    if wanted.version not in {None, version}:
        raise Conflict(
            f"{source.name} serves version {version} now, not {wanted.version}.",
            next_move="Somebody published meanwhile. Look at it, then migrate again.",
        )

    code = await read_code(cloud, source.name, version)
    _refuse_other(source, version, code)
    digest = await ctx.need(Blobs).put_bytes(code)
    bundle = Bundle(
        digest=digest,
        size=len(code),
        source=f"dcdn/{source.name}",
        message=f"dcdn/{source.name} {version}",
    )
    return TakenOver(source=source, version=version, bundle=bundle)


def live_version(source: SourceRoutine) -> VersionId:
    """Give what serves production: pure.

    Args:
        source: The routine as it was found.

    Raises:
        NotFound: Nothing does.
    """
    production = source.environments.get(Environment.PRODUCTION.value)
    if production is not None and production.version is not None:
        return production.version

    raise NotFound(
        f"{source.name} serves nothing in production: there is nothing to take over.",
        next_move="Release its code from a file instead.",
    )


def _refuse_other(source: SourceRoutine, version: VersionId, code: bytes) -> None:
    tag = Tag.find(source.descriptions.get(version, ""))
    held = digest_of(code).short
    is_other = tag is not None and tag.content != held
    if code.strip() and not is_error_page(code) and not is_other:
        return

    raise ContentMismatch(
        f"What the provider gave as the code of version {version} of {source.name} is"
        f" not its code ({len(code)} bytes, {held}…).",
        next_move="Nothing was released. Look at the version in its console.",
    )
