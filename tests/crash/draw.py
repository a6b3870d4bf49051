"""Which scenarios are played: every single one, or drawn from a seed. Pure.

A drawn scenario is told by its seed and its number alone, so that one line plays it
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from attrs import evolve
from tests.crash.plays import PLAYS, Play
from tests.crash.scenario import HARSH, PASSING, Scenario, kinds_at, undisturbed

from esa_flows.testing.fate import RECORD_KINDS, Disturbance, Where

BACKENDS = ("asyncio", "trio")
DCDN_ONLY = 9
"""Place of the switches in `HARSH` that only the older cloud heeds."""

OF_FLEETS = (0, 1, 3, 5)
"""Places in `HARSH` of what may matter to several routines beside what does to one."""

DEATHS = ("die before", "die after")


def singles(play: Play, harsh: int = 0, *, lasting: bool = False) -> Iterator[Scenario]:
    """Give every disturbance of every call and record of a play.

    Args:
        play: The flow and its world.
        harsh: Place of the switches in `HARSH`.
        lasting: Whether they last.
    """
    right = undisturbed(play.name, harsh)
    points: list[tuple[Where, int, str]] = [
        ("call", number, kind)
        for number, verb in enumerate(right.calls, 1)
        for kind in kinds_at(verb)
    ]
    points += [
        ("record", number, kind)
        for number in range(1, right.records + 1)
        for kind in RECORD_KINDS
    ]
    for place, (at, number, kind) in enumerate(points):
        yield Scenario(
            play=play,
            disturbances=(
                Disturbance(at=at, number=number, kind=kind, lasting=lasting),
            ),
            harsh=harsh,
            backend=BACKENDS[place % 2],
        )


def losses(play: Play) -> Iterator[Scenario]:
    """Give every death in a rollout whose journal is lost then, on both backends."""
    right = undisturbed(play.name, is_lost=True)
    points: tuple[tuple[Where, int], ...] = (
        ("call", len(right.calls)),
        ("record", right.records),
    )
    for at, count in points:
        for number in range(1, count + 1):
            for kind in DEATHS:
                death = Disturbance(at=at, number=number, kind=kind)
                struck = Scenario(play=play, disturbances=(death,), is_lost=True)
                yield from on_both(struck)


def on_both(scenario: Scenario) -> Iterator[Scenario]:
    """Give a scenario on each backend."""
    for backend in BACKENDS:
        yield evolve(scenario, backend=backend)


def positions(play: Play) -> tuple[int, ...]:
    """Give the places in `HARSH` of the switches that a play's cloud heeds."""
    if play.fleet:
        return OF_FLEETS

    every = range(len(HARSH))
    return tuple(n for n in every if n != DCDN_ONLY or play.product == "dcdn")


def drawn(seed: int, number: int) -> Scenario:
    """Draw a scenario with two or three disturbances, now and then a lasting one.

    A lasting one costs as much as four others, and each is played alone, too.
    """
    dice = Random(f"{seed} {number}")
    play = dice.choice(PLAYS)
    harsh = dice.choice((0, 0, *positions(play)))
    right = undisturbed(play.name, harsh)
    return Scenario(
        play=play,
        harsh=harsh,
        backend=BACKENDS[number % 2],
        disturbances=tuple(
            _one(dice, len(right.calls) + 8, right.records + 8, chance=0.02)
            for _ in range(dice.choice((2, 3)))
        ),
    )


def drawn_over_http(seed: int, number: int) -> Scenario:
    """Draw a scenario whose calls go through the real HTTP client."""
    return evolve(drawn(seed, number), is_over_http=True)


def unsafe(seed: int, number: int) -> Scenario:
    """Draw a scenario in which something goes wrong again and again, to the end."""
    dice = Random(f"unsafe {seed} {number}")
    play = dice.choice(PLAYS)
    often = dice.choice((10, 30, 60))
    return Scenario(
        play=play,
        harsh=dice.choice(positions(play)),
        backend=BACKENDS[number % 2],
        never_ends=True,
        disturbances=tuple(_one(dice, 150, 150, chance=0.02) for _ in range(often)),
    )


def _one(dice: Random, calls: int, records: int, *, chance: float) -> Disturbance:
    """Draw a disturbance that can strike any call or record."""
    is_lasting = dice.random() < chance
    if dice.random() < 0.65:
        return Disturbance(
            at="call",
            number=dice.randrange(1, calls + 1),
            kind=dice.choice(PASSING),
            lasting=is_lasting,
        )

    return Disturbance(
        at="record",
        number=dice.randrange(1, records + 1),
        kind=dice.choice(RECORD_KINDS),
        lasting=is_lasting,
    )
