"""Read a version back and compare it with the bytes we were given."""

import anyio
from attrs import frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import ContentMismatch, VersionNotReady
from esa_flows.files import digest_of
from esa_flows.model import Digest, RoutineName, VersionId, VersionStatus
from esa_flows.steps.read_code import LOOK_AGAIN, LOOKS, read_code

__all__ = ["Verified", "Verify", "await_available", "compare", "verify"]

READY_WITHIN = 300.0
"""Seconds a version may take to become available; esa-cli waits as long."""


@frozen(kw_only=True)
class Verify:
    """A version and what it should hold.

    Attributes:
        routine: Which routine.
        version: Which version.
        digest: SHA-256 its content must have.
        is_fresh: Whether it was just made, so that a difference may pass.
    """

    routine: RoutineName
    version: VersionId
    digest: Digest
    is_fresh: bool = False


@frozen(kw_only=True)
class Verified:
    """A version that holds what it should and can be deployed.

    Attributes:
        version: Its id.
        digest: SHA-256 of its content as read back.
    """

    version: VersionId
    digest: Digest


@step.read(calls=[Op.READ_CODE, Op.INFO])
async def verify(ctx: Context, wanted: Verify) -> Verified:
    """Compare a version's content by digest, then wait until it is available.

    A read: dying anywhere loses nothing. The provider may answer with the error page
    of its store in place of code, with status 200, so only the digest decides.

    Raises:
        ContentMismatch: It holds other bytes.
        VersionNotReady: It did not become available, or failed.

    Source: ESA API 2024-09-10, GetRoutineCodeVersion, GetRoutineCodeVersionInfo.
    """
    cloud = ctx.need(RoutineCloud)
    await compare(cloud, wanted)
    await await_available(cloud, wanted)
    return Verified(version=wanted.version, digest=wanted.digest)


async def compare(cloud: RoutineCloud, wanted: Verify) -> None:
    """Compare what a version holds with what it should hold.

    The object of a new version may lag, so a difference counts the third time only.

    Raises:
        ContentMismatch: It holds other bytes.
    """
    for left in reversed(range(LOOKS if wanted.is_fresh else 1)):
        held = digest_of(await read_code(cloud, wanted.routine, wanted.version))
        if held == wanted.digest:
            return

        await anyio.sleep(LOOK_AGAIN if left else 0)

    raise ContentMismatch(
        f"Version {wanted.version} of {wanted.routine} holds {held.short}…,"
        f" not {wanted.digest.short}….",
        next_move="It will not be deployed.",
    )


async def await_available(cloud: RoutineCloud, wanted: Verify) -> None:
    """Wait until a version is available.

    Raises:
        VersionNotReady: It did not become available, or failed.
    """
    wait, last = 0.25, anyio.current_time() + READY_WITHIN
    while True:
        info = await cloud.version_info(wanted.routine, wanted.version)
        if info.status is VersionStatus.AVAILABLE:
            return

        if info.status is not VersionStatus.INIT or anyio.current_time() >= last:
            raise VersionNotReady(
                f"Version {wanted.version} of {wanted.routine} is"
                f" {info.status}, not available.",
                next_move="Release again; if it stays so, ask the provider.",
            )

        await anyio.sleep(wait)
        wait = min(wait * 2, 5.0)
