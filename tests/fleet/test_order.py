"""From a plan to what its run has to do."""

from __future__ import annotations

from attrs import evolve
from tests.fleet.test_plan import CART, SHOP, made_plan

from esa_flows.engine.codec import decode, encode
from esa_flows.fleet.order import Expected, Order, order_of
from esa_flows.fleet.plan import Course, PlannedRoutine, PlannedWave
from esa_flows.fleet.report import RoutineEnd
from esa_flows.fleet.spec import FailureBudget
from esa_flows.model import Duration
from esa_flows.model.freeze import Freeze, Override


def test_a_plan_s_waves_are_ordered() -> None:
    """With what they keep to; a wave without routines is left out."""
    plan = made_plan()
    empty = PlannedWave(number=2)
    budget = FailureBudget(fleet=3, wave="100%", on_exhausted="stop")
    order = order_of(evolve(plan, waves=(*plan.waves, empty), budget=budget))
    (wave,) = order.waves

    assert ([SHOP], Duration(60)) == ([task.name for task in wave.tasks], wave.bake)
    assert (0, 1) == (wave.limits.fleet, wave.limits.wave)
    assert wave.prepares
    assert wave.tasks[0].setting.is_planned
    assert order == decode(encode(order), Order)


def test_what_is_in_no_wave_is_told_all_the_same() -> None:
    """Refused with its reason, unchanged with what it serves."""
    plan = made_plan()
    unchanged = PlannedRoutine(
        routine=SHOP,
        course=Course.UNCHANGED,
        why="It serves this.",
        release=plan.routines[0].release,
    )
    order = order_of(evolve(plan, waves=(), routines=(unchanged, plan.routines[1])))

    assert [
        (SHOP, RoutineEnd.UNCHANGED, "", ("It serves this.",)),
        (CART, RoutineEnd.REFUSED, "It is gone.", ()),
    ] == [(r.routine, r.end, r.reason, r.notes) for r in order.others]
    assert 0 == order.tolerated


def test_without_its_journal_each_routine_finds_its_place_by_itself() -> None:
    """From what serves and from the plan, in one go."""
    order = order_of(made_plan(), settle=Duration(30))
    (wave,) = order.waves

    assert not wave.prepares
    restart = wave.tasks[0].setting.release.restart
    assert restart
    assert Duration(30) == restart.settle


def test_without_its_journal_the_first_wave_waits_for_what_was_under_way() -> None:
    """The others need not again; where it has its journal nobody waits."""
    plan = made_plan()
    more = evolve(plan, waves=(plan.waves[0], evolve(plan.waves[0], number=2)))
    order = order_of(more, settle=Duration(30))
    tasks = [task for wave in order.waves for task in wave.tasks]
    restarts = [task.setting.release.restart for task in tasks]

    assert [Duration(30), Duration(0)] == [r.settle for r in restarts if r]
    assert Duration(30) == order.settle
    assert Duration(0) == order_of(more).settle


def test_freeze_windows_are_heeded_unless_somebody_says_why_not() -> None:
    """Who, and why, is a part of what the journal holds."""
    freeze = Freeze(cron="0 18 * * FRI", duration="62h")
    override = Override(reason="outage", by="ann")
    plan = evolve(made_plan(), freezes=(freeze,))
    ignored = order_of(plan, override=override)

    assert (freeze,) == order_of(plan).heeds
    assert ((), (freeze,), override) == (
        ignored.heeds,
        ignored.freezes,
        ignored.override,
    )
    assert ignored == decode(encode(ignored), Order)
    assert None is order_of(made_plan(), override=override).override


def test_what_it_should_take_is_kept_beside_what_it_has_to_do() -> None:
    """For whoever looks at it later; without its journal it takes something else."""
    plan = made_plan()
    order = order_of(plan)

    assert (
        Expected(calls=plan.capped_calls, time=plan.minimum_time, bound=plan.bound)
        == order.expected
    )
    assert [wave.least for wave in plan.waves] == [wave.least for wave in order.waves]
    assert None is order_of(plan, settle=Duration(30)).expected
