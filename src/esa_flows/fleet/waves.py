"""Which routines are in which wave: pure.

Sizes are rounded up, of the routines that a wave selects and that will be changed at
all: one that stays as it is fills no place. Nobody comes before what it depends on.
"""

import heapq
from collections.abc import Collection, Mapping, Sequence

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.fleet.spec import Wave
from esa_flows.model import RoutineId

__all__ = ["Candidate", "ordered", "resolve"]

_SHOWN = 5


@frozen(kw_only=True)
class Candidate:
    """A routine that may be taken into a wave.

    Attributes:
        name: Which one.
        labels: What it carries.
        depends_on: What must be released before it.
    """

    name: RoutineId
    labels: Mapping[str, str] = field(factory=dict, hash=False)
    depends_on: tuple[RoutineId, ...] = ()


def ordered(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Give them so that each comes after what it depends on, else as they were.

    Args:
        candidates: The routines, each once.

    Raises:
        InvalidInput: They depend on each other in a circle, or on one that is not
            there; says which.
    """
    places = {each.name: place for place, each in enumerate(candidates)}
    _refuse_unknown(candidates, places)
    waits = {each.name: {*each.depends_on} for each in candidates}
    followers: dict[RoutineId, list[RoutineId]] = {}
    for each in candidates:
        for needed in waits[each.name]:
            followers.setdefault(needed, []).append(each.name)

    ready = [places[name] for name, needed in waits.items() if not needed]
    heapq.heapify(ready)
    found: list[Candidate] = []
    while ready:
        next_one = candidates[heapq.heappop(ready)]
        found.append(next_one)
        for follower in followers.get(next_one.name, ()):
            waits[follower].discard(next_one.name)
            if not waits[follower]:
                heapq.heappush(ready, places[follower])

    _refuse_circle({name: needed for name, needed in waits.items() if needed})
    return tuple(found)


def resolve(
    candidates: Sequence[Candidate],
    waves: Sequence[Wave],
    *,
    unchanged: Collection[RoutineId] = (),
    is_narrowed: bool = False,
) -> tuple[tuple[RoutineId, ...], ...]:
    """Give the routines of each wave.

    Args:
        candidates: All routines of the rollout.
        waves: The waves, in order.
        unchanged: Routines that fill no place.
        is_narrowed: Whether others were left out, so that a wave may select nothing.

    Returns:
        The routines of each wave, what they depend on first; a wave may be left
        without any.

    Raises:
        InvalidInput: A wave can select nothing, a routine is in no wave, or in an
            earlier one than what it depends on.
    """
    changing = [each for each in ordered(candidates) if each.name not in unchanged]
    wave_of: dict[RoutineId, int] = {}
    found = []
    for number, wave in enumerate(waves, start=1):
        if not is_narrowed:
            _refuse_empty(wave, number, candidates)

        pool = [each.name for each in changing if wave.takes(each.name, each.labels)]
        left = [name for name in pool if name not in wave_of]
        taken = left[: _room(wave, len(pool), len(pool) - len(left))]
        wave_of |= dict.fromkeys(taken, number)
        found.append(tuple(taken))

    _refuse_left([each.name for each in changing if each.name not in wave_of])
    _refuse_late(changing, wave_of)
    return tuple(found)


def _room(wave: Wave, pool: int, taken: int) -> int:
    """Give how many a wave takes, of so many it selects, some of them taken."""
    if wave.size is not None:
        return wave.size.up(pool)

    if wave.upto is not None:
        return max(0, wave.upto.up(pool) - taken)

    return pool


def _refuse_unknown(
    candidates: Sequence[Candidate], known: Mapping[RoutineId, int]
) -> None:
    for each in candidates:
        unknown = [needed for needed in each.depends_on if needed not in known]
        if unknown:
            raise InvalidInput(
                f"{each.name} depends on {_some(unknown)}, which this rollout does not"
                " release.",
                next_move="Add it, or leave the dependency out.",
            )


def _refuse_circle(waits: Mapping[RoutineId, Collection[RoutineId]]) -> None:
    """Refuse what waits for itself; shows the way round."""
    if not waits:
        return

    name = min(waits)
    way: list[RoutineId] = []
    while name not in way:
        way.append(name)
        name = min(needed for needed in waits[name] if needed in waits)

    circle = [*way[way.index(name) :], name]
    raise InvalidInput(
        f"These depend on each other in a circle: {' → '.join(circle)}.",
        next_move="Leave one of these dependencies out.",
    )


def _refuse_empty(wave: Wave, number: int, candidates: Sequence[Candidate]) -> None:
    if any(wave.takes(each.name, each.labels) for each in candidates):
        return

    raise InvalidInput(
        f"Wave {number} selects {wave.selects}, and no routine of this rollout is"
        " that.",
        next_move="Mend the selector or the labels, or leave the wave out.",
    )


def _refuse_left(left: Sequence[RoutineId]) -> None:
    if left:
        count = "1 routine is" if len(left) == 1 else f"{len(left)} routines are"
        raise InvalidInput(
            f"{count} in no wave: {_some(left)}.",
            next_move="Add a last wave of the rest.",
        )


def _refuse_late(
    candidates: Sequence[Candidate], wave_of: Mapping[RoutineId, int]
) -> None:
    for each in candidates:
        for needed in each.depends_on:
            its, own = wave_of.get(needed, 0), wave_of[each.name]
            if its > own:
                raise InvalidInput(
                    f"{each.name} of wave {own} depends on {needed}, which comes in"
                    f" wave {its}.",
                    next_move=f"Take {needed} into an earlier wave.",
                )


def _some(names: Sequence[RoutineId]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
