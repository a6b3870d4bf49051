"""The slots of one gate, kept in a store that is far away and shared between machines.

`take` and `settle` cost no trip: they deal with slots that were fetched before, and
note what is to be brought back. One trip fetches for everybody in line, and brings back
what has gathered. Where nobody stands in line, slots are brought back at once, by a
thread for which no caller waits.

A slot is lent before it is fetched and brought back after its call was answered, by
the store's clock alone; so the proof of `esa_flows.wire.slots` holds for all machines
together. A client may keep a share of the cap to itself, which the store does not lend:
it needs no trips, and is what the client lives on while the store is lost.
"""

from __future__ import annotations

import contextlib
import math
from collections import deque
from collections.abc import Callable
from functools import partial

from attrs import define, evolve, field, frozen

from esa_flows.errors import InvalidInput, NotSent
from esa_flows.wire.learned import NOTHING, Learned
from esa_flows.wire.lending import WHOLE, Ask, Back, Given, Lender, Terms
from esa_flows.wire.slots import Fate, Slots, Wish
from esa_flows.wire.teller import Teller

__all__ = ["FarSlots"]

_SOON = 1e-6
_BETWEEN_TRIES = 1.0


@frozen
class _Kept:
    """A slot that was fetched and is not used yet."""

    ticket: int
    usable: float
    until: float


@frozen
class _Ended:
    """A slot that is to be brought back."""

    ticket: int
    ready: float
    fate: Fate


