"""What of a plan is shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.cli.rollouts.fleets import outline, wave

from esa_flows.cli.rollouts.outline import Outline
from esa_flows.fleet.makespan import Pace
from esa_flows.fleet.plan import Course, PlannedRoutine, PlannedWave, RolloutPlan
from esa_flows.fleet.spec import FailureBudget
from esa_flows.fleet.way_back import Return, WayBack
from esa_flows.model import Duration, RoutineId

SHOP = RoutineId("shop")


def test_an_outline_is_taken_from_a_plan() -> None:
    """Waves with their routines, shares and times, calls, and what is tolerated."""
    plan = RolloutPlan(
        run="7k2f7k2f7k2f",
        name="nightly",
        made_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        routines=(PlannedRoutine(routine=SHOP, course=Course.RELEASE, wave=1),),
        waves=(
            PlannedWave(
                number=1,
                name="first",
                routines=(SHOP,),
                steps=("25 → 100", "100"),
                bake=Duration(60),
                least=Duration(2),
                rollback=Duration(0.5),
                calls={"observe": 9, "post": 1},
            ),
        ),
        budget=FailureBudget(),
        tolerated=2,
        calls_per_second=50,
    )

    found = Outline.of(plan)

    (one,) = found.waves
    assert ("nightly", 9, 2, 50, 1) == (
        found.name,
        found.calls,
        found.tolerated,
        found.cap,
        found.size,
    )
    assert ("wave 1 first", ("shop",), "25 → 100 or 100") == (
        one.label,
        one.routines,
        one.steps,
    )
    assert (60.0, 2.0, 0.5) == (one.bake, one.least, one.back)


def test_an_outline_is_read_from_a_journal() -> None:
    """From what is recorded of the rollout's input; calls are, where it has them."""
    release = {"routine": "shop", "canary": {"stages": [{"percentage": 25}, {}]}}
    recorded: dict[str, Any] = {
        "name": "nightly",
        "waves": [
            {
                "number": 1,
                "name": "",
                "bake": "1m",
                "limits": {"fleet": 2},
                "tasks": [{"setting": {"release": release}}],
            }
        ],
    }

    found = Outline.read(recorded, cap=50)

    (one,) = found.waves
    assert (0, 2, 50, "nightly") == (
        found.calls,
        found.tolerated,
        found.cap,
        found.name,
    )
    assert (("shop",), 60.0, 0.06, "25 → 2") == (
        one.routines,
        one.bake,
        one.back,
        one.steps,
    )
    assert 0 == Outline.read({"name": "", "waves": []}).tolerated

    expected = {"calls": 33, "time": "1m2s", "bound": "bake"}
    (told,) = recorded["waves"]
    more = {**recorded, "expected": expected, "waves": [{**told, "least": "2s"}]}
    whole = Outline.read(more)
    assert (33, 62.0, "bakes") == (whole.calls, whole.seconds, whole.bound)
    assert 2.0 == whole.waves[0].least


def test_a_routine_is_found_in_its_wave() -> None:
    """One that is in none has none."""
    assert (1, 2, 0) == tuple(map(outline().wave_of, ("shop", "blog", "other")))
    assert "wave 3" == wave(3).label


def test_an_outline_of_a_way_back() -> None:
    """Only what goes back, wave by wave; the time is shared out by calls."""
    one = Return(routine=SHOP, wave=2, calls=6)
    staged = Return(routine=RoutineId("cart"), wave=1, calls=3)
    plan = WayBack(name="nightly", returns=(one, staged), pace=Pace(calls=50))

    found = Outline.back(plan)

    assert [(1, ("cart",)), (2, ("shop",))] == [
        (wave.number, wave.routines) for wave in found.waves
    ]
    assert (9, 50, 0) == (found.calls, found.cap, found.tolerated)
    assert plan.minimum_time.seconds == pytest.approx(sum(w.least for w in found.waves))
    assert () == Outline.back(WayBack(name="", returns=(), pace=Pace())).waves
