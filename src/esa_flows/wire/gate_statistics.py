"""Tell what a gate has done and is doing, and add up gates that count apart."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

__all__ = ["GateStatistics", "added"]


@frozen(kw_only=True)
class GateStatistics:
    """What a gate has done and is doing.

    Attributes:
        calls: Calls allowed in any second by the settings.
        allowed: Calls allowed now; fewer where the provider was found to take fewer.
        in_flight: Slots lent now, to everybody who shares them.
        waiting: Callers of this client that wait for a slot now.
        settled: Calls answered so far, refused ones too.
        unknown: Calls whose outcome is unknown, so far.
        unspent: Slots that came back unused, so far.
        throttled: Calls refused for being too many, so far.
        paused: Seconds for which nothing leaves, because the provider asked for it.
    """

    calls: int
    allowed: int
    in_flight: int
    waiting: int
    settled: int
    unknown: int
    unspent: int
    throttled: int = 0
    paused: float = 0.0


def added(gates: Iterable[GateStatistics], *, calls: int) -> GateStatistics:
    """Add up gates that count apart.

    Args:
        gates: What each has done.
        calls: Calls allowed in any second where there is none yet.
    """
    each = list(gates)
    return GateStatistics(
        calls=min((gate.calls for gate in each), default=calls),
        allowed=min((gate.allowed for gate in each), default=calls),
        in_flight=sum(gate.in_flight for gate in each),
        waiting=sum(gate.waiting for gate in each),
        settled=sum(gate.settled for gate in each),
        unknown=sum(gate.unknown for gate in each),
        unspent=sum(gate.unspent for gate in each),
        throttled=sum(gate.throttled for gate in each),
        paused=max((gate.paused for gate in each), default=0.0),
    )
