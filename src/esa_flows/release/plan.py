"""What a release will do to a routine as it was seen: pure."""

from attrs import frozen

from esa_flows.model import (
    Canary,
    Deployment,
    Environment,
    Routine,
    Split,
    Stage,
    Version,
    VersionId,
    VersionStatus,
)
from esa_flows.release.spec import LEAST_QUOTA, Release
from esa_flows.steps.observe import World

__all__ = [
    "Exposure",
    "candidates",
    "exposures",
    "foreign_canary",
    "is_near",
    "is_served",
    "notes",
    "stable_of",
]


@frozen(kw_only=True)
class Exposure:
    """One change of what production serves.

    Attributes:
        split: What shall serve.
        stage: The canary's stage it belongs to.
    """

    split: Split
    stage: Stage


def candidates(
    world: World, release: Release, bound_to: Environment | None = None
) -> tuple[VersionId, ...]:
    """Give the versions that may hold the bundle already, in the order to look.

    The version that serves production comes first: if it is the one, nothing needs to
    be done. A tag only proposes; the content read back decides.

    Args:
        world: The routine as seen.
        release: What is wanted.
        bound_to: Environment whose variables the version must carry; None for none.
    """
    live = _whole(world.routine.deployment(bound_to or release.target))
    fitting = [v for v in world.versions if v.carries == bound_to]
    found = [v.id for v in fitting if v.id == live and _may_hold(v, release)]
    tagged = [
        version.id
        for version in fitting
        if version.tag is not None
        and version.tag.content == release.content
        and version.status not in _unusable(release)
    ]
    return tuple(dict.fromkeys([*found, *sorted(tagged, key=int)]))


def _may_hold(version: Version, release: Release) -> bool:
    """Tell whether a live version is worth reading: assets nobody can read at all."""
    if version.tag is None:
        return release.package is None

    return version.tag.content == release.content


def _unusable(release: Release) -> tuple[VersionStatus, ...]:
    """Give the states that rule a version out; one without its ZIP stays `init`."""
    if release.package is None:
        return (VersionStatus.FAILED,)

    return (VersionStatus.FAILED, VersionStatus.INIT)


def _whole(deployment: Deployment | None) -> VersionId | None:
    if deployment is None or not deployment.split.is_whole:
        return None

    return deployment.split.majority


def is_served(world: World, release: Release, version: VersionId) -> bool:
    """Tell whether a version serves the whole target already."""
    return _whole(world.routine.deployment(release.target)) == version


def foreign_canary(routine: Routine, release: Release) -> Split | None:
    """Give the split of a canary that is under way where this release would end.

    None where production is not touched, or one version serves it.

    Args:
        routine: The routine as seen.
        release: What is wanted.
    """
    production = routine.production
    if release.target is Environment.STAGING or production is None:
        return None

    return None if production.split.is_whole else production.split


def stable_of(split: Split | None, version: VersionId) -> VersionId | None:
    """Give the version that the new one shares traffic with; None where none serves.

    That with the larger share, unless it is the new one itself.

    Args:
        split: What serves.
        version: The new version.
    """
    if split is None:
        return None

    if split.majority != version or split.is_whole:
        return split.majority

    return min(split.versions - {version})


def is_near(release: Release, world: World, *, room: int) -> bool:
    """Tell whether the plan's quota may matter and nobody set one: pure.

    Args:
        release: What is wanted.
        world: The routine as seen.
        room: Versions that must fit beside those there are.
    """
    near = min(LEAST_QUOTA, release.quota)
    return not release.is_quota_given and len(world.versions) + room > near


def exposures(
    canary: Canary, version: VersionId, stable: VersionId | None
) -> tuple[Exposure, ...]:
    """Give the splits that production goes through.

    Without a stable version there is nothing to share with: straight to everything,
    watched for as long as the canary's last stage says.

    Args:
        canary: Shares and bake times.
        version: The new version.
        stable: What serves now; None for a first release.
    """
    stages = canary.stages if stable else canary.stages[-1:]
    return tuple(
        Exposure(
            split=Split.canary(version, stage.percentage, stable or version),
            stage=stage,
        )
        for stage in stages
    )


def notes(world: World, release: Release) -> tuple[str, ...]:
    """Give what a person should know before it begins.

    Args:
        world: The routine as seen.
        release: What is wanted.
    """
    package = release.package
    unread = (
        f"The {package.assets} assets of {release.routine} cannot be read back: its"
        " code is compared, and that the version has assets."
        if package
        else ""
    )
    return tuple(note for note in (unread, _first(world, release)) if note)


def _first(world: World, release: Release) -> str:
    if release.target is Environment.STAGING:
        return ""

    if world.routine.production is None and len(release.canary.stages) > 1:
        return (
            f"{release.routine} serves nothing in production yet:"
            " the first release goes straight to 100 %."
        )

    return ""
