"""What a release will do to a routine as it was seen: pure."""

from attrs import frozen

from esa_flows.errors import InvalidInput
from esa_flows.model import (
    WHOLE,
    AreaCanary,
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
    "canary_told",
    "candidates",
    "exposures",
    "foreign_areas",
    "foreign_canary",
    "is_near",
    "is_served",
    "notes",
    "places_of",
    "refuse_unknown_areas",
    "stable_of",
    "way_to_production",
]


@frozen(kw_only=True)
class Exposure:
    """One change of what production serves.

    Attributes:
        split: What shall serve.
        stage: The canary's stage it belongs to; one by areas gives them everything.
        places: Which places of production it is for, where it has areas.
        label: What tells it apart from the others.
    """

    split: Split
    stage: Stage
    places: tuple[str, ...] = ()
    label: str = ""

    @property
    def key(self) -> str:
        """What its steps are called by."""
        return f"production:{self.label or self.stage.percentage}"

    def __str__(self) -> str:
        bake = f":{self.stage.bake}" if self.stage.bake.seconds else ""
        return f"{self.label}{bake}" if self.label else str(self.stage)


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
    """Tell whether a version serves the whole target already, its areas included."""
    in_target = _whole(world.routine.deployment(release.target)) == version
    if release.target is Environment.STAGING:
        return in_target

    return in_target and not _others(world.routine, version)


def _others(routine: Routine, version: VersionId) -> dict[str, VersionId]:
    """Give the areas that serve another version; one without its own is no other."""
    return {
        area: held
        for area, held in routine.areas.items()
        if held not in {None, version}
    }


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


def foreign_areas(routine: Routine, release: Release) -> dict[str, VersionId]:
    """Give the areas that serve another version than production: a canary, too.

    None where production is not touched, or serves nothing.

    Args:
        routine: The routine as seen.
        release: What is wanted.
    """
    production = routine.production
    if release.target is Environment.STAGING or production is None:
        return {}

    return _others(routine, production.split.majority)


def canary_told(routine: Routine, wanted: Release) -> str:
    """Say what a canary that is under way serves; empty where there is none.

    Args:
        routine: The routine as seen.
        wanted: What is wanted.
    """
    split = foreign_canary(routine, wanted)
    if split is not None:
        return str(split)

    others = foreign_areas(routine, wanted)
    if routine.production is None or not others:
        return ""

    areas = ", ".join(f"{area} {held}" for area, held in others.items())
    return f"{routine.production.split.majority}, but {areas}"


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


def way_to_production(
    release: Release, version: VersionId, before: Routine
) -> tuple[Exposure, ...]:
    """Give the changes that take production to a version.

    Args:
        release: What is wanted.
        version: The new version.
        before: The routine as it was when the release began.
    """
    canary, production = release.areas or AreaCanary(), before.production
    last, stable = canary.stages[-1], stable_of(_split(production), version)
    if not before.areas:
        whole = Canary((Stage(WHOLE, last.bake),))
        return exposures(whole if release.areas else release.canary, version, stable)

    stages = canary.stages if stable else canary.stages[-1:]
    named = {place for stage in stages for place in stage.areas}
    rest = tuple(sorted(before.areas.keys() - named))
    split = Split.whole(version)
    by_area = (
        Exposure(
            split=split,
            stage=Stage(WHOLE, stage.bake),
            places=stage.areas.names,
            label=stage.label,
        )
        for stage in stages[:-1]
    )
    final = Exposure(
        split=split, stage=Stage(WHOLE, last.bake), places=(*last.areas, *rest)
    )
    return (*by_area, final)


def places_of(routine: Routine) -> tuple[str, ...]:
    """Give all places of production, where it has areas; none where it has not.

    Args:
        routine: The routine as seen.
    """
    return tuple(routine.places) if routine.areas else ()


def refuse_unknown_areas(world: World, release: Release) -> None:
    """Refuse a canary by areas that the routine does not have.

    A first release of a routine goes everywhere at once, so it needs none.

    Args:
        world: The routine as seen.
        release: What is wanted.

    Raises:
        InvalidInput: Names those that lack, and those that are there.
    """
    routine = world.routine
    unknown = sorted(release.area_names - routine.areas.keys())
    if not unknown or routine.production is None:
        return

    known = ", ".join(routine.areas) or "none"
    raise InvalidInput(
        f"{routine.name} has no environment {', '.join(unknown)}; its areas: {known}.",
        next_move="Add it in the console of DCDN with the hosts and the class of CPU"
        " time that it needs, or leave it out of the canary.",
    )


def _split(deployment: Deployment | None) -> Split | None:
    return deployment.split if deployment else None


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

    stages = max(len(release.canary.stages), len(release.area_names) + 1)
    if world.routine.production is None and stages > 1:
        return (
            f"{release.routine} serves nothing in production yet:"
            " the first release goes straight to 100 %."
        )

    return ""
