"""Every state a world can come to, breadth first; what harm is done; where it ends."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping

from attrs import frozen
from tests.protocol.moves import FAULTS, moves
from tests.protocol.world import Left, Move, Run, Setting, Version, World, whole


@frozen(kw_only=True)
class Explored:
    """What was found out about a world.

    Attributes:
        states: How many states it can come to.
        ends: How many of them are ends, by how the runs ended.
        harm: In how many states harm can be done, by harm.
        stranded: States from which no end can be reached without more going wrong.
        trace: The shortest way to harm without an excuse; empty where there is none.
    """

    states: int
    ends: Mapping[tuple[str, ...], int]
    harm: Mapping[str, int]
    stranded: int
    trace: tuple[str, ...] = ()

    @property
    def violations(self) -> tuple[str, ...]:
        """Harm without an excuse."""
        return tuple(sorted(harm for harm in self.harm if not harm.startswith("~")))


def explore(first: World, setting: Setting, *, most: int = 2_000_000) -> Explored:
    """Visit every state; where harm without an excuse is met, stop there.

    Args:
        first: Where it begins.
        setting: What does not change.
        most: States after which it is given up.
    """
    places: dict[World, int] = {first: 0}
    came: list[tuple[int, Move | None]] = [(0, None)]
    needed: list[list[int]] = [[]]
    harm: Counter[str] = Counter()
    ends: Counter[tuple[str, ...]] = Counter()
    left = deque([first])
    while left and len(places) < most:
        world = left.popleft()
        place = places[world]
        if world.is_over:
            ends[tuple(run.ended for run in world.runs)] += 1

        met = set[str]()
        for move in moves(world, setting):
            met.update(move.harm)
            there = places.get(move.world)
            if there is None:
                there = places[move.world] = len(came)
                came.append((place, move))
                needed.append([])
                left.append(move.world)

            if move.what not in FAULTS:
                needed[there].append(place)

            if any(not each.startswith("~") for each in move.harm):
                return Explored(
                    states=len(places),
                    ends=ends,
                    harm=Counter(met),
                    stranded=0,
                    trace=(*_way(came, place), _said(move), *move.harm),
                )

        harm.update(met)

    return Explored(
        states=len(places),
        ends=ends,
        harm=harm,
        stranded=len(places) - _reaching(places, needed),
    )


def _reaching(places: Mapping[World, int], needed: list[list[int]]) -> int:
    """Count the states from which an end can be reached with nothing going wrong."""
    left = [place for world, place in places.items() if world.is_over]
    known = set(left)
    while left:
        for before in needed[left.pop()]:
            if before not in known:
                known.add(before)
                left.append(before)

    return len(known)


def _way(came: list[tuple[int, Move | None]], place: int) -> tuple[str, ...]:
    told: list[str] = []
    while True:
        place, move = came[place]
        if move is None:
            return tuple(reversed(told))

        told.append(_said(move))


def _said(move: Move) -> str:
    who = "somebody" if move.who < 0 else f"run {move.who}"
    about = "" if move.about is None else f" {move.about}"
    return f"{who}: {move.what}{about}"


def routine(*codes: str, versions: int = 1, left: Left, canary: bool = True) -> World:
    """Make a routine that serves its newest version, and a run for each code.

    Args:
        codes: What each run releases.
        versions: Versions there are.
        left: What may go wrong.
        canary: Whether they go through a share, or straight to everything.
    """
    held = tuple(Version(n, "old") for n in range(1, versions + 1))
    plan = (50, 100) if canary else (100,)
    return World(
        versions=held,
        staging=whole(versions),
        production=whole(versions),
        runs=tuple(Run(code, plan) for code in codes),
        left=left,
        slot="old",
        staged=frozenset({"old"}),
        born=versions,
    )


def told(name: str, found: Explored) -> Iterator[str]:
    """Say what was found out, in lines."""
    yield f"{name}: {found.states} states, {sum(found.ends.values())} ends"
    for how, count in sorted(found.ends.items()):
        yield f"  {count:>7} {' and '.join(how)}"

    for harm, count in sorted(found.harm.items()):
        kind = "open window" if harm.startswith("~") else "VIOLATION"
        yield f"  {count:>7} {kind}: {harm.removeprefix('~')}"

    if found.stranded:
        yield f"  {found.stranded:>7} STRANDED: no end can be reached"

    yield from (f"    {step}" for step in found.trace)
