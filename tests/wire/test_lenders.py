"""What every store far away promises on each trip; the real ones are real servers."""

from __future__ import annotations

import importlib
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve
from tests.wire.lender_double import MemoryLender
from tests.wire.servers import Server

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.lender_postgres import PostgresLender
from esa_flows.wire.lender_redis import RedisLender
from esa_flows.wire.lending import Ask, Back, Given, Lender, Terms
from esa_flows.wire.slots import Fate
from esa_flows.wire.store_address import StoreAddress

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

TERMS = Terms(period=1.0, rest=0.05, birth=0.05, lease=60.0)
AGE = 2**25
"""Seconds a machine may have been up: its clock then reads coarsely."""

DRIVERS = [
    ("postgresql://localhost", "psycopg", "postgres"),
    ("redis://localhost", "redis", "redis"),
]

Ending = Callable[..., Given]


def lender_at(url: str) -> PostgresLender | RedisLender:
    """Give a lender at an address."""
    address = StoreAddress.of(url)
    is_redis = url.startswith("redis")
    return RedisLender(address, 5.0) if is_redis else PostgresLender(address, 5.0)


@pytest.fixture(params=["model", "postgres", "redis"])
def lender(request: pytest.FixtureRequest) -> Iterator[Lender]:
    """Give one lender after the other."""
    if request.param == "model":
        yield MemoryLender(lambda: time.monotonic() + AGE)
        return

    made = lender_at(request.getfixturevalue(f"{request.param}_url"))
    yield made
    made.close()


@pytest.fixture
def ask(lender: Lender) -> Callable[..., Given]:
    """Ask at a gate of one's own, past its first rest."""
    gate = secrets.token_hex(8)

    def asking(**changes: Any) -> Given:
        """Make one trip."""
        facts: dict[str, Any] = {"gate": gate, "owner": 1, "terms": TERMS, "calls": 3}
        return lender.lend(Ask(**facts | changes))

    asking()
    time.sleep(0.06)
    return asking


def ended(*tickets: int, rest: float = 0.5, fate: Fate = Fate.ANSWERED) -> Any:
    """Bring slots back."""
    return tuple(Back(ticket=ticket, rest=rest, fate=fate) for ticket in tickets)


def test_so_many_are_lent_and_not_one_more(ask: Ending) -> None:
    """Fewer than wanted where there are fewer; each ticket is another."""
    first, second = ask(slots=2), ask(slots=5)
    third = ask(slots=1)
    tickets = first.tickets + second.tickets

    assert (len(first.tickets), len(second.tickets), len(set(tickets))) == (2, 1, 3)
    assert (first.delay, second.delay) == (0.0, 0.0)
    assert (third.tickets, third.in_flight) == ((), 3)
    assert third.wait == 1.0


def test_a_store_that_knows_nothing_lends_nothing_at_first(lender: Lender) -> None:
    """It may have forgotten calls that are on their way."""
    asking = Ask(gate=secrets.token_hex(8), owner=1, terms=TERMS, calls=3, slots=1)
    first = lender.lend(asking)
    time.sleep(0.06)
    second = lender.lend(asking)

    assert (first.tickets, len(second.tickets)) == ((), 1)
    assert 0 < first.wait <= 0.05


def test_the_slot_that_is_ready_next_is_lent_for_then(ask: Ending) -> None:
    """Nobody needs to come again for it; the one after it goes to the next."""
    tickets = ask(slots=3).tickets
    ask(back=ended(tickets[0], rest=0.5))
    ask(back=ended(tickets[1], rest=0.2, fate=Fate.UNKNOWN))
    one, two, three = ask(slots=2, owner=2), ask(slots=2, owner=3), ask(slots=1)

    assert (len(one.tickets), len(two.tickets), three.tickets) == (1, 1, ())
    assert 0.1 < one.delay <= 0.2
    assert 0.3 < two.delay <= 0.5


def test_nothing_is_lent_for_a_moment_far_off(ask: Ending) -> None:
    """Who borrows may be gone by then; it comes again when the moment is nearer."""
    tickets = ask(slots=3).tickets
    given = ask(back=ended(*tickets, rest=1.5, fate=Fate.UNKNOWN), slots=1)

    assert (given.tickets, given.wait) == ((), 1.0)


def test_an_unspent_slot_is_free_at_once(ask: Ending) -> None:
    """One that was to be used later, too."""
    tickets = ask(slots=3).tickets
    later = ask(back=ended(tickets[0]), slots=1)
    again = ask(back=ended(*later.tickets, *tickets[1:], fate=Fate.UNSPENT), slots=3)

    assert later.delay > 0
    assert (len(again.tickets), again.delay, again.in_flight) == (2, 0.0, 2)


def test_only_answered_slots_count_as_answered(ask: Ending) -> None:
    """Refused and lost ones rest as well, and say nothing about what is taken."""
    tickets = ask(slots=3).tickets
    ask(back=ended(tickets[0]))
    ask(back=ended(tickets[1], fate=Fate.REFUSED))
    given = ask(back=ended(tickets[2], fate=Fate.UNKNOWN))

    assert (given.answered, given.in_flight) == (1, 0)
    assert ask(slots=1).delay > 0.3


def test_a_slot_brought_back_twice_comes_back_once(ask: Ending) -> None:
    """A trip whose answer was lost is made again."""
    tickets = ask(slots=2).tickets
    ask(back=ended(tickets[0], rest=-1.0))
    given = ask(back=ended(tickets[0], 12345, rest=0.5))

    assert (given.in_flight, given.answered) == (1, 0)


