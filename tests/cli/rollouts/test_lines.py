"""A rollout as plain lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.cli.rollouts.fleets import Fleet

from esa_flows.cli.rollouts.lines import FleetLines
from esa_flows.engine.observe import Happening, Moment


def _story(fleet: Fleet, *acts: Callable[[], Happening]) -> list[str]:
    lines, told = FleetLines(fleet.progress), list[str]()
    for act in acts:
        happening = act()
        told += lines.lines(happening, fleet.moved)
        told += lines.commands(fleet.moved)

    return told


def test_a_rollout_is_told_turn_by_turn() -> None:
    """Waves with their counts, routines with their shares, failures with why."""
    fleet = Fleet.of()

    assert [
        "12:00:00  run 7k2f7k2f7k2f begins",
        "12:00:00  wave 1 begins: 1 routine",
        "12:00:00  shop: goes to 25 % of production",
        "12:00:00  shop: goes to 100 % of production",
        "12:00:00  shop: released",
        "12:00:00  bake of wave 1: 1m 00s, until 12:01:00 UTC",
        "12:00:00  wave 1: 1 released",
        "12:00:00  wave 2 begins: 2 routines",
        "12:00:00  cart: ready",
        "12:00:00  cart: goes to 100 % of production",
        "12:00:00  cart: rolled back: It answered 500.",
        "::warning title=cart::cart: rolled back: It answered 500.",
        "12:00:00  blog: failed",
        "::warning title=blog::blog: failed",
        "12:00:00  wave 2: 1 failed, 1 rolled back",
    ] == _story(
        fleet,
        lambda: fleet.tell(Moment.RUN_STARTED, flow="rollout", subject=""),
        lambda: fleet.begin("shop"),
        lambda: fleet.step("shop", "deploy[production:25]#1"),
        lambda: fleet.step("shop", "deploy[production:100]#1"),
        lambda: fleet.end("shop", "released"),
        lambda: fleet.tell(Moment.SLEEPING, "sleep[wave:1]#1", seconds=60.0),
        lambda: fleet.begin("cart", "prepare"),
        lambda: fleet.end("cart", "prepared", flow="prepare"),
        lambda: fleet.begin("cart", "expose"),
        lambda: fleet.step("cart", "deploy[production:100]#1", "expose"),
        lambda: fleet.end("cart", "rolled back", "It answered 500.", "expose"),
        lambda: fleet.begin("blog"),
        lambda: fleet.end("blog", "failed"),
        lambda: fleet.tell(Moment.RUN_ENDED, event="succeed"),
    )


@pytest.mark.parametrize("moment", [Moment.RUN_ENDED, Moment.RUN_STOPPED])
def test_a_rollout_that_released_nothing(moment: Moment) -> None:
    """Has no wave to tell of; runs that nobody planned are in none."""
    fleet = Fleet.of()

    assert ["12:00:00  other: released"] == _story(
        fleet,
        lambda: fleet.begin("other"),
        lambda: fleet.end("other", "released"),
        lambda: fleet.tell(moment, event="succeed"),
    )
