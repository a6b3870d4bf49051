"""The gates that a call passes."""

from __future__ import annotations

import pytest

from esa_flows.errors import NotSent
from esa_flows.wire.gate import Gate
from esa_flows.wire.rule import Rule
from esa_flows.wire.slots import Slots
from esa_flows.wire.way import Way


async def test_gates_are_made_once_and_in_their_order() -> None:
    """Whoever comes later finds them open."""
    made: dict[str, Gate] = {}

    async def make(name: str) -> Gate:
        """Make a gate, unless it is there."""
        return made.setdefault(name, Gate(Rule(), Slots(), clock=lambda: 0.0))

    way = Way(("esa.A", "account"), make, lambda: 0.0)
    before = way.gates
    gates = await way.open()

    assert before == ()
    assert ["esa.A", "account"] == list(made)
    assert gates == way.gates == tuple(made.values())


async def test_a_way_stays_closed_while_a_gate_of_it_is_missing() -> None:
    """Nobody passes one gate and not the other; the next to come tries again."""

    async def make(name: str) -> Gate:
        """Have no slots for the account."""
        if name == "account":
            raise NotSent("No slots for the account.")

        return Gate(Rule(), Slots(), clock=lambda: 0.0)

    way = Way(("esa.A", "account"), make, lambda: 0.0)
    with pytest.raises(NotSent, match="No slots for the account"):
        await way.open()

    assert way.gates == ()