def test_slots_of_those_who_are_gone_come_back_after_a_lease(ask: Ending) -> None:
    """They rest then as long as their calls may be on the way."""
    lost = ask(slots=3).tickets
    time.sleep(0.02)
    short = evolve(TERMS, lease=0.01)
    one = ask(slots=1, terms=short, owner=2)
    late = ask(back=ended(*lost, rest=9.0))

    assert 0 < one.delay <= 0.05
    assert (late.in_flight, late.answered) == (1, 0)


def test_gates_are_apart(lender: Lender, ask: Ending) -> None:
    """Another key, another operation, another cloud."""
    taken = ask(slots=3)
    other = ask(gate=secrets.token_hex(8), terms=evolve(TERMS, birth=0.0))
    again = ask(slots=3)

    assert (len(taken.tickets), other.in_flight, again.tickets) == (3, 0, ())


def test_a_way_back_goes_before_others(ask: Ending) -> None:
    """Where all are in flight, others leave it what comes back first."""
    tickets = ask(slots=3).tickets
    urgent = ask(slots=1, is_urgent=True, owner=2)
    other = ask(back=ended(tickets[0], rest=-1.0), slots=1)
    got = ask(slots=1, is_urgent=True, owner=2)
    after = ask(back=ended(tickets[1], rest=-1.0), slots=1)

    assert (urgent.tickets, other.tickets) == ((), ())
    assert 0.5 < other.wait <= 1.02
    assert (len(got.tickets), len(after.tickets)) == (1, 1)


def test_what_refusals_teach_is_told_to_all(ask: Ending) -> None:
    """The later cut counts, and the longer pause."""
    nothing = ask()
    ask(taught=58, ago=0.0, pause=2.0)
    ask(taught=90, ago=10.0, pause=1.0, owner=2)
    given = ask(owner=3)

    assert (nothing.taught, nothing.pause) == (0, 0.0)
    assert given.taught == 58
    assert 0 <= given.ago < 1
    assert 1.5 < given.pause <= 2.0


def test_a_share_of_ones_own_is_not_lent_to_others(ask: Ending) -> None:
    """A tenth for one and a fifth for another leaves seven of ten."""
    ask(calls=10, share=100_000, owner=7)
    mine = ask(calls=10, share=200_000)
    given = ask(calls=10, slots=10, owner=3)
    still = ask(calls=10, share=200_000)

    assert (mine.share, still.share) == (200_000, 200_000)
    assert len(given.tickets) == 7


def test_a_share_lives_only_when_the_others_are_below_the_rest(ask: Ending) -> None:
    """Else the share and what is lent already were more than the cap."""
    tickets = ask(calls=10, slots=10).tickets
    early = ask(calls=10, share=200_000, owner=2)
    ask(calls=10, back=ended(tickets[0], rest=-1.0))
    still = ask(calls=10, share=200_000, owner=2)
    late = ask(calls=10, back=ended(tickets[1], rest=-1.0), share=200_000, owner=2)

    assert (early.share, still.share, late.share) == (0, 0, 200_000)


def test_no_more_than_all_but_one_call_can_be_kept(ask: Ending) -> None:
    """Who comes when nothing is left keeps nothing, and borrows like everybody."""
    found = [ask(calls=10, share=600_000, owner=n).share for n in (1, 2, 3)]
    given = ask(calls=10, slots=5, owner=4)

    assert found == [600_000, 300_000, 0]
    assert len(given.tickets) == 1


def test_a_share_is_given_up_and_lost(ask: Ending) -> None:
    """Who leaves keeps it while its calls are counted, who is gone while it is held."""
    ask(calls=10, share=500_000, owner=1)
    ask(calls=10, share=400_000, owner=2, terms=evolve(TERMS, hold=0.05))
    leaving = ask(calls=10, owner=1)
    before = ask(calls=10, slots=10, owner=3).tickets
    time.sleep(0.06)
    after = ask(calls=10, slots=10, owner=3).tickets

    assert (leaving.share, len(before), len(after)) == (0, 1, 9)


# --- servers that leave, drivers that are missing -------------------------------------


def test_a_server_that_is_gone_is_told_and_found_again(own_server: Server) -> None:
    """The trip fails at once and says so; the next one after a return succeeds."""
    lender = lender_at(own_server.url)
    ask = Ask(gate="leaving", owner=1, terms=TERMS, calls=3)
    lender.lend(ask)
    own_server.stop()
    with pytest.raises(NotSent, match="cannot be asked: "):
        lender.lend(ask)

    own_server.start()
    fresh = lender.lend(ask)
    lender.close()

    assert fresh.in_flight == 0


@pytest.mark.parametrize(("url", "driver", "extra"), DRIVERS)
def test_without_the_driver_it_says_what_to_install(
    url: str, driver: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs it who does not share between machines."""

    def missing(name: str) -> Any:
        """Find nothing."""
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(InvalidInput, match=f"package {driver} is not") as caught:
        lender_at(url).lend(Ask(gate="any", owner=1, terms=TERMS))

    assert f"esa-flows[{extra}]" in caught.value.next_move


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://ann:FakePassword0001@db.example/caps",
            "<PostgresLender postgresql://db.example/caps>",
        ),
        (
            "redis://:FakePassword0001@cache.example:6379/0",
            "<RedisLender redis://cache.example:6379/0>",
        ),
    ],
)
def test_a_lender_shows_where_it_goes(url: str, shown: str) -> None:
    """Neither as whom nor with which password; it is closed before it was opened."""
    lender = lender_at(url)
    lender.close()

    assert repr(lender) == shown
