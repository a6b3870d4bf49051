"""Where a run belongs."""

from __future__ import annotations

import pytest

from esa_flows.engine.history import History
from esa_flows.engine.place import Elsewhere, refuse_elsewhere
from esa_flows.errors import InvalidInput


@pytest.mark.parametrize(
    ("began", "here"),
    [
        ({}, "dcdn"),
        ({"v": 1}, ""),
        ({"v": 1, "place": ""}, ""),
        ({"v": 1, "place": "dcdn"}, "dcdn"),
    ],
)
def test_a_run_goes_on_where_it_began(began: dict[str, object], here: str) -> None:
    """One without a word for it began at the usual place; one not begun, nowhere."""
    refuse_elsewhere("mine0001", History(started=began), here)


def test_an_engine_may_lead_to_several_places() -> None:
    """To those it was given, besides the one where it is at home."""
    history = History(started={"v": 1, "place": "eu"})
    refuse_elsewhere("mine0001", history, "", {"eu"})

    with pytest.raises(InvalidInput, match="was begun on eu; this is esa"):
        refuse_elsewhere("mine0001", history, "", {"us"})


def test_what_a_place_has_shows_no_ports() -> None:
    """They are many, and say nothing."""
    assert repr(Elsewhere(ports={})).startswith("Elsewhere(budget=")


@pytest.mark.parametrize(
    ("began", "here", "said"),
    [
        ({"v": 1}, "dcdn", "was begun on esa; this is dcdn. .* --cloud esa"),
        ({"v": 1, "place": "dcdn"}, "", "was begun on dcdn; this is esa. .* dcdn"),
    ],
)
def test_it_goes_on_nowhere_else(
    began: dict[str, object], here: str, said: str
) -> None:
    """The sentence says where, and what to write."""
    with pytest.raises(InvalidInput, match=said):
        refuse_elsewhere("mine0001", History(started=began), here)
