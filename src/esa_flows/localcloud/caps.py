"""The caps of every account, and what arrived from every key.

A call passes when every gate in scope lets it pass; a refused call takes from none.
The two APIs are counted apart.
"""

from __future__ import annotations

from math import ceil

from attrs import define, field

from .call import Product
from .refusal import CloudError
from .switches import CapScope, Switches
from .throttle import Gate, Tally, make_gate
from .values import Headers

Lane = tuple[str, Product, str]  # a key or an account, an API, an operation or ""


@define
class Caps:
    """Gates by account and operation, tallies by access key and operation.

    Attributes:
        tallies: what arrived, by access key id, API and operation; ``""`` for all.
        throttled: calls refused by a gate.
    """

    tallies: dict[Lane, Tally] = field(factory=dict, init=False)
    throttled: int = field(default=0, init=False)
    _gates: dict[Lane, Gate] = field(factory=dict, init=False, repr=False)

    def arrived(self, key_id: str, product: Product, operation: str, at: float) -> None:
        """Count an arrival, whatever becomes of it."""
        for name in {"", operation}:
            lane = (key_id, product, name)
            if lane not in self.tallies:
                self.tallies[lane] = Tally()

            self.tallies[lane].count(at)

    def admit(self, lane: Lane, at: float, switches: Switches) -> Headers:
        """Let a call pass and return the headers that tell what remains.

        Args:
            lane: account, API and operation of the call.
            at: arrival on the monotonic clock, seconds.
            switches: the cap and its scopes.

        Raises:
            CloudError: a throttling code; the call counts against no gate.
        """
        if switches.cap is None:
            return ()

        gates = self._in_scope(lane, switches, switches.cap)
        waits = [(gate.wait(at), name) for name, gate in gates]
        wait, name = max(waits, default=(0.0, ""))
        if wait > 0:
            self.throttled += 1
            raise throttling(switches, of_account=not name, wait=wait)

        for _, gate in gates:
            gate.take()

        if not switches.ratelimit_headers:
            return ()

        remain = min((gate.remain() for _, gate in gates), default=0)
        told = f"Limit:{switches.cap},Remain:{remain},TimeLeft:1000,Reset:1"
        return (("x-ratelimit-user-api", told),)

    def _in_scope(
        self, lane: Lane, switches: Switches, cap: int
    ) -> list[tuple[str, Gate]]:
        """Return the gates a call must pass, each with its operation's name."""
        account, product, operation = lane
        names = {"account": "", "operation": operation}
        held = []
        for scope in scopes_of(product, switches):
            key = (account, product, names[scope])
            if key not in self._gates:
                self._gates[key] = make_gate(switches.cap_window, cap)

            held.append((names[scope], self._gates[key]))

        return held


def scopes_of(product: Product, switches: Switches) -> frozenset[CapScope]:
    """Return which gates hold for an API."""
    return switches.cap_scope if product == "esa" else switches.dcdn_cap_scope


def throttling(
    switches: Switches, *, of_account: bool, wait: float, code: str | None = None
) -> CloudError:
    """Return the refusal of a call over the cap.

    Args:
        switches: say status, code and whether the wait is told.
        of_account: which gate refused: the account's or the operation's.
        wait: seconds until a call could pass.
        code: another code than the switches'.
    """
    told = "Throttling.User" if of_account else "Throttling.Api"
    headers: Headers = ()
    if switches.retry_after:
        headers = (("x-acs-retry-after", str(max(1, ceil(wait * 1000)))),)

    return CloudError(
        code or switches.throttle_code or told,
        "Request was denied due to user flow control.",
        switches.throttle_status,
        headers=headers,
    )
