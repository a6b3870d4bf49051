"""Which version to delete when there is no room for another one: pure.

A version stays when it serves anywhere in any share (what serves is what a failing
release goes back to), is protected, or is one that may not be touched. Of the others
the oldest go, and no more than are needed; what served before the live version goes
last.
"""

from collections.abc import Iterable, Mapping

from attrs import frozen

from esa_flows.errors import NothingPrunable
from esa_flows.model import Version, VersionId
from esa_flows.steps.observe import World

__all__ = ["Keep", "choose_victims", "reasons_to_stay"]


@frozen(kw_only=True)
class Keep:
    """What must stay beside what serves.

    Attributes:
        protected: Versions the user protects.
        foreign: Whether versions without our tag stay too.
        last: Versions that go only where no other one may: what served before.
    """

    protected: frozenset[VersionId] = frozenset()
    foreign: bool = False
    last: frozenset[VersionId] = frozenset()


def reasons_to_stay(world: World, keep: Keep) -> Mapping[VersionId, str]:
    """Say for each version that must stay why it must.

    Args:
        world: The routine as seen.
        keep: What must stay beside what serves.
    """
    return {
        version.id: reason
        for version in world.versions
        if (reason := _reason(version, world, keep))
    }


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
    count = max(0, len(world.versions) + room - quota)
    reasons = reasons_to_stay(world, keep)
    free = [version for version in world.versions if version.id not in reasons]
    if len(free) >= count:
        free.sort(key=lambda v: (v.id in keep.last, int(v.id)))
        return tuple(free[:count])

    raise NothingPrunable(
        f"{world.routine.name} has {len(world.versions)} of {quota} versions"
        f"{_shortage(room, len(free))} may be deleted: {_listed(reasons.items())}.",
        next_move="Deploy away from one, unprotect one, or raise the plan's quota.",
    )


def _shortage(room: int, free: int) -> str:
    """Say how many versions are needed, where it is more than one."""
    if room == 1:
        return " and none"

    return f", {room} more are needed and {f'only {free}' if free else 'none'}"


def _reason(version: Version, world: World, keep: Keep) -> str:
    serves = world.routine
    for name, deployment in (
        ("production", serves.production),
        ("staging", serves.staging),
    ):
        if deployment is not None and version.id in deployment.split.versions:
            return f"serves {name}"

    if version.id in keep.protected:
        return "protected"

    return "not made by esa-flows" if keep.foreign and version.tag is None else ""


def _listed(reasons: Iterable[tuple[VersionId, str]]) -> str:
    return "; ".join(f"{version} {reason}" for version, reason in reasons)
