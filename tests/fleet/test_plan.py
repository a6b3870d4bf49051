"""A rollout's plan as values and as a file."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from attrs import evolve

from esa_flows.errors import InvalidInput
from esa_flows.fleet.plan import (
    Bound,
    Course,
    PlannedRoutine,
    PlannedWave,
    RolloutPlan,
    SlotBudget,
    calls_of,
    is_rollout_plan,
)
from esa_flows.fleet.spec import FailureBudget
from esa_flows.model import Bundle, Digest, Duration, RoutineId
from esa_flows.release.forecast import Forecast
from esa_flows.release.planned import PlannedRelease
from esa_flows.release.spec import Release

SHOP = RoutineId("shop")
CART = RoutineId("cart")


def _planned(name: RoutineId, *, wave: int = 1) -> PlannedRoutine:
    bundle = Bundle(digest=Digest("a" * 64), size=3)
    release = PlannedRelease(
        run="abcd",
        release=Release(routine=name, bundle=bundle),
        before=None,
        forecast=Forecast(calls={"observe": 2, "post": 1}),
    )
    return PlannedRoutine(
        routine=name,
        course=Course.RELEASE,
        wave=wave,
        release=release,
        slots=SlotBudget(held=7, quota=10, pinned=3, makes=1, goes=0),
    )


def made_plan() -> RolloutPlan:
    """Make a plan of two waves."""
    routines = (
        _planned(SHOP),
        PlannedRoutine(
            routine=CART, course=Course.REFUSE, why="It is gone.", depends_on=(SHOP,)
        ),
    )
    wave = PlannedWave(
        number=1,
        routines=(SHOP,),
        steps=("10 → 100",),
        bake=Duration(60),
        calls=calls_of(routines),
        least=Duration(2.5),
        bound=Bound.LATENCY,
        rollback=Duration(0.1),
    )
    return RolloutPlan(
        run="abcd",
        made_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        routines=routines,
        waves=(wave,),
        budget=FailureBudget(),
    )


def test_its_file_is_read_again() -> None:
    """What is written is what is carried out."""
    plan = made_plan()

    assert plan == RolloutPlan.parse(plan.to_json())
    assert is_rollout_plan(plan.to_json())


def test_it_tells_calls_and_times() -> None:
    """An upload does not count under the cap; a bake adds to the time."""
    plan = made_plan()

    assert {"observe": 2, "post": 1} == plan.calls
    assert 2 == plan.capped_calls
    assert Duration(62.5) == plan.minimum_time
    assert Duration(0.1) == plan.rollback_time
    assert plan.has_changes
    assert ["cart"] == [each.routine for each in plan.refused]


def test_a_routine_in_no_wave_costs_nothing() -> None:
    """It is left as it is."""
    assert {} == calls_of([_planned(SHOP, wave=0)])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", "is no plan of a rollout"),
        ('{"kind": "esa-flows plan"}', "is no plan of a rollout"),
        ('{"kind": "esa-flows rollout plan", "schema": 2}', "has format 2"),
        ('{"kind": "esa-flows rollout plan", "schema": 1}', "a value in it"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, sentence: str) -> None:
    """With what it is instead, as far as that can be told."""
    with pytest.raises(InvalidInput, match=sentence):
        RolloutPlan.parse(text)


def test_a_plan_of_one_release_is_none_of_a_rollout() -> None:
    """Both are JSON; the kind tells them apart. TOML is neither."""
    assert not is_rollout_plan(json.dumps({"kind": "esa-flows plan"}))
    assert not is_rollout_plan("[[routine]]")


def _of_waves(*sizes: int) -> RolloutPlan:
    """Make a plan of waves with so many routines each."""
    waves = [
        PlannedWave(
            number=number,
            routines=tuple(RoutineId(f"r{number}{place}") for place in range(size)),
        )
        for number, size in enumerate(sizes, start=1)
    ]
    return evolve(made_plan(), waves=tuple(waves))


@pytest.mark.parametrize(
    ("sizes", "number", "stops"),
    [
        ((1, 2, 3), 1, (1,)),
        ((1, 2, 3), 2, (2,)),
        ((1, 2, 3), 3, ()),
        ((1, 0, 3), 2, (1,)),
        ((1, 2, 0), 2, ()),
        ((0, 0), 1, ()),
    ],
)
def test_it_may_stop_after_a_wave(
    sizes: tuple[int, ...], number: int, stops: tuple[int, ...]
) -> None:
    """One without routines is passed over; at the end there is nothing to stop."""
    assert stops == _of_waves(*sizes).until(number).stops


def test_questions_that_were_planned_stay() -> None:
    """A person is asked after those waves, too."""
    plan = _of_waves(1, 1, 1)
    asks = evolve(plan, waves=(evolve(plan.waves[0], approve=True), *plan.waves[1:]))

    assert (1, 2) == asks.until(2).stops


@pytest.mark.parametrize(
    ("sizes", "number", "sentence"),
    [
        ((1, 1), 3, "There is no wave 3: this rollout has 2"),
        ((1, 1), 0, "There is no wave 0"),
        ((0, 1), 1, "Nothing is released up to wave 1: the first .* is wave 2"),
    ],
)
def test_a_wave_that_there_is_not_is_refused(
    sizes: tuple[int, ...], number: int, sentence: str
) -> None:
    """It would stop nowhere."""
    with pytest.raises(InvalidInput, match=sentence):
        _of_waves(*sizes).until(number)


def _chained() -> RolloutPlan:
    """Make a plan of three routines in two waves, the last depending on the first."""
    names = [RoutineId(name) for name in ("aa", "bb", "cc")]
    aa, bb, cc = (
        _planned(name, wave=n) for name, n in zip(names, (1, 2, 2), strict=True)
    )
    routines = (aa, bb, evolve(cc, depends_on=(names[0],)))
    waves = (
        PlannedWave(number=1, routines=tuple(names[:1]), calls=calls_of([aa])),
        PlannedWave(number=2, routines=tuple(names[1:]), calls=calls_of([bb, cc])),
    )
    budget = FailureBudget(fleet="50%")
    return evolve(
        made_plan(), routines=routines, waves=waves, budget=budget, tolerated=1
    )


def test_without_some_routines_the_rest_is_released() -> None:
    """What depends on one of them is refused, too; calls are those of the rest."""
    plan = _chained().without({RoutineId("aa"): "It is not as it was."})

    assert [(), ("bb",)] == [tuple(wave.routines) for wave in plan.waves]
    assert ["bb", "aa", "cc"] == [each.routine for each in plan.routines]
    assert {
        "aa": "It is not as it was.",
        "cc": "It depends on aa, which is refused.",
    } == {each.routine: each.why for each in plan.refused}
    assert (2, 0) == (plan.capped_calls, plan.tolerated)
    assert all(each.release is None and not each.wave for each in plan.refused)


def test_without_none_it_stays_as_it_is() -> None:
    """Neither has what is refused already to be named again."""
    plan = _chained()

    assert plan == plan.without({})
    assert made_plan() == made_plan().without({CART: "It is gone."})
