"""A store of slots in memory that is asked like one far away; what the real ones do.

The suite of lenders holds it to the same promises, so that tests in virtual time may
stand on it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import anyio
from attrs import define, field

from esa_flows.errors import EsaFlowsError
from esa_flows.wire.lending import WHOLE, Ask, Given
from esa_flows.wire.slots import Fate

_DIGITS = 9
"""A clock that reads hours counts a difference no finer."""


@define
class Kept:
    """A share that a client keeps to itself."""

    part: int
    until: float
    lives: bool = False


@define
class Book:
    """What the store knows about one gate."""

    opens: float
    last: int = 0
    lent: dict[int, float] = field(factory=dict)
    answered: list[float] = field(factory=list)
    other: list[float] = field(factory=list)
    shares: dict[int, Kept] = field(factory=dict)
    taught: tuple[float, int] = (0.0, 0)
    paused: float = 0.0
    hurried: tuple[float, int] = (0.0, 0)

    @property
    def busy(self) -> int:
        """Slots that are lent or rest."""
        return len(self.lent) + len(self.answered) + len(self.other)


@define
class MemoryLender:
    """Lends slots that it keeps in memory; many clients may share one.

    Attributes:
        clock: The clock of the store.
        trips: How often it was asked.
        trouble: What a trip fails with; None while all is well.
        on_the_way: What happens while a trip is under way.
    """

    clock: Callable[[], float]
    trips: int = 0
    trouble: EsaFlowsError | None = None
    on_the_way: Callable[[], None] = lambda: None
    books: dict[str, Book] = field(factory=dict)

    def lend(self, ask: Ask) -> Given:
        """Make one trip."""
        self.trips += 1
        self.on_the_way()
        if self.trouble is not None:
            raise self.trouble

        now = self.clock()
        book = self.books.setdefault(ask.gate, Book(now + ask.terms.birth))
        self._take_back(book, ask, now)
        limit = self._limit(book, ask, now)
        if ask.taught and now - ask.ago > book.taught[0]:
            book.taught = (now - ask.ago, ask.taught)

        book.paused = max(book.paused, now + ask.pause if ask.pause else 0.0)
        count, delay, wait = self._decided(book, ask, limit, now)
        if count and ask.is_urgent and book.hurried[1] == ask.owner:
            book.hurried = (0.0, 0)

        tickets = tuple(range(book.last + 1, book.last + count + 1))
        book.last += count
        book.lent |= dict.fromkeys(tickets, now)
        kept = book.shares.get(ask.owner)
        return Given(
            tickets=tickets,
            delay=round(delay, _DIGITS),
            wait=round(wait, _DIGITS),
            in_flight=len(book.lent),
            answered=len(book.answered),
            taught=book.taught[1],
            ago=now - book.taught[0] if book.taught[1] else 0.0,
            pause=max(0.0, book.paused - now),
            share=kept.part if kept and kept.lives and ask.share else 0,
        )

    def interrupt(self) -> None:
        """Do nothing: trips are short."""

    def close(self) -> None:
        """Keep everything for the others."""

    @staticmethod
    def _take_back(book: Book, ask: Ask, now: float) -> None:
        for back in ask.back:
            if book.lent.pop(back.ticket, None) is None or back.fate is Fate.UNSPENT:
                continue

            row = book.answered if back.fate is Fate.ANSWERED else book.other
            row.append(now + back.rest)

        overdue = [t for t, at in book.lent.items() if at <= now - ask.terms.lease]
        for ticket in overdue:
            del book.lent[ticket]
            book.other.append(now + ask.terms.rest)

        book.answered = [ready for ready in book.answered if ready > now]
        book.other = [ready for ready in book.other if ready > now]

    @staticmethod
    def _limit(book: Book, ask: Ask, now: float) -> int:
        book.shares = {o: kept for o, kept in book.shares.items() if kept.until > now}
        kept = book.shares.pop(ask.owner, None)
        others = sum(each.part for each in book.shares.values())
        least = -(-WHOLE // ask.calls)
        part = kept.part if kept else max(0, min(ask.share, WHOLE - others - least))
        limit = max(1, int(ask.calls * Fraction(WHOLE - others - part, WHOLE)))
        if part:
            hold = ask.terms.hold if ask.share else ask.terms.rest
            lives = bool(kept and kept.lives) or (
                book.busy <= limit and now >= book.opens
            )
            book.shares[ask.owner] = Kept(part, now + hold, lives)

        return limit

    @staticmethod
    def _decided(
        book: Book, ask: Ask, limit: int, now: float
    ) -> tuple[int, float, float]:
        until, by = book.hurried
        if not ask.slots:
            return 0, 0.0, 0.0

        if now < book.opens:
            return 0, 0.0, book.opens - now

        if not ask.is_urgent and by != ask.owner and until > now:
            return 0, 0.0, until - now

        if book.busy < limit:
            return min(ask.slots, limit - book.busy), 0.0, 0.0

        if len(book.lent) < limit:
            delay = sorted(book.answered + book.other)[book.busy - limit] - now
            if delay <= ask.terms.period:
                return 1, delay, 0.0

        if ask.is_urgent:
            book.hurried = (now + ask.terms.period + 0.02, ask.owner)

        return 0, 0.0, ask.terms.period


@define
class ShortTrips:
    """Has trips made in virtual time, each taking a moment; one at a time.

    Attributes:
        way: Seconds each way.
        patience: Seconds that are waited.
    """

    way: float = 0.0
    patience: float = 5.0
    told: list[Callable[[], None]] = field(factory=list)
    _busy: anyio.Lock = field(factory=lambda: anyio.Lock(fast_acquire=True))

    async def ask(self, work: Callable[[], None]) -> None:
        """Have some work done, after what was told before."""
        with anyio.CancelScope(shield=True):
            async with self._busy:
                await anyio.sleep(self.way)
                self.catch_up()
                work()
                await anyio.sleep(self.way)

        if 2 * self.way >= self.patience:
            raise TimeoutError

    def tell(self, work: Callable[[], None]) -> None:
        """Have some work done when somebody asks, or when it is caught up."""
        self.told.append(work)

    def catch_up(self) -> None:
        """Do what was told."""
        while self.told:
            self.told.pop(0)()
