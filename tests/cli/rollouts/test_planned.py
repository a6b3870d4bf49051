"""A rollout's plan as people read it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from attrs import evolve
from rich.console import Console
from tests.fleet.test_plan import made_plan

from esa_flows.cli.rollouts.planned import planned_rollout
from esa_flows.fleet.plan import Bound, PlannedAccount, RolloutPlan
from esa_flows.fleet.spec import FailureBudget
from esa_flows.model import Duration
from esa_flows.model.freeze import Window


def _shown(plan: RolloutPlan) -> str:
    file = io.StringIO()
    page = Console(file=file, width=200, color_system=None)
    page.print(*planned_rollout(plan), sep="\n")
    return file.getvalue()


def test_it_shows_waves_calls_time_and_the_budget() -> None:
    """All that a person decides by, before anything is done."""
    shown = _shown(made_plan())

    for words in (
        "rollout: 2 routines (run abcd)",
        "  release     1",
        "  refuse      1\n    cart: It is gone.",
        "10 → 100",
        "2 and 1 upload (observe 2)",
        "at most 100 calls a second; a call takes 0 ms",
        "at least 1m 02s, bound by the cap",
        "ends at more than 0, strict; then its wave goes back",
    ):
        assert words in shown


def test_it_says_how_a_budget_was_rounded() -> None:
    """And what it is in a wave; what bounds the time; what else to know."""
    budget = FailureBudget(fleet="2%", wave=1, mode="soft", on_exhausted="stop")
    plan = evolve(made_plan(), budget=budget, bound=Bound.LATENCY, notes=("Odd.",))
    shown = _shown(plan)

    assert "more than 0 (2%, rounded down); in one wave more than 1, soft" in shown
    assert "nothing more begins" in shown
    assert "bound by how long calls take" in shown
    assert "note        Odd." in shown


def test_a_wave_without_routines_exposes_nobody() -> None:
    """All of it is as wanted already: it is in the table, and nothing is told of it."""
    plan = made_plan()
    (full,) = plan.waves
    nobody = evolve(full, number=2, routines=(), calls={}, steps=())
    shown = _shown(evolve(plan, waves=(full, nobody)))

    assert "\n2 " in shown
    assert "wave 1 " in shown
    assert "wave 2 " not in shown


def test_a_plan_that_does_nothing_costs_nothing() -> None:
    """Its routines are told all the same."""
    plan = RolloutPlan(
        run="abcd",
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
        routines=made_plan().routines[1:],
        waves=(),
        budget=FailureBudget(),
    )

    assert "calls" not in _shown(plan)


def test_it_says_where_it_runs_into_a_freeze_window() -> None:
    """Before it is begun, so that somebody can choose another time."""
    made = made_plan().made_at
    begins = made + timedelta(seconds=30)
    window = Window(begins=begins, ends=begins + timedelta(hours=1))

    assert "this plan runs into it, and waits there for its end" in _shown(
        evolve(made_plan(), window=window)
    )


def test_it_shows_what_each_account_takes() -> None:
    """With the access key, masked, and which one bounds the whole."""
    accounts = (
        PlannedAccount(access_key="LTAI…0001", routines=1, calls={"observe": 2}),
        PlannedAccount(
            name="eu",
            access_key="LTAI…Eu01",
            calls_per_second=20,
            latency=0.05,
            routines=3,
            calls={"observe": 30, "post": 1},
            least=Duration(2),
        ),
    )
    shown = _shown(evolve(made_plan(), accounts=accounts, limit=20))

    for words in (
        "ACCOUNT",
        "(own)    LTAI…0001   1         2      100/s  0 ms",
        "eu       LTAI…Eu01   3         30     20/s   50 ms   2.0 s",
        "bound by the cap of eu",
        "limit       20 calls a second in each account: the rest is for others",
    ):
        assert words in shown

    assert "a call takes" not in shown
