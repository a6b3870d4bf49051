"""Which calls an undisturbed release will make, and what else it will do: pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from attrs import evolve, field, frozen

from esa_flows.api.cloud import Op
from esa_flows.api.sight import FRESH
from esa_flows.gates.http_check import HttpCheck
from esa_flows.model import (
    Duration,
    Environment,
    Routine,
    Split,
    Version,
    VersionId,
)
from esa_flows.release.plan import canary_told, is_served, notes, way_to_production
from esa_flows.release.room import Keep, Stay, choose_victims, keep_of, plan_pruning
from esa_flows.release.spec import Release
from esa_flows.release.survey import Survey, cleared
from esa_flows.release.watch import (
    gates_at,
    is_watched,
    staging_time,
    time_at,
    unobserved,
)
from esa_flows.steps.observe import World

__all__ = ["BACK", "Forecast", "forecast", "total", "victims_of"]

BACK = 3
"""Calls that take production of one routine back: look, deploy, read back."""

NEW = VersionId("9" * 32)
"""Stands for the version that is to be made."""

LOOK = Counter({Op.OBSERVE: 1, Op.LIST: 1})
UPLOAD = Counter({Op.SLOT: 1, Op.POST: 1, Op.COMMIT: 1, Op.READ_CODE: 1, Op.INFO: 1})
PACKAGE = Counter({Op.PACKAGE: 1, Op.POST: 1, Op.READ_CODE: 1, Op.INFO: 2})
CHANGE = Counter({Op.DEPLOY: 1, Op.OBSERVE: 1})
DELETE = Counter({Op.DELETE: 1})


@frozen(kw_only=True)
class Forecast:
    """What an undisturbed release will do.

    Attributes:
        calls: Calls by verb; an upload does not count under the provider's cap.
        shares: What production will go through, in words; empty where nothing.
        adopts: A version that holds the bundle already.
        deletes: The versions that go to make room.
        stays: The others, and why they stay; empty where there is room.
        is_unchanged: Whether the bundle serves its target already.
        notes: What a person should know.
        watch: How long staging and production are watched at least, in all.
    """

    calls: Mapping[str, int] = field(hash=False)
    shares: tuple[str, ...] = ()
    adopts: VersionId | None = None
    deletes: tuple[VersionId, ...] = ()
    stays: tuple[Stay, ...] = ()
    is_unchanged: bool = False
    notes: tuple[str, ...] = ()
    watch: Duration = Duration(0)


def victims_of(wanted: Release, found: Survey) -> tuple[Version, ...]:
    """Give the versions that have to go; none where there is room or no need.

    Args:
        wanted: What is wanted.
        found: What the release will find.

    Raises:
        NothingPrunable: Some have to go, and too many must stay.
    """
    if found.world is None or not found.lacking or _is_unchanged(wanted, found):
        return ()

    world = _began(wanted, found)
    return choose_victims(
        world,
        _keep(wanted, found, world),
        quota=_quota(wanted, found),
        room=found.lacking,
    )


def forecast(
    wanted: Release,
    found: Survey,
    *,
    compared: Mapping[Op, int],
    saved: Collection[VersionId] = (),
    knows_staging: bool = False,
    edge_lag: float = 0.0,
) -> Forecast:
    """Say what an undisturbed release will do.

    A provider that needs several looks until a version is ready costs one more each.

    Args:
        wanted: What is wanted.
        found: What the release will find.
        compared: Calls that finding it took; the release will make them again.
        saved: Versions whose code the store has.
        knows_staging: Whether the addresses of staging need not be asked for.
        edge_lag: Seconds that the gate waits before it asks staging.

    Raises:
        NothingPrunable: Versions have to go, and too many must stay.
    """
    world = _began(wanted, found)
    calls = _beginning(found, world) + Counter(compared)
    told = found.notes + notes(world, wanted)
    watched = tuple(note for note in (unobserved(wanted),) if note)
    if _is_unchanged(wanted, found):
        return _made(calls, adopts=found.last, is_unchanged=True, notes=told)

    goes = victims_of(wanted, found)
    calls += _making(wanted, found, goes, saved)
    is_late = edge_lag >= FRESH
    calls += _staging(wanted, world, found, knows=knows_staging, is_late=is_late)
    calls[Op.OBSERVE] += len(found.places) - 1  # production, once staging is asked
    steps = _exposures(wanted, world, found.last or NEW)
    for _, bakes in steps:
        calls += CHANGE + Counter({Op.OBSERVE: int(bakes)})

    return _made(
        calls,
        shares=tuple(share for share, _ in steps),
        adopts=found.last,
        deletes=tuple(version.id for version in goes),
        stays=_stays(wanted, found, world) if goes else (),
        notes=told + _superseded(wanted, world) + watched,
        watch=_watched(wanted, world, found.last or NEW),
    )


def total(calls: Mapping[str, int]) -> int:
    """Give the calls that count under the provider's cap: all but uploads.

    Args:
        calls: Calls by verb.
    """
    return sum(count for verb, count in calls.items() if verb != Op.POST.value[0])


def _made(calls: Counter[Op], **more: Any) -> Forecast:
    by_word = {op.value[0]: calls[op] for op in Op if calls[op]}
    return Forecast(calls=by_word, **more)


def _began(wanted: Release, found: Survey) -> World:
    """Give the routine as the release begins: made, or without somebody's canary."""
    if found.world is not None:
        return cleared(found.world, wanted)

    return World(routine=Routine(name=wanted.routine, record="new"), versions=())


