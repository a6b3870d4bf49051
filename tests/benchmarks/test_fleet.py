"""What the benchmark of fleets makes of what it measured."""

from __future__ import annotations

from benchmarks.fleet import FEW, compared, costing, held
from benchmarks.shell import CHECKS, checked


def test_memory_is_told_for_each_routine_more() -> None:
    """What is there once, and what is under way in both, is nobody's."""
    few = {"plan": 500.0, "first": 2_040.0, "flight": 14.0}
    many = {"plan": 600.0, "first": 2_080.0, "flight": 15.0}

    assert [1, 0.4, 15] == [line.ours for line in held(100, few, many)]


def test_the_cpu_of_a_routine_stands_beside_its_calls_and_its_upload() -> None:
    """In milliseconds; the bare client is measured in microseconds a call."""
    line = costing(1_000, {"cpu": 36.0, "calls": 14_000}, {"us": 2_000})

    assert line.beside
    assert (36, 30, "15 bare posts, same pace") == (
        line.ours,
        line.beside.figure,
        line.beside.name,
    )
    assert line.met is True


def test_checks_are_those_that_the_cloud_counted() -> None:
    """Calls by operation, and who asked staging."""
    told = {
        "calls": {"GetRoutine": 80, "GetRoutineCodeVersion": 60},
        "visits": {
            "edge-1/staging/5": 1,
            "edge-2/staging/6": 2,
            "edge-1/production/5": 9,
        },
    }

    assert [80, 60, 0, 3] == list(checked(told).values())


def test_who_has_no_other_tool_stands_alone() -> None:
    """Cost first, then each check, beside the other tool's where it is installed."""
    found = {"seconds": 4.0, "cpu": 1.0, "calls": 280, **dict.fromkeys(CHECKS, FEW)}
    alone, both = list(compared(found, {})), list(compared(found, found))

    assert 3 + len(CHECKS) == len(alone) == len(both)
    assert {None} == {line.beside for line in alone}
    assert {1} == {line.ratio for line in both}
