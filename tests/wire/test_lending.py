"""What a client and a store far away say to each other."""

from __future__ import annotations

import math

from esa_flows.wire.learned import Learned
from esa_flows.wire.lending import Ask, Back, Given, Terms
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate


def test_the_terms_follow_the_rule() -> None:
    """A lease outlasts every rest, so that none is taken for one left behind."""
    usual, long = Terms.of(Rule()), Terms.of(Rule(grace=100.0))

    assert (usual.period, usual.rest, usual.lease) == (1.002, 2.002, 60.0)
    assert usual.birth == 2.002 + 2 * 1.002
    assert long.lease == 2 * 101.002


def test_an_ask_is_written_in_whole_microseconds() -> None:
    """Rounded up: nothing is ready too early."""
    ask = Ask(
        gate="g",
        owner=7,
        terms=Terms(period=1.0000001, rest=2.0, birth=4.0, lease=60.0, hold=600.0),
        calls=100,
        slots=3,
        is_urgent=True,
        share=100_000,
        taught=58,
        ago=0.5,
        pause=1.5,
        back=(
            Back(ticket=1, rest=1.0, fate=Fate.ANSWERED),
            Back(ticket=2, rest=1.0, fate=Fate.REFUSED),
            Back(ticket=3, rest=2.0, fate=Fate.UNKNOWN),
            Back(ticket=4, rest=-1.0, fate=Fate.UNSPENT),
        ),
    )
    second = 1_000_000

    assert ask.numbers() == [
        *(7, 100, 3, 1, second + 1, 2 * second, 4 * second, 60 * second, 600 * second),
        *(100_000, 58, 500_000, 1_500_000),
    ]
    assert ask.returned() == [
        (1, second, 0),
        (2, second, 1),
        (3, 2 * second, 1),
        (4, -second, 2),
    ]


def test_what_is_given_is_read() -> None:
    """In the order in which stores write it; tickets come last."""
    given = Given.read([10_000, 0, 4, 2, 58, 500_000, 1_500_000, 100_000, 11, 12])

    assert given == Given(
        tickets=(11, 12),
        delay=0.01,
        in_flight=4,
        answered=2,
        taught=58,
        ago=0.5,
        pause=1.5,
        share=100_000,
    )
    assert given.learned(10.0) == Learned(calls=58, since=9.5, paused_until=11.5)


def test_a_store_that_learned_nothing_says_so() -> None:
    """No rate, no pause."""
    learned = Given().learned(10.0)

    assert learned == Learned()
    assert learned.pause(-math.inf) == 0.0
