"""Adding up gates that count apart."""

from __future__ import annotations

from esa_flows.wire.gate_statistics import GateStatistics, added


def test_gates_that_count_apart_add_up() -> None:
    """The scarcest of them is what a caller meets; without any the settings count."""
    one = GateStatistics(
        calls=9, allowed=4, in_flight=1, waiting=2, settled=3, unknown=0, unspent=1
    )

    assert added([one, one], calls=100).settled == 6
    assert added([one], calls=100) == one
    assert added([], calls=100).allowed == 100