def _beginning(found: Survey, world: World) -> Counter[Op]:
    """Count what brings a release to where it begins."""
    if found.world is None:
        variables = {Op.VARIABLES: 2 * (found.places != (None,))}
        return LOOK + Counter({Op.OBSERVE: 1, Op.CREATE: 1}) + Counter(variables)

    calls = Counter(LOOK)
    calls[Op.LIST] -= int(world.age > 0)
    return calls + CHANGE if world is not found.world else calls


def _is_unchanged(wanted: Release, found: Survey) -> bool:
    return found.last is not None and is_served(
        _began(wanted, found), wanted, found.last
    )


def _keep(wanted: Release, found: Survey, world: World) -> Keep:
    """Say what must stay, with what the release uses and what it would go back to."""
    used = [version for version in found.found if version]
    needed = (*wanted.protect, *world.routine.live, *used)
    return keep_of(evolve(wanted, protect=needed), world)


def _stays(wanted: Release, found: Survey, world: World) -> tuple[Stay, ...]:
    most = _quota(wanted, found) - found.lacking
    return plan_pruning(world, _keep(wanted, found, world), most=most).stays


def _quota(wanted: Release, found: Survey) -> int:
    read = found.quota.versions if found.quota else None
    return wanted.quota if read is None else max(read, 2)


def _making(
    wanted: Release,
    found: Survey,
    goes: tuple[Version, ...],
    saved: Collection[VersionId],
) -> Counter[Op]:
    calls = Counter({Op.QUOTA: int(found.quota is not None)})
    for _ in range(found.lacking):
        calls += Counter(PACKAGE if wanted.package else UPLOAD)
        calls[Op.LIST] += int(wanted.facts.slot_allocates)  # what was left is swept

    calls[Op.OBSERVE] += max(0, len(goes) - 1)  # the first look guards the first delete
    for version in goes:
        calls += DELETE
        calls[Op.DELETE] += int(wanted.facts.looks_before_delete)
        calls[Op.READ_CODE] += int(version.id not in saved)
        calls[Op.INFO] += int(version.tag is None)

    return calls


def _staging(
    wanted: Release, world: World, found: Survey, *, knows: bool, is_late: bool
) -> Counter[Op]:
    staging, first = world.routine.staging, found.found[0] or NEW
    serves = staging is not None and staging.split == Split.whole(first)
    gates = gates_at(wanted, Environment.STAGING)
    over_http = wanted.probe and bool(world.routine.record)
    asks = over_http or any(isinstance(gate.check, HttpCheck) for gate in gates)
    looks_again = over_http and is_late and not serves
    return Counter(
        {
            Op.DEPLOY: int(not serves),
            Op.ADDRESSES: int(asks and not knows),
            Op.OBSERVE: 1 + int(looks_again) + bool(gates),
        }
    )


def _exposures(
    wanted: Release, world: World, version: VersionId
) -> tuple[tuple[str, bool], ...]:
    """Give production's shares, and whether each is watched for a while."""
    if not wanted.ends_in_production:
        return ()

    return tuple(
        (str(each), is_watched(wanted, each))
        for each in way_to_production(wanted, version, world.routine)
    )


def _watched(wanted: Release, world: World, version: VersionId) -> Duration:
    """Give how long staging and the shares of production are watched at least."""
    if not wanted.ends_in_production:
        return staging_time(wanted)

    way = way_to_production(wanted, version, world.routine)
    times = (time_at(wanted, each).seconds for each in way)
    return Duration(staging_time(wanted).seconds + sum(times))


def _superseded(wanted: Release, world: World) -> tuple[str, ...]:
    told = canary_told(world.routine, wanted)
    return (f"Production serves {told}, which is superseded.",) if told else ()
