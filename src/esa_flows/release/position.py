"""How far a release has come, told from what serves and from its plan: pure."""

from collections.abc import Mapping

from attrs import evolve, frozen

from esa_flows.errors import Conflict
from esa_flows.model import Deployment, Environment, Routine, Split, VersionId
from esa_flows.release.plan import Exposure, way_to_production
from esa_flows.release.spec import OnConflict, Release

__all__ = ["BEFORE", "Position", "position_of"]

BEFORE = -1
"""Nothing of the release serves production yet."""


@frozen(kw_only=True)
class Position:
    """How far a release has come.

    Attributes:
        at: Which of the release's shares serves, counted from 0; `BEFORE` for none.
        before: The routine as it was when the release began for good.
    """

    at: int
    before: Routine


def position_of(
    now: Routine, wanted: Release, before: Routine, version: VersionId | None
) -> Position:
    """Find out how far a release has come.

    Args:
        now: The routine as seen.
        wanted: What is wanted.
        before: The routine when the release was planned.
        version: The version that holds the bundle; None where there is none.

    Raises:
        Conflict: Production serves what is neither of before nor of this release.
    """
    serves = _split(now.production)
    began = _cleared(now, wanted, before)
    as_before = serves == _split(began.production) and _areas(now) == _areas(began)
    if as_before or not wanted.ends_in_production:
        return Position(at=BEFORE, before=began)

    areas = _areas(before)
    for place, exposure in enumerate(_way(wanted, before, version)):
        areas |= dict.fromkeys(exposure.places, exposure.split.majority)
        if _is_reached(now, exposure, areas):
            return Position(at=place, before=before)

    raise _foreign(wanted, serves, before)


def _cleared(now: Routine, wanted: Release, before: Routine) -> Routine:
    """Take for before what an ended canary has left, where one was not to be refused.

    This release was to end it, or to take the version with the larger share for the
    stable one, which somebody who ends it does, too.
    """
    split = _split(before.production)
    if split is None or wanted.on_conflict is OnConflict.REFUSE:
        return before

    whole = Split.whole(split.majority)
    ended = evolve(
        before,
        production=Deployment(split=whole),
        areas=dict.fromkeys(before.areas, whole.majority),
    )
    is_ended = _split(now.production) == whole and _areas(now) == _areas(ended)
    return ended if is_ended else before


def _is_reached(
    now: Routine, exposure: Exposure, areas: Mapping[str, VersionId]
) -> bool:
    """Tell whether a stage serves: its split, or what its places serve by then."""
    if not exposure.places:
        return _split(now.production) == exposure.split

    return _places(now) == areas


def _areas(routine: Routine) -> dict[str, VersionId]:
    return {**_places(routine)} if routine.areas else {}


def _places(routine: Routine) -> dict[str, VersionId]:
    return {place: held for place, held in routine.places.items() if held}


def _way(
    wanted: Release, before: Routine, version: VersionId | None
) -> tuple[Exposure, ...]:
    if version is None:
        return ()

    return way_to_production(wanted, version, before)


def _split(deployment: Deployment | None) -> Split | None:
    return deployment.split if deployment else None


def _foreign(wanted: Release, serves: Split | None, before: Routine) -> Conflict:
    name, flag = wanted.routine, wanted.realm.flag
    return Conflict(
        f"{Environment.PRODUCTION.capitalize()} of {name} serves"
        f" {serves or 'nothing'}; the plan began at"
        f" {_split(before.production) or 'nothing'}, and this is none of its shares.",
        next_move="Somebody else deployed since; nothing of theirs was changed. Look"
        f" with: esa-flows versions list {name}{flag} - then plan anew, or take it"
        f" back with: esa-flows rollback {name}{flag}",
    )
