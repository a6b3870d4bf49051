"""What a child run is begun as."""

from __future__ import annotations

from attrs import evolve
from tests.engine.flows import one

from esa_flows.engine.family import Birth


def test_a_birth_gets_its_id_later() -> None:
    """The flow says what to run; the parent numbers it."""
    birth = Birth(flow=one, value="x", subject="shop")

    assert ("", "run.1") == (birth.id, evolve(birth, id="run.1").id)
