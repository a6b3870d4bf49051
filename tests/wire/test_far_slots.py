"""Slots far away: what costs a trip, what becomes of a lost store, and the proof."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.wire.lender_double import MemoryLender, ShortTrips

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.cap import Cap
from esa_flows.wire.far_slots import FarSlots
from esa_flows.wire.lane import Lane
from esa_flows.wire.learned import Learned
from esa_flows.wire.lending import Ask, Given, Terms
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate, SlotStore, Wish

N = 100
TERMS = Terms.of(Rule())
GONE = NotSent("Nothing was sent: the store is gone.", next_move="Mend it.")
LATE = NotSent("Nothing was sent: the store is late.")


class Shop:
    """Opens stores of one client at a lender that all clients share."""

    shared = "everybody"
    is_lost = False

    def __init__(
        self, lender: MemoryLender, owner: int, *, share: float = 0.0, way: float = 0.0
    ) -> None:
        self.lender = lender
        self.owner = owner
        self.share = int(share * 1_000_000)
        self.teller = ShortTrips(way)
        self.stores: list[FarSlots] = []

    async def open(self, gate: str, key: str) -> SlotStore:
        """Open the slots of one gate."""
        return self.at(gate + key)

    def at(self, gate: str = "account") -> FarSlots:
        """Open the slots of one gate."""
        store = FarSlots(
            gate=gate,
            owner=self.owner,
            terms=TERMS,
            lender=self.lender,
            teller=self.teller,
            late=lambda: LATE,
            clock=anyio.current_time,
            share=self.share,
        )
        self.stores.append(store)
        return store


@pytest.fixture
async def lender() -> MemoryLender:
    """Give a lender that all clients of a test share."""
    return MemoryLender(anyio.current_time)


async def past_the_first_rest(*stores: FarSlots) -> None:
    """Let a store that is new be over with its first rest."""
    for store in stores:
        await store.care(anyio.current_time(), Wish(calls=N))

    await anyio.sleep(5)


async def asked(store: FarSlots, calls: int = N, **wish: Any) -> float:
    """Ask for a slot as a gate does; give the seconds to wait."""
    wanted = evolve(Wish(calls=calls, slots=1), **wish)
    if store.needs_care(anyio.current_time(), wanted):
        await store.care(anyio.current_time(), wanted)

    return store.take(anyio.current_time(), calls)


# --- trips ----------------------------------------------------------------------------


async def test_one_trip_fetches_for_everybody(lender: MemoryLender) -> None:
    """Taking and settling cost none; what is brought back goes along."""
    store = Shop(lender, 1).at()
    await past_the_first_rest(store)
    before = lender.trips
    waits = [await asked(store, slots=3) for _ in range(3)]
    for _ in waits:
        store.settle(anyio.current_time() + 1, Fate.ANSWERED)

    await asked(store)

    assert waits == [0.0] * 3
    assert lender.trips - before == 3  # two that were asked for, one that was told


async def test_nobody_goes_again_before_it_is_worth_it(lender: MemoryLender) -> None:
    """All are in flight elsewhere: the next trip is a period later."""
    one, two = Shop(lender, 1).at(), Shop(lender, 2).at()
    await past_the_first_rest(one)
    await asked(one, 1)
    wait = await asked(two, 1)
    trips = lender.trips
    again = await asked(two, 1)

    assert [wait, again] == pytest.approx([1.002, 1.002])
    assert lender.trips == trips


async def test_a_way_back_goes_at_once_to_say_so(lender: MemoryLender) -> None:
    """Others are told to leave it the next slot; said once."""
    one, two = Shop(lender, 1).at(), Shop(lender, 2).at()
    await past_the_first_rest(one)
    await asked(one, 1)
    await asked(two, 1)
    trips = lender.trips
    for _ in range(3):
        await asked(two, 1, is_urgent=True)

    assert lender.trips == trips + 1


async def test_a_slot_of_ours_that_comes_back_is_worth_a_trip(
    lender: MemoryLender,
) -> None:
    """Whoever waits does not sleep through it."""
    store = Shop(lender, 1).at()
    await past_the_first_rest(store)
    await asked(store, 1)
    told_to_wait = await asked(store, 1)
    store.settle(anyio.current_time(), Fate.UNSPENT)

    assert told_to_wait > 1
    assert await asked(store, 1) == 0.0


async def test_what_was_fetched_long_ago_is_brought_back(lender: MemoryLender) -> None:
    """Its lease goes on; and nobody else can use it."""
    store = Shop(lender, 1).at()
    await past_the_first_rest(store)
    await store.care(anyio.current_time(), Wish(calls=2, slots=2))
    await anyio.sleep(6)
    trips = lender.trips
    lent = await asked(store, 2)

    assert lent == 0.0
    assert lender.trips > trips
    assert lender.books["account"].lent.keys() == {3}


def test_the_way_makes_slots_usable_later_never_earlier() -> None:
    """What a trip costs, out and back, is added to every rest."""
    hand = [100.0]

    class Distant(MemoryLender):
        """Takes a third of a second each way."""

        def lend(self, ask: Ask) -> Given:
            """Make one trip."""
            hand[0] += 0.3
            given = super().lend(ask)
            hand[0] += 0.3
            return given

    shop = Shop(Distant(lambda: hand[0]), 1)
    store = evolve(shop.at(), clock=lambda: hand[0])
    store._visit(Wish(calls=1))
    hand[0] += 5
    store._visit(Wish(calls=1, slots=1))
    first = store.take(hand[0], 1)
    ready = hand[0] + 1.0
    store.settle(ready, Fate.ANSWERED)
    store._visit(Wish(calls=1, slots=1))
    wait = store.take(hand[0], 1)

    assert first == 0.0
    assert hand[0] + wait == pytest.approx(ready + 0.6)


async def test_others_in_flight_are_told_as_of_the_last_trip(
    lender: MemoryLender,
) -> None:
    """Ours are known at every moment; nobody is counted twice."""
    one, two = Shop(lender, 1).at(), Shop(lender, 2).at()
    await past_the_first_rest(one)
    await asked(one)
    await asked(two, slots=2)
    before = two.in_flight
    two.settle(anyio.current_time() + 1, Fate.ANSWERED)

    assert (before, two.in_flight) == (2, 1)
    assert two.accepted(anyio.current_time()) == 1
    assert repr(two) == "<FarSlots account, 1 in flight, 1 fetched>"


async def test_what_one_learns_the_others_know(lender: MemoryLender) -> None:
    """Told at once, heard on the next trip; durations travel, clocks do not."""
    shop, other = Shop(lender, 1), Shop(lender, 2)
    one, two = shop.at(), other.at()
    await past_the_first_rest(one)
    now = anyio.current_time()
    one.learned = Learned(calls=58.0, since=now, paused_until=now + 3)
    one.learned = Learned(calls=57.0, since=now, paused_until=now + 3)
    shop.teller.catch_up()
    await asked(two)

    assert two.learned == Learned(calls=57.0, since=now, paused_until=now + 3)


async def test_a_pause_alone_is_told_too(lender: MemoryLender) -> None:
    """The provider may ask for a wait before it was ever found to take fewer."""
    shop, two = Shop(lender, 1), Shop(lender, 2).at()
    one = shop.at()
    await past_the_first_rest(one)
    one.learned = Learned(paused_until=anyio.current_time() + 3)
    shop.teller.catch_up()
    await asked(two)

    assert two.learned.pause(anyio.current_time()) == pytest.approx(3.0)
    assert two.learned.allowed(N, anyio.current_time()) == N


async def test_a_gate_uses_no_more_than_two_trips_for_a_call(
    lender: MemoryLender,
) -> None:
    """Four clients that want all there is: one trip to borrow, one to bring back."""
    shops = [Shop(lender, n) for n in range(1, 5)]
    made = await storm(shops, calls=800)

    assert len(made) == 800
    assert lender.trips <= 2.1 * 800


# --- a store that is lost -------------------------------------------------------------


async def test_a_lost_store_is_told_to_everybody_in_line(lender: MemoryLender) -> None:
    """One trip fails, and others do not wait for theirs; a second later one goes."""
    shop = Shop(lender, 1)
    cap, errors = Cap(N, stores=shop, clock=anyio.current_time), []
    lender.trouble = GONE

    async def call() -> None:
        """Be refused."""
        with pytest.raises(NotSent, match="the store is gone") as caught:
            async with cap.slot():
                pass

        errors.append(caught.value)

    for _ in range(2):
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(call)

        await anyio.sleep(1)

    assert len(errors) == 40
    assert {error.next_move for error in errors} == {"Mend it."}
    assert lender.trips == 2
    assert "lost" in repr(shop.stores[0])


async def test_what_could_not_be_brought_back_is_brought_later(
    lender: MemoryLender,
) -> None:
    """Slots and what was learned; nothing is lost, nothing is told twice."""
    shop = Shop(lender, 1)
    store = shop.at()
    await past_the_first_rest(store)
    await asked(store, slots=3)
    lender.trouble = GONE
    store.settle(anyio.current_time() + 1, Fate.ANSWERED)
    store.learned = Learned(calls=58.0, since=anyio.current_time())
    shop.teller.catch_up()
    store.spare()
    with pytest.raises(NotSent):
        await asked(store)

    lender.trouble = None
    await anyio.sleep(1)
    lent = await asked(store)
    book = lender.books["account"]

    assert lent == 0.0
    assert len(book.lent) == 1
    assert book.taught[1] == 58
    assert not store.is_lost


async def test_a_later_lesson_is_not_forgotten_for_an_earlier_one(
    lender: MemoryLender,
) -> None:
    """What was learned while a trip failed is told by the next."""
    shop = Shop(lender, 1)
    store = shop.at()
    await past_the_first_rest(store)
    now = anyio.current_time()

    store.learned = Learned(calls=58.0, since=now)
    lender.on_the_way = lambda: setattr(
        store, "learned", Learned(calls=40.0, since=now)
    )
    lender.trouble = GONE
    shop.teller.catch_up()
    lender.trouble = None
    await anyio.sleep(1)
    await asked(store)

    assert lender.books["account"].taught[1] == 40


async def test_a_store_that_cannot_be_used_is_said_at_once(
    lender: MemoryLender,
) -> None:
    """Another version's, say: mending that is a person's work."""
    shop = Shop(lender, 1)
    store = shop.at()
    lender.trouble = InvalidInput("Of another version.")
    store.learned = Learned(calls=58.0, since=0.0)
    shop.teller.catch_up()
    for _ in range(2):
        with pytest.raises(InvalidInput, match="Of another version"):
            await asked(store)


async def test_a_store_that_answers_too_late_is_lost(lender: MemoryLender) -> None:
    """What it lent meanwhile comes back, when the trip ends or the lease."""
    shop = Shop(lender, 1)
    store = shop.at()
    await past_the_first_rest(store)

    shop.teller.patience = 0.0
    with pytest.raises(NotSent, match="the store is late"):
        await asked(store)


# --- a share of one's own -------------------------------------------------------------


async def test_a_share_of_ones_own_needs_no_trips(lender: MemoryLender) -> None:
    """A tenth is ours; what is above is borrowed."""
    store = Shop(lender, 1, share=0.1).at()
    await past_the_first_rest(store)
    await store.care(anyio.current_time(), Wish(calls=N))
    trips = lender.trips
    waits = [await asked(store) for _ in range(10)]
    without = lender.trips - trips
    beyond = await asked(store)

    assert (waits, without) == ([0.0] * 10, 0)
    assert (beyond, lender.trips - trips) == (0.0, 1)


async def test_a_lost_store_leaves_the_share(lender: MemoryLender) -> None:
    """So many calls go on, not one more; for as long as the store holds it for us."""
    shop = Shop(lender, 1, share=0.1)
    cap, left = Cap(N, stores=shop, clock=anyio.current_time), []
    async with cap.slot() as slot:
        slot.answered()

    await anyio.sleep(3)
    await shop.stores[0].care(anyio.current_time(), Wish(calls=N))
    lender.trouble = GONE
    start = anyio.current_time()
    for _ in range(31):
        async with cap.slot() as slot:
            left.append(anyio.current_time() - start)
            slot.answered()

    await anyio.sleep(601)

    assert left[9] < 0.1
    assert left[10] >= 1.0
    assert 2.9 <= left[30] < 4.0
    with pytest.raises(NotSent):
        async with cap.slot():
            pass


async def test_a_share_is_renewed_in_time(lender: MemoryLender) -> None:
    """A client that never borrows says now and then that it lives."""
    store = Shop(lender, 1, share=0.1).at()
    await past_the_first_rest(store)
    before = store.needs_care(anyio.current_time(), Wish(calls=N))
    await anyio.sleep(301)
    after = store.needs_care(anyio.current_time(), Wish(calls=N))
    lender.trouble = GONE
    with pytest.raises(NotSent):
        await Shop(lender, 2, share=0.1).at().care(0.0, Wish(calls=N))

    assert (before, after) == (False, True)


async def test_who_leaves_gives_everything_back(lender: MemoryLender) -> None:
    """Slots at once, the share when its calls are counted; nothing to give, no trip."""
    store, idle = Shop(lender, 1, share=0.1).at(), Shop(lender, 2).at("other")
    await past_the_first_rest(store)
    await store.care(anyio.current_time(), Wish(calls=N, slots=5))
    store.part()
    idle.part()
    book = lender.books["account"]

    assert book.lent == {}
    assert book.shares[1].until == pytest.approx(anyio.current_time() + 2.002)
    assert "other" not in lender.books


# --- the proof ------------------------------------------------------------------------


class Storm:
    """Many calls by many clients.

    Args:
        shops: Where each client borrows.
        rough: Whether callers are impatient and answers are lost.
    """

    def __init__(self, shops: list[Shop], *, rough: bool) -> None:
        self.shops = shops
        self.rough = rough
        self.counted: list[float] = []

    async def bring_back(self) -> None:
        """Do what the tellers were told, as their threads would."""
        while True:
            await anyio.sleep(0.004)
            for shop in self.shops:
                shop.teller.catch_up()

    async def work(self, cap: Cap, left: Iterator[int], dice: random.Random) -> None:
        """Call on and on; wait a little where the store is lost."""
        for _ in left:
            patience = dice.random() * 3 if dice.random() < 0.1 else 1e9
            with anyio.move_on_after(patience if self.rough else 1e9):
                try:
                    await self.call(cap, dice)
                except NotSent:
                    await anyio.sleep(0.5)

    async def call(self, cap: Cap, dice: random.Random) -> None:
        """Make one call with any fate."""
        lane = dice.choice(tuple(Lane)) if self.rough else Lane.DEPLOY
        async with cap.slot(lane=lane) as slot:
            await anyio.sleep(dice.random() * 0.05)
            self.counted.append(anyio.current_time())
            await anyio.sleep(dice.random() * 0.05)
            if not self.rough or dice.random() > 0.03:
                slot.answered()


async def storm(shops: list[Shop], *, calls: int, rough: bool = False) -> list[float]:
    """Make many calls by many clients; give when the provider counted them."""
    one, left = Storm(shops, rough=rough), iter(range(calls))
    caps = [Cap(N, stores=shop, clock=anyio.current_time) for shop in shops]
    async with anyio.create_task_group() as background:
        background.start_soon(one.bring_back)
        async with anyio.create_task_group() as tasks:
            for number in range(30 * len(caps)):
                cap, dice = caps[number % len(caps)], random.Random(number)
                tasks.start_soon(one.work, cap, left, dice)

        background.cancel_scope.cancel()

    return one.counted


def most_in_a_second(moments: list[float]) -> int:
    """Give the highest number of calls in any sliding second."""
    times = sorted(moments)
    most = start = 0
    for end, time in enumerate(times):
        while time - times[start] >= 1.0:
            start += 1

        most = max(most, end - start + 1)

    return most


@pytest.mark.parametrize("way", [0.0, 0.02, 0.2])
async def test_clients_together_keep_to_the_cap_and_use_it(
    lender: MemoryLender, way: float
) -> None:
    """However far the store is: never above, and near the bound of who is not."""
    shops = [Shop(lender, n, way=way) for n in range(1, 5)]
    await past_the_first_rest(*[shop.at("account") for shop in shops[:1]])
    start = anyio.current_time()
    counted = await storm(shops, calls=1_500)
    rate = len(counted) / (max(counted) - start)

    assert most_in_a_second(counted) <= N
    assert rate >= 0.9 * N / (1.002 + 0.05 + 2 * way)


@pytest.mark.parametrize("share", [0.0, 0.15])
async def test_a_storm_in_which_the_store_is_lost_and_forgets(
    lender: MemoryLender, share: float
) -> None:
    """Lost answers, impatience, a store that goes and comes back empty: never above."""
    shops = [Shop(lender, n, share=share, way=0.002) for n in range(1, 5)]

    async def weather() -> None:
        """Take the store away now and then; sometimes it forgets everything."""
        dice = random.Random(5)
        while True:
            await anyio.sleep(4 + dice.random() * 4)
            lender.trouble = GONE
            await anyio.sleep(2 + dice.random() * 4)
            if dice.random() < 0.5:
                lender.books.clear()

            lender.trouble = None

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(weather)
        counted = await storm(shops, calls=4_000, rough=True)
        tasks.cancel_scope.cancel()

    assert len(counted) > 1_000
    assert most_in_a_second(counted) <= N
