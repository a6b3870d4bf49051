"""Which versions may be deleted, and which of them go: pure.

A version stays when it serves anywhere in any share (what serves is what a failing
release goes back to), is protected, is one that may not be touched, or is among the
newest that were asked to be kept. Of the others the oldest go first; what served before
the live version goes last, and never only to tidy up.
"""

from collections.abc import Mapping

from attrs import field, frozen

from esa_flows.errors import InvalidInput, NothingPrunable
from esa_flows.model import Version, VersionId
from esa_flows.release.spec import Pruning, Release
from esa_flows.steps.observe import World

__all__ = [
    "Keep",
    "PrunePlan",
    "Stay",
    "choose_victims",
    "keep_of",
    "plan_pruning",
    "predecessors",
    "reasons_to_stay",
    "tidying",
]


def _not_negative(_: object, __: object, value: int) -> None:
    if value < 0:
        raise InvalidInput(f"{value} versions cannot be kept.")


@frozen(kw_only=True)
class Keep:
    """What must stay beside what serves.

    Attributes:
        protected: Versions the user protects.
        foreign: Whether versions without our tag stay too.
        before: Versions that stay because they served before: the way back.
        newest: So many of the newest versions stay.
        last: Versions that go only where no other one may: what served before.
    """

    protected: frozenset[VersionId] = frozenset()
    foreign: bool = False
    before: frozenset[VersionId] = frozenset()
    newest: int = field(default=0, validator=_not_negative)
    last: frozenset[VersionId] = frozenset()


@frozen(kw_only=True)
class Stay:
    """A version that is not deleted.

    Attributes:
        version: Its id.
        reason: Why it stays, in a few words.
    """

    version: VersionId
    reason: str


@frozen(kw_only=True)
class PrunePlan:
    """What is deleted and what is not.

    Attributes:
        goes: Versions to delete, in this order.
        stays: The others, newest first, each with its reason.
    """

    goes: tuple[Version, ...]
    stays: tuple[Stay, ...]


def reasons_to_stay(world: World, keep: Keep) -> Mapping[VersionId, str]:
    """Say for each version that must stay why it must.

    Args:
        world: The routine as seen.
        keep: What must stay beside what serves.
    """
    newest = _newest_first(world)[: keep.newest]
    reasons = {version.id: f"among the newest {keep.newest}" for version in newest}
    for version in world.versions:
        reason = _reason(version, world, keep)
        if reason:
            reasons[version.id] = reason

    return reasons


def plan_pruning(world: World, keep: Keep, *, most: int) -> PrunePlan:
    """Choose the fewest versions to delete so that at most so many are left.

    Where too many must stay, all go that may.

    Args:
        world: The routine as seen.
        keep: What must stay beside what serves.
        most: Versions that may be left.
    """
    reasons = dict(reasons_to_stay(world, keep))
    free = [version for version in world.versions if version.id not in reasons]
    free.sort(key=lambda version: (version.id in keep.last, int(version.id)))
    goes = tuple(free[: max(0, len(world.versions) - most)])
    stays = tuple(
        Stay(version=version.id, reason=reasons.get(version.id, "there is room"))
        for version in _newest_first(world)
        if version not in goes
    )
    return PrunePlan(goes=goes, stays=stays)


def choose_victims(
    world: World, keep: Keep, *, quota: int, room: int = 1
) -> tuple[Version, ...]:
    """Choose the versions to delete so that some more fit.

    Args:
        world: The routine as seen.
        keep: What must stay beside what serves.
        quota: Versions the routine may have.
        room: Versions that must fit beside those there are.

    Returns:
        The oldest versions that nothing needs, those that served before the live one
        only where there is no other; none where there is room already.

    Raises:
        NothingPrunable: There is no room and too many must stay; says why.
    """
    plan = plan_pruning(world, keep, most=quota - room)
    if len(plan.goes) >= len(world.versions) + room - quota:
        return plan.goes

    reasons = reasons_to_stay(world, keep)
    told = "; ".join(f"{version} {reason}" for version, reason in reasons.items())
    raise NothingPrunable(
        f"{world.routine.name} has {len(world.versions)} of {quota} versions"
        f"{_shortage(room, len(plan.goes))} may be deleted: {told}.",
        next_move="Deploy away from one, unprotect one, or raise the plan's quota.",
    )


def _shortage(room: int, free: int) -> str:
    """Say how many versions are needed, where it is more than one."""
    if room == 1:
        return " and none"

    return f", {room} more are needed and {f'only {free}' if free else 'none'}"


def keep_of(release: Release, world: World) -> Keep:
    """Say what must stay when a release makes room: pure.

    Args:
        release: What is wanted.
        world: The routine as seen.
    """
    return Keep(
        protected=frozenset(release.protect),
        foreign=not release.prune_foreign,
        last=predecessors(world),
    )


def tidying(world: World, wanted: Pruning) -> PrunePlan:
    """Choose what a pruning for its own sake deletes: all that nothing needs.

    Args:
        world: The routine as seen.
        wanted: What the user asked for.
    """
    keep = Keep(
        protected=frozenset(wanted.protect),
        foreign=not wanted.foreign,
        before=predecessors(world),
        newest=wanted.keep,
    )
    return plan_pruning(world, keep, most=0)


def predecessors(world: World) -> frozenset[VersionId]:
    """Give the versions that the live ones' tags name as what served before.

    Args:
        world: The routine as seen.
    """
    live = (v for v in world.versions if v.id in world.routine.live)
    return frozenset(v.tag.previous for v in live if v.tag and v.tag.previous)


def _newest_first(world: World) -> list[Version]:
    return sorted(world.versions, key=lambda version: int(version.id), reverse=True)


def _reason(version: Version, world: World, keep: Keep) -> str:
    serves = world.routine
    for name, deployment in (
        ("production", serves.production),
        ("staging", serves.staging),
    ):
        if deployment is not None and version.id in deployment.split.versions:
            return f"serves {name}"

    for area, held in serves.areas.items():
        if held == version.id:
            return f"serves {area}"

    if version.id in keep.protected:
        return "protected"

    if version.id in keep.before:
        return "served before, the way back"

    return "not made by esa-flows" if keep.foreign and version.tag is None else ""
