"""See that a version with assets is ready and holds what can be compared."""

from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import ContentMismatch
from esa_flows.steps.verify import Verified, Verify, await_available, compare

__all__ = ["VerifyPackage", "verify_package"]


@frozen(kw_only=True)
class VerifyPackage(Verify):
    """A version with assets and what it should hold; the digest is the code's.

    Attributes:
        not_found: What should answer a path that no asset has.
    """

    not_found: str = ""


@step.read(calls=[Op.READ_CODE, Op.INFO])
async def verify_package(ctx: Context, wanted: VerifyPackage) -> Verified:
    """Wait until it is available, compare its code, ask whether it has assets.

    The assets themselves cannot be read back. A read: dying anywhere loses nothing.

    Raises:
        ContentMismatch: It holds other code, no assets, or another strategy.
        VersionNotReady: It did not become available, or its ZIP was not usable.

    Source: ESA API 2024-09-10, GetRoutineCodeVersionInfo, GetRoutineCodeVersion.
    """
    cloud = ctx.need(RoutineCloud)
    await await_available(cloud, wanted)
    await compare(cloud, wanted)
    info = await cloud.assets_info(wanted.routine, wanted.version)
    if not info.has_assets:
        raise _mismatch(wanted, "has no assets")

    if info.not_found.lower() != wanted.not_found.lower():
        raise _mismatch(
            wanted,
            f"answers unknown paths with {info.not_found or 'its code'},"
            f" not {wanted.not_found or 'its code'}",
        )

    return Verified(version=wanted.version, digest=wanted.digest)


def _mismatch(wanted: VerifyPackage, what: str) -> ContentMismatch:
    return ContentMismatch(
        f"Version {wanted.version} of {wanted.routine} {what}.",
        next_move="It will not be deployed.",
    )
