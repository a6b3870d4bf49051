"""Whether a rollout may begin at this time of the calendar."""

from __future__ import annotations

import datetime as dt

import pytest
from attrs import evolve
from tests.fleet.test_plan import made_plan

from esa_flows.errors import Frozen, InvalidInput
from esa_flows.fleet.opening import refuse_frozen, refuse_late
from esa_flows.model.freeze import Freeze, Override

LUNCH = Freeze(cron="0 12 * * *", duration="2h", reason="lunch")
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def test_inside_a_window_it_does_not_begin() -> None:
    """It is told until when, and what can be done."""
    plan = evolve(made_plan(), freezes=(LUNCH,))

    with pytest.raises(Frozen) as caught:
        refuse_frozen(plan, NOON)

    assert (
        "Frozen from Sun 2026-03-01 12:00 until Sun 2026-03-01 14:00 UTC (lunch):"
        " nothing new is exposed, and nothing was begun."
    ) == caught.value.message
    assert "--ignore-freeze REASON" in caught.value.next_move


def test_before_and_after_it_does() -> None:
    """And where there is none, or nothing to do."""
    plan = evolve(made_plan(), freezes=(LUNCH,))

    refuse_frozen(plan, NOON - dt.timedelta(seconds=1))
    refuse_frozen(plan, NOON + dt.timedelta(hours=2))
    refuse_frozen(made_plan(), NOON)
    refuse_frozen(evolve(plan, waves=()), NOON)


def test_what_has_begun_was_told_already() -> None:
    """Whoever breaks the glass later answers where it waits."""
    refuse_late(made_plan(), None)

    with pytest.raises(InvalidInput, match="approve abcd --ignore-freeze REASON"):
        refuse_late(made_plan(), Override(reason="outage", by="ann"))
