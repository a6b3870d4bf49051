"""Make the stores of a cap that machines share, and part with them in the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from esa_flows.wire.far_slots import FarSlots
from esa_flows.wire.lender_postgres import PostgresLender
from esa_flows.wire.lender_redis import RedisLender
from esa_flows.wire.lending import WHOLE, Lender, Terms
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import SlotStore
from esa_flows.wire.store_address import StoreAddress, StoreKind
from esa_flows.wire.store_trouble import late
from esa_flows.wire.teller import ThreadTeller

__all__ = ["FarStores"]

_PATIENCE = 5.0


class FarStores:
    """Makes stores at an address; everybody with the same address shares them.

    Whatever their access keys: those of temporary sessions differ on each machine. Two
    accounts that are counted apart are given two addresses.

    Args:
        address: Where slots are kept.
        place: What tells apart clouds at the same address.
        token: This client's number, 1 to 2**52, never used before.
        clock: Seconds that never go backwards; the clock of the cap.
        share: The part of the cap that this client keeps to itself, at least 0 and less
            than 1, and lives on where the store is lost; 0 to send nothing then.
        rule: What the gates keep to; how long slots rest.
        terms: How long the store waits for what; by default as the rule says.
        patience: Seconds that are waited for the store.
    """

    def __init__(
        self,
        address: StoreAddress,
        *,
        place: str,
        token: int,
        clock: Callable[[], float],
        share: float = 0.0,
        rule: Rule = Rule(),
        terms: Terms | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._address = address
        self._place = place
        self._token = token
        self._clock = clock
        self._share = int(share * WHOLE)
        self._terms = terms or Terms.of(rule)
        self._patience = patience
        self._lender = _lender(address, patience)
        self._teller = ThreadTeller(patience, self._lender.interrupt)
        self._stores: list[FarSlots] = []

    @property
    def shared(self) -> str:
        """With whom the slots are shared, and whether that works."""
        lost = ", which cannot be asked now" if self.is_lost else ""
        return f"all clients that share {self._address}{lost}"

    @property
    def is_lost(self) -> bool:
        """Whether the last trip of a gate failed."""
        return any(store.is_lost for store in self._stores)

    async def open(self, gate: str, key: str) -> SlotStore:  # noqa: ARG002  part of the port
        """Give the slots of one gate; the store is asked when somebody wants one.

        Args:
            gate: What is counted.
            key: An access key's id; whoever has the address shares, with any.
        """
        name = hashlib.sha256(f"{self._place}\n{gate}".encode()).hexdigest()
        store = FarSlots(
            gate=name[:32],
            owner=self._token,
            terms=self._terms,
            lender=self._lender,
            teller=self._teller,
            late=partial(late, self._address, self._patience),
            clock=self._clock,
            share=self._share,
        )
        self._stores.append(store)
        return store

    def close(self) -> None:
        """Bring back every slot that is not in use; blocks, so call it in a thread."""
        for store in self._stores:
            self._teller.tell(store.part)

        self._teller.tell(self._lender.close)
        self._teller.close()

    def __repr__(self) -> str:
        return f"<FarStores {self._address}>"


def _lender(address: StoreAddress, patience: float) -> Lender:
    makers: dict[StoreKind, Callable[[StoreAddress, float], Lender]] = {
        StoreKind.POSTGRES: PostgresLender,
        StoreKind.REDIS: RedisLender,
    }
    return makers[address.kind](address, patience)
