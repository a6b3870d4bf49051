"""What `make crash` and `make sweep` play, in pieces that a process takes at once.

A piece is told by its mode and numbers, so that it can be handed to any process, and
each broken promise comes with the line that plays it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from attrs import frozen
from tests.crash.crowd import crowd_of, play_crowd
from tests.crash.draw import (
    drawn,
    drawn_over_http,
    losses,
    on_both,
    positions,
    singles,
    unsafe,
)
from tests.crash.every import EVERY, play_named
from tests.crash.fleets import FLEETS
from tests.crash.scenario import Played, Scenario, play_alone, prepared, undisturbed
from tests.protocol.plots import is_told, stray_of

DRAWN: Mapping[str, Callable[[int, int], Scenario]] = {
    "faults": drawn,
    "unsafe": unsafe,
    "http": drawn_over_http,
}
"""Modes whose scenarios are drawn one by one."""

SEEDED = (*DRAWN, "crowd")
MODES = ("singles", "lost", *SEEDED)
SLICE = 100
"""Scenarios that a process plays before it reports."""

SWEEP: Mapping[str, int] = {
    "singles": 40,
    "lost": 1,
    "faults": 30_000,
    "unsafe": 1_000,
    "http": 300,
    "crowd": 600,
}
"""What a sweep plays: how many; of singles one in so many, but for those of the cloud
as it comes, struck once: of them every one, on both backends. Of rollouts whose journal
is lost it plays one death in so many."""


@frozen
class Told:
    """What is told of a scenario.

    Attributes:
        row: Its row in the table.
        columns: Its columns.
        converged: Whether it came to the right end.
        violations: Broken promises, with the scenario.
    """

    row: str
    columns: tuple[str, ...]
    converged: bool
    violations: tuple[str, ...]


@frozen(kw_only=True)
class Piece:
    """What one process plays at once.

    Attributes:
        mode: One of `MODES`.
        seed: Of what is drawn.
        begin: First number of what is drawn, or the place in `HARSH`.
        end: Number behind the last; of what is not drawn one in so many is played.
        play: Name of the flow where it is not drawn.
        lasting: Whether they last.
    """

    mode: str
    seed: int = 1
    begin: int = 0
    end: int = 0
    play: str = ""
    lasting: bool = False

    def told(self) -> list[Told]:
        """Play everything in it."""
        if self.play:
            return [tell_single(each) for each in self.scenarios()]

        return [tell(self.mode, self.seed, n) for n in range(self.begin, self.end)]

    def scenarios(self) -> Iterator[Scenario]:
        """Give its singles; all of them, on both backends, where the cloud is tame."""
        if self.mode == "lost":
            yield from islice(losses(play_named(self.play)), None, None, self.end)
            return

        every = singles(play_named(self.play), self.begin, lasting=self.lasting)
        if self.begin or self.lasting:
            yield from islice(every, self.begin % self.end, None, self.end)
            return

        for scenario in every:
            yield from on_both(scenario)


def pieces(mode: str, seed: int, count: int) -> list[Piece]:
    """Divide what a mode plays.

    Args:
        mode: One of `MODES`.
        seed: Of what is drawn.
        count: How many; of what is not drawn one in so many.
    """
    if mode == "lost":
        plays = [play.name for play in FLEETS if play.plan]
        return [Piece(mode=mode, end=count, play=name) for name in plays]

    if mode == "singles":
        return [
            Piece(mode=mode, begin=harsh, end=count, play=play.name, lasting=lasting)
            for lasting in (False, True)
            for play in EVERY
            for harsh in positions(play)
        ]

    return [
        Piece(mode=mode, seed=seed, begin=n, end=min(n + SLICE, count))
        for n in range(0, count, SLICE)
    ]


def warm() -> None:
    """Play what every process needs to know, so that it is forked with them."""
    for play in EVERY:
        for harsh in positions(play):
            prepared(play.name, harsh)
            undisturbed(play.name, harsh)

    for play in FLEETS:
        undisturbed(play.name, is_lost=bool(play.plan))


def played(mode: str, seed: int, number: int) -> tuple[str, Played]:
    """Play what a number says; give what it was."""
    if mode == "crowd":
        return str(crowd_of(seed + number)), play_crowd(seed + number)

    scenario = DRAWN[mode](seed, number)
    return str(scenario), play_alone(scenario)


def tell(mode: str, seed: int, number: int) -> Told:
    """Play what a number says and say what came of it."""
    what, result = played(mode, seed, number)
    again = f"make crash MODE={mode} SEED={seed} ONLY={number}"
    if mode == "crowd":
        crowd = crowd_of(seed + number)
        columns = (f"{len(crowd.runners)} runners", *(w for _, w in crowd.console))
        broken = tuple(f"{v}\n    {what}\n    {again}" for v in result.violations)
        return Told(crowd.world, columns, result.converged, broken)

    scenario = DRAWN[mode](seed, number)
    kinds = tuple(each.kind for each in scenario.disturbances)
    found = broken_in(scenario, result)
    broken = tuple(f"{each}\n    {what}\n    {again}" for each in found)
    return Told(scenario.play.name, kinds, result.converged, broken)


def tell_single(scenario: Scenario) -> Told:
    """Play a single disturbance and say what came of it."""
    result = play_alone(scenario)
    (one,) = scenario.disturbances
    kind = f"{one.kind}, for ever" if one.lasting else one.kind
    found = broken_in(scenario, result)
    broken = tuple(f"{each}\n    {scenario}" for each in found)
    return Told(scenario.play.name, (kind,), result.converged, broken)


def broken_in(scenario: Scenario, result: Played) -> tuple[str, ...]:
    """Name the broken promises, and the first act that the model does not know."""
    return (*result.violations, *_stray(scenario, result))


def _stray(scenario: Scenario, result: Played) -> Iterator[str]:
    # The model's provider shows what it has; none of its runs gives up on reading it.
    is_denied = any(d.lasting and d.kind == "missing" for d in scenario.disturbances)
    if is_denied or scenario.is_lost or not is_told(scenario.play, scenario.harsh):
        return

    stray = stray_of(scenario.play, result)
    if stray:
        yield f"M: {stray}"


def table(told: list[Told]) -> Iterator[str]:
    """Give the lines of a table: plays by kinds, how often each was tried."""
    kinds = sorted({column for each in told for column in each.columns})
    counts = Counter((each.row, kind) for each in told for kind in each.columns)
    scenarios = Counter(each.row for each in told)
    rows = sorted(scenarios)
    wide = max(map(len, rows), default=0)
    for place, kind in enumerate(kinds):
        yield f"{place + 1:>3} {kind}"

    heads = "".join(f"{place + 1:>6}" for place in range(len(kinds)))
    yield f"{'':{wide}} {'all':>7}{heads}"
    for row in rows:
        cells = "".join(f"{counts[row, kind]:>6}" for kind in kinds)
        yield f"{row:{wide}} {scenarios[row]:>7}{cells}"