@define(eq=False, repr=False, kw_only=True)
class FarSlots:
    """The slots of one gate in a store that is far away; a `SlotStore`.

    Args:
        gate: What the store calls the gate; tells no key.
        owner: This client's number, never used before.
        terms: How long the store waits for what.
        lender: Goes to the store.
        teller: Has the trips made.
        late: Gives the error for a store that does not answer in time.
        clock: Seconds that never go backwards.
        share: Millionths of the cap that this client keeps to itself.
    """

    is_here = False
    _gate: str
    _owner: int
    _terms: Terms
    _lender: Lender
    _teller: Teller
    _late: Callable[[], NotSent]
    _clock: Callable[[], float]
    _share: int = 0

    _learned: Learned = field(default=NOTHING, init=False)
    _untold: Learned | None = field(default=None, init=False)
    _calls: int = field(default=1, init=False)

    # What was fetched, lent from it, and is to be brought back, first things first.
    _kept: deque[_Kept] = field(factory=deque, init=False)
    _lent: deque[int] = field(factory=deque, init=False)
    _ended: deque[_Ended] = field(factory=deque, init=False)
    _answered: deque[float] = field(factory=deque, init=False)
    _is_told: bool = field(default=False, init=False)

    _own: Slots = field(factory=Slots, init=False)
    _own_part: int = field(default=0, init=False)
    _own_until: float = field(default=-math.inf, init=False)

    _given: Given = field(factory=Given, init=False)
    _given_at: float = field(default=-math.inf, init=False)
    _others: int = field(default=0, init=False)
    _again: float = field(default=-math.inf, init=False)
    _hurried: bool = field(default=False, init=False)
    _lost: NotSent | None = field(default=None, init=False)
    _lost_until: float = field(default=-math.inf, init=False)

    def __repr__(self) -> str:
        state = "lost" if self.is_lost else f"{len(self._kept)} fetched"
        return f"<FarSlots {self._gate[:8]}, {self.in_flight} in flight, {state}>"

    # --- what is known without a trip ------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Slots lent and not settled: ours now, those of others at the last trip."""
        return self._others + len(self._lent) + self._own.in_flight

    @property
    def is_lost(self) -> bool:
        """Whether the last trip failed."""
        return self._lost is not None

    @property
    def learned(self) -> Learned:
        """What refusals have taught, us now and others by the last trip."""
        return self._learned

    @learned.setter
    def learned(self, known: Learned) -> None:
        self._learned = self._untold = known
        self._tell()

    def accepted(self, now: float) -> int:
        """Give the calls that were answered within the last period, not refused."""
        while self._answered and self._answered[0] <= now:
            self._answered.popleft()

        is_fresh = now - self._given_at < self._terms.period
        others = self._given.answered if is_fresh else 0
        return max(len(self._answered), others)

    # --- lending ---------------------------------------------------------------------

    def take(self, now: float, calls: int, *, is_urgent: bool = False) -> float:  # noqa: ARG002  the store was told on the trip
        """Lend a slot of our own share, or one that was fetched."""
        mine = self._mine(now, calls)
        wait = self._own.take(now, mine) if mine else math.inf
        if wait == 0:
            return 0.0

        self._bring_back_stale(now)
        if self._kept and self._kept[0].usable <= now:
            self._lent.append(self._kept.popleft().ticket)
            return 0.0

        usable = self._kept[0].usable if self._kept else self._again
        return max(min(wait, usable - now), _SOON)

    def settle(self, ready: float, fate: Fate) -> None:
        """Take back a slot; which one it was does not matter to the rule."""
        if fate is Fate.ANSWERED:
            self._answered.append(ready)

        if not self._lent:
            self._own.settle(ready, fate)
            return

        self._ended.append(_Ended(self._lent.popleft(), ready, fate))
        self._again = min(self._again, ready)
        self._tell()

    def spare(self) -> None:
        """Bring back what was fetched."""
        while self._kept:
            self._bring_back(self._kept.popleft())

    def _mine(self, now: float, calls: int) -> int:
        """Give the calls a second that are ours without asking anybody."""
        return calls * self._own_part // WHOLE if now < self._own_until else 0

    def _bring_back_stale(self, now: float) -> None:
        while self._kept and self._kept[0].until <= now:
            self._bring_back(self._kept.popleft())

    def _bring_back(self, kept: _Kept) -> None:
        self._ended.append(_Ended(kept.ticket, -math.inf, Fate.UNSPENT))
        self._tell()

    # --- trips -----------------------------------------------------------------------

    def needs_care(self, now: float, wish: Wish) -> bool:
        """Tell whether a trip is worth it: somebody waits and nothing is here."""
        if self._needs_share(now):
            return True

        self._bring_back_stale(now)
        if not wish.slots or self._kept or self._has_own(now, wish.calls):
            return False

        return now >= self._again or (wish.is_urgent and not self._hurried)

    async def care(self, now: float, wish: Wish) -> None:
        """Make a trip.

        Raises:
            NotSent: The store does not answer, and we keep no share of our own.
            InvalidInput: It cannot be used.
        """
        try:
            await self._try(now, wish)
        except NotSent:
            if not self._mine(now, wish.calls):
                raise

            self._again = self._lost_until

    async def _try(self, now: float, wish: Wish) -> None:
        if self._lost is not None and now < self._lost_until:
            # Whoever is next in line has as little to hope for, and need not wait.
            raise NotSent(self._lost.message, next_move=self._lost.next_move)

        try:
            await self._teller.ask(partial(self._visit, wish))
        except TimeoutError:
            raise self._losing(self._late()) from None

    def _needs_share(self, now: float) -> bool:
        """Tell whether it is time to ask for our own share, or to say that we live."""
        if not self._share or (self.is_lost and now < self._lost_until):
            return False

        return now - self._given_at >= self._terms.hold / 2

    def _has_own(self, now: float, calls: int) -> bool:
        mine = self._mine(now, calls)
        return bool(mine) and self._own.has_room(now, mine)

    def _tell(self) -> None:
        """Have a trip made for which nobody waits."""
        if self._is_told or self._clock() < self._lost_until:
            return

        self._is_told = True
        self._teller.tell(self._tidy)

    def _tidy(self) -> None:
        self._is_told = False
        if not (self._ended or self._untold):
            return  # somebody's trip has taken it along

        # Whoever wants a slot next is told.
        with contextlib.suppress(NotSent, InvalidInput):
            self._visit(Wish(calls=self._calls))

    def part(self) -> None:
        """Bring back what is left, and our own share; on the teller's thread."""
        self._share = 0
        self.spare()
        if self._given_at > -math.inf and not self.is_lost:
            self._tidy()

    # --- on the teller's thread ------------------------------------------------------

    def _visit(self, wish: Wish) -> None:
        """Bring and fetch; what is fetched is ours even if nobody waits any more."""
        self._calls = wish.calls
        ended = [self._ended.popleft() for _ in range(len(self._ended))]
        untold, self._untold = self._untold, None
        sent = self._clock()
        try:
            given = self._lender.lend(self._asking(wish, ended, untold, sent))
        except (NotSent, InvalidInput) as error:
            self._ended.extendleft(reversed(ended))
            self._remember(untold)
            if isinstance(error, NotSent):
                self._losing(error)

            raise

        self._heed(given, wish, sent)

    def _remember(self, untold: Learned | None) -> None:
        """Keep for the next trip what could not be told; what came later wins."""
        if self._untold is None:
            self._untold = untold

    def _asking(
        self, wish: Wish, ended: list[_Ended], untold: Learned | None, now: float
    ) -> Ask:
        back = tuple(
            Back(ticket=each.ticket, rest=max(each.ready - now, -1.0), fate=each.fate)
            for each in ended
        )
        ask = Ask(
            gate=self._gate,
            owner=self._owner,
            terms=self._terms,
            calls=wish.calls,
            slots=wish.slots,
            is_urgent=wish.is_urgent,
            share=self._share,
            back=back,
        )
        if untold is None:
            return ask

        is_taught = not math.isinf(untold.calls)
        return evolve(
            ask,
            taught=int(untold.calls) if is_taught else 0,
            ago=now - untold.since if is_taught else 0.0,
            pause=untold.pause(now),
        )

    def _heed(self, given: Given, wish: Wish, sent: float) -> None:
        now = self._clock()
        usable = now + given.delay
        self._kept.extend(
            # Not used for so long, it is brought back: the store counts on that.
            _Kept(ticket, usable, usable + self._terms.period)
            for ticket in given.tickets
        )
        self._lost, self._lost_until = None, -math.inf
        self._given, self._given_at = given, now
        # By the moment the trip began: the store heard of us later than that.
        self._own_part, self._own_until = given.share, sent + self._terms.hold
        ours = len(self._lent) + len(self._kept) + len(self._ended)
        self._others = max(0, given.in_flight - ours)
        self._learned = self._learned.merged(given.learned(now))
        if wish.slots:
            self._again, self._hurried = now + given.wait, wish.is_urgent

    def _losing(self, error: NotSent) -> NotSent:
        self._lost = error
        self._lost_until = self._clock() + _BETWEEN_TRIES
        return error
