"""Fault scripts count calls and strike at their number."""

from __future__ import annotations

import pytest

from esa_flows.localcloud import Fault, FaultScript, faults_from, faults_from_toml


def struck(script: FaultScript, operation: str, calls: int) -> list[bool]:
    """Say for each of some calls whether it was struck."""
    return [script.next(operation) is not None for _ in range(calls)]


def test_a_fault_strikes_once_at_its_call() -> None:
    """By default only the named call goes wrong."""
    script = FaultScript([Fault(operation="GetRoutine", kind="lost", call=2)])

    assert struck(script, "GetRoutine", 3) == [False, True, False]


def test_a_fault_can_strike_for_ever() -> None:
    """None means from its call on, always."""
    script = FaultScript([Fault(operation="*", kind="html", call=2, times=None)])

    assert struck(script, "GetRoutine", 3) == [False, True, True]


def test_other_calls_are_not_counted() -> None:
    """Operation, routine and environment must all be the fault's."""
    fault = Fault(operation="Deploy", kind="reset", routine="a", env="staging")
    script = FaultScript([fault])
    others = [
        script.next("GetRoutine", "a", ("staging",)),
        script.next("Deploy", "b", ("staging",)),
        script.next("Deploy", "a", ("production",)),
    ]

    assert others == [None, None, None]
    assert fault is script.next("Deploy", "a", ("staging",))


def test_the_first_fault_that_strikes_wins() -> None:
    """Later faults count the call all the same."""
    first = Fault(operation="*", kind="reset")
    second = Fault(operation="*", kind="html", call=2)
    script = FaultScript([first, second])

    assert [first, second, None] == [script.next("X") for _ in range(3)]


def test_cleared_scripts_start_again() -> None:
    """Faults and counts both go."""
    script = FaultScript([Fault(operation="*", kind="reset", call=2)])
    script.next("X")
    script.clear()
    script.add(Fault(operation="*", kind="reset", call=2))

    assert struck(script, "X", 2) == [False, True]


def test_kinds_say_whether_the_call_takes_effect() -> None:
    """A lost reply is executed, a reset is not, and either can be turned over."""
    assert Fault(operation="*", kind="lost").executes
    assert not Fault(operation="*", kind="reset").executes
    assert Fault(operation="*", kind="error", executed=True).executes


def test_toml_tables_are_read() -> None:
    """Zero times stands for ever, since TOML has no null."""
    text = """
    [[fault]]
    operation = "CommitRoutineStagingCode"
    kind = "lost"

    [[fault]]
    operation = "edge"
    kind = "error"
    times = 0
    """

    assert [
        Fault(operation="CommitRoutineStagingCode", kind="lost"),
        Fault(operation="edge", kind="error", times=None),
    ] == faults_from_toml(text)


def test_unknown_members_are_named() -> None:
    """A misspelt member is not silently ignored."""
    with pytest.raises(ValueError, match="a fault has no member 'cal'"):
        faults_from([{"operation": "*", "kind": "lost", "cal": 1}])


def test_unknown_kinds_are_refused() -> None:
    """A kind nobody plays is an error of the script."""
    with pytest.raises(ValueError, match="'kind' must be in"):
        faults_from([{"operation": "*", "kind": "meteor"}])


def test_a_fault_without_an_operation_is_not_complete() -> None:
    """Said as every other mistake in a script."""
    with pytest.raises(ValueError, match=r"a fault is not complete: .*operation"):
        faults_from([{"kind": "reset"}])
