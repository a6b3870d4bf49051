"""Ask for a version with assets: asking allocates it, and the ZIP fills it."""

from typing import Any

from attrs import field, frozen

from esa_flows.api.cloud import Op, RoutineCloud, UploadSlot
from esa_flows.engine.codec import Ephemeral
from esa_flows.engine.context import Context
from esa_flows.engine.step import Happened, Intent, NotHappened, step
from esa_flows.errors import Conflict
from esa_flows.files import digest_of
from esa_flows.model import Digest, VersionId, VersionStatus
from esa_flows.steps.stage import Stage, delete_own, own_versions

__all__ = ["AssetsStage", "Package", "Reserved", "request_assets_slot"]


@frozen(kw_only=True)
class Package:
    """What a bundle holds that is a ZIP of code and assets.

    Attributes:
        code: SHA-256 of its ``routine/index.js``: what can be read back.
        assets: How many files it has beside.
        not_found: What answers a path that no asset has; empty for the code.
    """

    code: Digest = field(converter=Digest)
    assets: int
    not_found: str = ""

    def content(self, zipped: Digest) -> str:
        """Give the 16 digits that tell this package from every other one.

        Args:
            zipped: SHA-256 of the ZIP.
        """
        if not self.not_found:
            return zipped.short

        return digest_of(f"{zipped} {self.not_found}".encode()).short


@frozen(kw_only=True)
class AssetsStage(Stage):
    """A ZIP on its way to becoming a version.

    Attributes:
        package: What the bundle, a ZIP, holds.
    """

    package: Package

    @property
    def content(self) -> str:
        """What its tag says of the content."""
        return self.package.content(self.bundle.digest)


@frozen(kw_only=True)
class Reserved(Ephemeral):
    """A version that waits for its ZIP. Lives in this process only.

    Attributes:
        stage: What is on its way.
        version: The version's id.
        slot: Where the ZIP may go; None where it arrived already.
        attempts: Versions that may have been allocated for it.
    """

    stage: AssetsStage
    version: VersionId
    slot: UploadSlot | None = None
    attempts: int = 1

    def facts(self) -> dict[str, Any]:
        """Give the version, and the form's key; the form itself is a capability."""
        return {
            "version": self.version,
            "key": self.slot.key if self.slot else "",
            "digest": self.stage.bundle.digest,
        }


async def _find_filled(
    ctx: Context, stage: AssetsStage, intent: Intent
) -> Happened[Reserved] | NotHappened | Conflict:
    """Look for a version of ours whose ZIP arrived; its content is verified next."""
    versions = await ctx.need(RoutineCloud).list_versions(stage.routine)
    ready = {v.id for v in versions if v.status is VersionStatus.AVAILABLE}
    filled = [id_ for id_ in own_versions(versions, stage, ctx.run_id) if id_ in ready]
    if not filled:
        return NotHappened()

    return Happened(
        Reserved(stage=stage, version=filled[0], attempts=intent.attempts + 1)
    )


@step.guarded(
    calls=[Op.PACKAGE, Op.LIST, Op.OBSERVE, Op.DELETE],
    reconcile=_find_filled,
    ephemeral=True,
)
async def request_assets_slot(ctx: Context, stage: AssetsStage) -> Reserved:
    """Allocate a version that carries our tag, with a form for its ZIP.

    Not repeatable: each call leaves a version in state ``init`` whose form nobody has
    any more. Dying between the call and the upload's record: a version that got its ZIP
    is found by its tag and used; those without one are deleted before another is asked
    for.

    Raises:
        QuotaExceeded: The routine has as many versions as it may have.

    Source: ESA API 2024-09-10, CreateRoutineWithAssetsCodeVersion in the official SDK;
    the operation has no public page.
    """
    cloud = ctx.need(RoutineCloud)
    if ctx.attempt > 1:
        await delete_own(ctx, stage)

    reserved = await cloud.request_assets_slot(
        stage.routine,
        str(stage.tag(ctx.run_id)),
        not_found=stage.package.not_found,
        bound_to=stage.bound_to,
    )
    return Reserved(
        stage=stage, version=reserved.version, slot=reserved.slot, attempts=ctx.attempt
    )
