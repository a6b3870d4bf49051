"""Take a routine from DCDN to ESA: its live code, verified, staged, and served there.

What is taken over is a bundle like others; from there on it is a release like others.
Nothing is changed where it comes from: visitors are led over by a person, later.
"""

from attrs import field, frozen

from esa_flows.api.source import SourceRoutine
from esa_flows.engine.context import Context
from esa_flows.engine.flow import flow
from esa_flows.errors import InvalidInput
from esa_flows.model import (
    Canary,
    Cloud,
    Environment,
    Realm,
    RoutineName,
    SourceName,
    VersionId,
)
from esa_flows.release.release import bring
from esa_flows.release.report import Report
from esa_flows.release.spec import QUOTA, Release
from esa_flows.steps.take_over import TakeOver, live_version, take_over

__all__ = ["Migration", "left_behind", "migrate"]

UNSEEN = (
    "What DCDN does not tell of a routine was not looked at: key-value data, caches,"
    " and the rules of domains that lead to it."
)
"""Said of every routine: nobody shall take what was not looked at for nothing."""


@frozen(kw_only=True)
class Migration:
    """A routine of DCDN on its way to a routine of ESA.

    Attributes:
        source: Its name on DCDN.
        routine: The routine of ESA.
        version: What production must still serve on DCDN; None for whatever it serves.
        canary: Shares and bake times in production of ESA.
        target: Where it ends; staging alone, or production after staging.
        create: Whether a routine that does not exist is created.
        quota: Versions the routine may have.
        is_quota_given: Whether a person set the quota, so that no plan is asked.
        protect: Versions that are never pruned.
        probe: Whether the staging gate asks the routine over HTTP.
        cloud: Where it is taken to.
    """

    source: SourceName = field(converter=SourceName)
    routine: RoutineName = field(converter=RoutineName)
    version: VersionId | None = None
    canary: Canary = Canary()
    target: Environment = Environment.PRODUCTION
    create: bool = False
    quota: int = QUOTA
    is_quota_given: bool = False
    protect: tuple[VersionId, ...] = ()
    probe: bool = True
    cloud: Cloud = Cloud.ESA

    @property
    def realm(self) -> Realm:
        """Whose routine it is taken to."""
        return Realm(self.cloud)

    def __attrs_post_init__(self) -> None:
        """Refuse every way but the one from DCDN to ESA."""
        if self.cloud is not Cloud.ESA:
            raise InvalidInput(
                f"A migration goes from DCDN to ESA, not to {self.cloud.label}.",
                next_move="Leave out the cloud, or say esa.",
            )


@flow
async def migrate(ctx: Context, wanted: Migration) -> Report:
    """Take over what serves on DCDN, and release it to ESA.

    Raises:
        RoutineNotFound: One of the routines is not there.
        Conflict: DCDN serves another version than the one that was asked for.
    """
    asked = TakeOver(routine=wanted.source, version=wanted.version)
    taken = await ctx.do(take_over, asked)
    release = Release(
        routine=wanted.routine,
        bundle=taken.bundle,
        canary=wanted.canary,
        target=wanted.target,
        create=wanted.create,
        quota=wanted.quota,
        is_quota_given=wanted.is_quota_given,
        protect=wanted.protect,
        probe=wanted.probe,
        cloud=wanted.cloud,
    )
    return await bring(ctx, release, more=left_behind(taken.source))


def left_behind(source: SourceRoutine) -> tuple[str, ...]:
    """Say what of a routine does not come along, a sentence each: pure.

    Args:
        source: The routine as it was found.
    """
    live = live_version(source)
    parts = (
        _hosts(source),
        _specs(source),
        _areas(source, live),
        _staging(source, live),
        _versions(source),
        _description(source),
        UNSEEN,
    )
    return tuple(part for part in parts if part)


def _hosts(source: SourceRoutine) -> str:
    hosts = {host for env in source.environments.values() for host in env.hosts}
    if not hosts:
        return ""

    return (
        f"Allowed hosts stay behind: {', '.join(sorted(hosts))}. On ESA a record or a"
        " route leads a host to a routine."
    )


def _specs(source: SourceRoutine) -> str:
    specs = [
        f"{name} {env.spec}" for name, env in source.environments.items() if env.spec
    ]
    if not specs:
        return ""

    return f"Classes of CPU time stay behind: {', '.join(specs)}; ESA has none to set."


def _areas(source: SourceRoutine, live: VersionId) -> str:
    plain = {*map(str, Environment)}
    told = [
        name if env.version in {None, live} else f"{name}, which serves {env.version}"
        for name, env in source.environments.items()
        if name not in plain
    ]
    if not told:
        return ""

    return (
        f"Areas stay behind: {'; '.join(told)}. On ESA a canary goes by shares, and one"
        " version serves everywhere."
    )


def _staging(source: SourceRoutine, live: VersionId) -> str:
    staging = source.environments.get(Environment.STAGING.value)
    if staging is None or staging.version in {None, live}:
        return ""

    return (
        f"Staging serves version {staging.version} there, which stays behind: what"
        " production serves is taken over."
    )


def _versions(source: SourceRoutine) -> str:
    others = len(source.descriptions) - 1
    if others < 1:
        return ""

    stay = "1 other version stays" if others == 1 else f"{others} other versions stay"
    return f"{stay} behind: on ESA there is nothing to roll back to before it."


def _description(source: SourceRoutine) -> str:
    if not source.description:
        return ""

    return f"Its description stays behind: {source.description}"
