"""Keep to the provider's limit on calls per second, whatever it is counted by.

Nobody says whether calls are counted for the whole account or for each operation of it.
So a call passes two gates, its operation's and then the account's; that is safe under
every reading. Who knows that only operations are counted can take the account's away.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, Self

import anyio
import anyio.lowlevel
from attrs import asdict, evolve, field, frozen

from esa_flows.errors import Misuse, Throttled
from esa_flows.wire.gate import Gate, KeptBack
from esa_flows.wire.gate_statistics import GateStatistics, added
from esa_flows.wire.lane import Lane, lane_for
from esa_flows.wire.learned import Reach, reach_of
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Fate, Slots, SlotStore
from esa_flows.wire.way import Way

__all__ = ["Cap", "CapStatistics", "InMemory", "Scope", "Slot", "SlotStores"]

_ACCOUNT = "account"
# Looking up a member of an enumeration costs as much as settling.
_UNSPENT, _ANSWERED, _REFUSED = Fate.UNSPENT, Fate.ANSWERED, Fate.REFUSED


class Scope(enum.StrEnum):
    """What the provider counts together."""

    ACCOUNT = "account"
    OPERATION = "operation"


class SlotStores(Protocol):
    """Makes the stores of a cap's gates.

    Attributes:
        shared: With whom the slots are shared, in a few words.
        is_lost: Whether the slots that are shared cannot be asked for now.
    """

    @property
    def shared(self) -> str:
        """With whom the slots are shared, in a few words."""
        ...

    @property
    def is_lost(self) -> bool:
        """Whether the slots that are shared cannot be asked for now."""
        ...

    async def open(self, gate: str, key: str) -> SlotStore:
        """Open the slots of one gate.

        Args:
            gate: What is counted, such as ``account``.
            key: Whose calls are counted: an access key's id.

        Raises:
            InvalidInput: They cannot be shared as they are found.
        """
        ...


class InMemory:
    """Keeps slots in this process alone."""

    shared = "this client alone"
    is_lost = False

    async def open(self, gate: str, key: str) -> SlotStore:  # noqa: ARG002  nobody to share with
        """Give new slots; see `SlotStores.open`."""
        return Slots()


@frozen(kw_only=True)
class CapStatistics(GateStatistics):
    """What a cap has done and is doing; the account's gate, where there is one.

    Attributes:
        waiting_for_operation: Callers that wait before the gate of an operation.
        operations: The gate of each operation called so far.
        shared: With whom the slots are shared.
        is_lost: Whether the slots that are shared cannot be asked for now.
    """

    waiting_for_operation: int = 0
    operations: dict[str, GateStatistics] = field(factory=dict)
    shared: str = InMemory.shared
    is_lost: bool = False


class Slot:
    """The right to send one call, lent by a `Cap`; good for one call.

    Entering its context waits for one's turn. Say `not_sent` or `answered` as soon as
    it is known; leaving without either means that the call may still be under way. The
    first word counts.

    Args:
        way: The gates it is lent by.
        lane: Who goes first.
    """

    __slots__ = ("_held", "_lane", "_lent", "_open", "_way")

    def __init__(self, way: Way, lane: Lane) -> None:
        self._way = way
        self._lane = lane
        self._held = 0
        self._lent = 0.0
        self._open = True

    async def __aenter__(self) -> Self:
        if self._held or not self._open:
            raise Misuse("A slot is good for one call; ask the cap for another.")

        try:
            # The one checkpoint where nobody waits: who is cancelled takes no slot.
            await anyio.lowlevel.checkpoint_if_cancelled()
            way, lane = self._way, self._lane
            gates = way.gates or await way.open()
            now = way.clock()
            for gate in gates:
                if not gate.grab(lane, now):
                    now = await self._waited(gate)

                self._held += 1

            self._lent = now
        except BaseException:
            self.not_sent()
            raise

        return self

    async def __aexit__(self, *_: object) -> None:
        if self._open:
            self.unknown()

    def not_sent(self) -> None:
        """Give the slot back: the request surely never left."""
        self._end(_UNSPENT)

    def answered(self) -> None:
        """Settle the slot now: the response is here."""
        self._end(_ANSWERED)

    def throttled(self, error: Throttled) -> None:
        """Settle the slot and learn: the response says that there are too many calls.

        Args:
            error: The refusal; says which gate it was about.
        """
        if not self._open:
            return

        # The operation's gate is the first that is held, the account's the last.
        blamed = self._way.gates[0 if reach_of(error) is Reach.OPERATION else -1]
        self._end(_ANSWERED, blamed=blamed)
        blamed.throttled(error.retry_after)

    def unknown(self) -> None:
        """Settle the slot as late as the call may still be counted."""
        self._end(Fate.UNKNOWN)

    async def _waited(self, gate: Gate) -> float:
        """Wait at a gate; whoever is kept back there comes again from the first one.

        What it held on the way there is given back: those may wait for it who may go.
        """
        held, lane = self._held, self._lane
        while True:
            try:
                return await gate.take(lane, holds=held > 0)
            except KeptBack:
                self._settle(_UNSPENT)
                self._held = 0

            for earlier in self._way.gates[:held]:
                await earlier.take(lane)
                self._held += 1

    def _end(self, fate: Fate, *, blamed: Gate | None = None) -> None:
        if not self._open:
            return

        self._open = False
        self._settle(fate, blamed)

    def _settle(self, fate: Fate, blamed: Gate | None = None) -> None:
        now = self._way.clock()
        for gate in self._way.gates[: self._held]:
            gate.settle(_REFUSED if gate is blamed else fate, self._lent, now)

    def __repr__(self) -> str:
        return f"<Slot {'lent' if self._open else 'returned'}>"


class Cap:
    """At most so many calls in any second, as the server counts them.

    Args:
        calls: Calls of the account allowed in any second; at least one.
        per_operation: Calls of each operation allowed in any second, or what gives
            them by its name; as `calls` where left out.
        scope: What the provider counts together: with `operation` there is no gate for
            the account.
        period: Seconds a slot rests after its call was answered.
        grace: Seconds within which a call of unknown outcome has been counted.
        burst: Calls that may leave at once; what is above is spread over the second.
        credit: Which part of the shortest round trip seen is taken off the rest of a
            slot; 0 for the strict rule.
        learns: Whether refusals lower the rate; only who measures the cap wants not.
        stores: Where slots are kept; by default in this process alone.
        clock: Seconds that never go backwards; the clock of the stores.

    Raises:
        InvalidInput: No call would ever be allowed, or the numbers are none.
    """

    def __init__(  # noqa: PLR0913  each is a number of the rule and has its default
        self,
        calls: int = 100,
        *,
        per_operation: int | Callable[[str], int] | None = None,
        scope: Scope | str = Scope.ACCOUNT,
        period: float = Rule().period,
        grace: float = Rule().grace,
        burst: int = Rule().burst,
        credit: float = Rule().credit,
        learns: bool = True,
        stores: SlotStores | None = None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._rule = Rule(
            calls=calls,
            period=period,
            grace=grace,
            burst=burst,
            credit=credit,
            learns=learns,
        )
        self._each = _by_name(self._rule, per_operation)
        self._scope = Scope(scope)
        self._stores = stores or InMemory()
        self._clock = clock
        self._key = ""
        self._gates: dict[str, Gate] = {}
        self._ways: dict[str, Way] = {}
        self._only: list[Lane] = []
        # No checkpoint where nobody waits: the first to come must stay the first.
        self._opening = anyio.Lock(fast_acquire=True)

    def slot(
        self, operation: str = "", *, lane: Lane = Lane.DEPLOY, key: str = ""
    ) -> Slot:
        """Wait for one's turn, and hold the right to send one call.

        Args:
            operation: What is called; it has a gate of its own.
            lane: Who goes first; on the way back the first lane, whatever is said.
            key: Whose call it is: an access key's id. The first one given counts from
                then on, so that a session that is renewed does not begin anew.

        Returns:
            The slot; enter its context to wait for it, and tell it what became of the
            call.

        Raises:
            NotSent: On entering: the slots are shared and cannot be asked for.
            InvalidInput: On entering: they cannot be shared as they are found.
        """
        self._key = self._key or key
        return Slot(self._ways.get(operation) or self._way(operation), lane_for(lane))

    @contextmanager
    def only(self, last: Lane) -> Iterator[None]:
        """Keep the cap for some lanes, while the context is open.

        A way back that must not wait keeps it for `Lane.ROLLBACK`: whatever else waits
        goes on waiting, and holds no slot of an operation meanwhile.

        Args:
            last: The last lane that may go.
        """
        self._only.append(last)
        self._keep()
        try:
            yield
        finally:
            self._only.remove(last)
            self._keep()

    def statistics(self) -> CapStatistics:
        """Tell what the cap has done and is doing."""
        each = {name: gate.statistics() for name, gate in self._gates.items()}
        account = each.pop(_ACCOUNT, None)
        total = account or added(each.values(), calls=self._rule.calls)
        waiting = sum(gate.waiting for gate in each.values())
        return CapStatistics(
            **asdict(total, recurse=False),
            waiting_for_operation=waiting,
            operations=each,
            shared=self._stores.shared,
            is_lost=self._stores.is_lost,
        )

    def __repr__(self) -> str:
        now = self.statistics()
        return f"<Cap {now.calls}/s, {now.in_flight} in flight, {now.waiting} waiting>"

    def _keep(self) -> None:
        for gate in self._gates.values():
            gate.keep_for(self._last)

    @property
    def _last(self) -> Lane:
        return min(self._only, default=Lane.HOUSEKEEPING)

    def _way(self, operation: str) -> Way:
        names = self._names(operation)
        return self._ways.setdefault(operation, Way(names, self._open, self._clock))

    def _names(self, operation: str) -> tuple[str, ...]:
        """Give the gates a call passes, in their order."""
        if not operation:
            return (_ACCOUNT,)

        is_counted_alone = self._scope is Scope.OPERATION
        return (operation,) if is_counted_alone else (operation, _ACCOUNT)

    async def _open(self, name: str) -> Gate:
        async with self._opening:
            if name not in self._gates:
                self._gates[name] = await self._gate(name)

            return self._gates[name]

    async def _gate(self, name: str) -> Gate:
        # Where the account has a gate that is shared, the others only have to learn.
        is_shared = name == _ACCOUNT or self._scope is Scope.OPERATION
        stores = self._stores if is_shared else InMemory()
        store = await stores.open(name, self._key)
        rule = self._rule if name == _ACCOUNT else self._each(name)
        return Gate(rule, store, last=self._last, clock=self._clock)


def _by_name(
    rule: Rule, calls: int | Callable[[str], int] | None
) -> Callable[[str], Rule]:
    """Give the rule of each operation."""
    if callable(calls):
        return lambda name: evolve(rule, calls=calls(name))

    each = rule if calls is None else evolve(rule, calls=calls)
    return lambda _: each
