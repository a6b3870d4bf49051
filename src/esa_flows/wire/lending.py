"""What is said between a client and a store of slots that is far away; values only.

A client brings back slots and asks for others in one trip. The store decides by Rule W
and by its own clock, under a lock. Between two clocks only durations travel: whatever
the way costs makes a slot ready later, never earlier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, Self

from attrs import frozen

from esa_flows.wire.learned import Learned
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate

__all__ = ["FORM", "WHOLE", "Ask", "Back", "Given", "Lender", "Terms"]

FORM = 1
"""Of what a store keeps; one of another form is refused."""

WHOLE = 1_000_000
"""Shares are told in millionths, so that their sum is exact."""

_SECOND = 1_000_000
_LEASE = 60.0
_HOLD = 600.0
_FATES = {Fate.ANSWERED: 0, Fate.REFUSED: 1, Fate.UNKNOWN: 1, Fate.UNSPENT: 2}


def _micros(seconds: float) -> int:
    """Give microseconds; rounded up, so that nothing is ready too early."""
    return math.ceil(seconds * _SECOND)


@frozen(kw_only=True)
class Terms:
    """How long a store waits for what.

    Attributes:
        period: Seconds a slot rests.
        rest: Seconds after which the call of a client that is gone is surely counted
            and a period has passed.
        birth: Seconds for which a store that knows nothing lends nothing: whatever it
            may have forgotten is used, counted and over then.
        lease: Seconds after which a slot that was not brought back is taken back.
        hold: Seconds for which a client's own share is kept after its last trip.
    """

    period: float
    rest: float
    birth: float
    lease: float = _LEASE
    hold: float = _HOLD

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Give the terms of a rule.

        A slot is lent at most a period before it may be used, and used within another.
        """
        rest = rule.grace + rule.period
        return cls(
            period=rule.period,
            rest=rest,
            birth=rest + 2 * rule.period,
            lease=max(_LEASE, 2 * rest),
        )


@frozen(kw_only=True)
class Back:
    """A slot that is brought back.

    Attributes:
        ticket: Which one.
        rest: Seconds from now after which it may be lent again.
        fate: What became of its call.
    """

    ticket: int
    rest: float
    fate: Fate


@frozen(kw_only=True)
class Ask:
    """What a client brings and wants on one trip.

    Attributes:
        gate: Whose slots; tells no key.
        owner: This client's number, never used before.
        terms: How long the store waits for what.
        calls: Calls allowed in any second.
        slots: Slots wanted.
        is_urgent: Whether calls of others that are not wait for these.
        share: Millionths of the cap that this client keeps to itself; 0 to give it up.
        taught: Calls a second that refusals have taught since the last trip; 0 if none.
        ago: Seconds since they did.
        pause: Seconds for which the provider wants nothing to leave.
        back: Slots that are brought back.
    """

    gate: str
    owner: int
    terms: Terms
    calls: int = 1
    slots: int = 0
    is_urgent: bool = False
    share: int = 0
    taught: int = 0
    ago: float = 0.0
    pause: float = 0.0
    back: tuple[Back, ...] = ()

    def numbers(self) -> list[int]:
        """Give all but the slots that are brought back, as the stores read them."""
        terms = self.terms
        return [
            self.owner,
            self.calls,
            self.slots,
            int(self.is_urgent),
            _micros(terms.period),
            _micros(terms.rest),
            _micros(terms.birth),
            _micros(terms.lease),
            _micros(terms.hold),
            self.share,
            self.taught,
            _micros(self.ago),
            _micros(self.pause),
        ]

    def returned(self) -> list[tuple[int, int, int]]:
        """Give of each slot brought back its ticket, rest and kind of end."""
        return [
            (back.ticket, _micros(back.rest), _FATES[back.fate]) for back in self.back
        ]


@frozen(kw_only=True)
class Given:
    """What a store says to an `Ask`.

    Attributes:
        tickets: The slots lent: one where they may not be used at once.
        delay: Seconds after which they may be used.
        wait: Seconds after which asking again is worth it, where none was lent.
        in_flight: Slots lent now, to everybody.
        answered: Calls answered within the last period, not refused, of everybody.
        taught: Calls a second that refusals have taught; 0 if none.
        ago: Seconds since they did.
        pause: Seconds for which the provider wants nothing to leave.
        share: Millionths of the cap that this client has to itself from now on.
    """

    tickets: tuple[int, ...] = ()
    delay: float = 0.0
    wait: float = 0.0
    in_flight: int = 0
    answered: int = 0
    taught: int = 0
    ago: float = 0.0
    pause: float = 0.0
    share: int = 0

    @classmethod
    def read(cls, numbers: Sequence[int]) -> Self:
        """Read what a store has written.

        Args:
            numbers: The attributes' values, times in microseconds; tickets come last.
        """
        delay, wait, in_flight, answered, taught, ago, pause, share = numbers[:8]
        return cls(
            tickets=tuple(numbers[8:]),
            delay=delay / _SECOND,
            wait=wait / _SECOND,
            in_flight=in_flight,
            answered=answered,
            taught=taught,
            ago=ago / _SECOND,
            pause=pause / _SECOND,
            share=share,
        )

    def learned(self, now: float) -> Learned:
        """Give what refusals have taught.

        Args:
            now: Seconds on the client's clock.
        """
        return Learned(
            calls=self.taught or math.inf,
            since=now - self.ago if self.taught else -math.inf,
            paused_until=now + self.pause if self.pause else -math.inf,
        )


class Lender(Protocol):
    """Goes to a store of slots; blocks, so it is called in a thread, one at a time."""

    def lend(self, ask: Ask) -> Given:
        """Make one trip, first to open the store where it is not open.

        If this process dies on the way, slots that were lent come back after a lease;
        slots that were brought back and not noted are brought again.

        Raises:
            NotSent: The store does not answer.
            InvalidInput: It cannot be used: it is of another version, say.
        """
        ...

    def interrupt(self) -> None:
        """Make a trip that hangs fail; called from another thread."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
