"""One purse for the retries of all runs of an account."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.desk import Desk
from tests.engine.flows import one

from esa_flows.engine.budget import BudgetStatistics, RetryBudget
from esa_flows.errors import (
    CallError,
    EsaFlowsError,
    Misuse,
    NotSent,
    OutcomeUnknown,
    Throttled,
)


@pytest.mark.parametrize(
    ("error", "retries"),
    [(NotSent("."), 35), (OutcomeUnknown("."), 35), (Throttled("."), 100)],
)
def test_a_full_purse_lasts_so_long(error: CallError, retries: int) -> None:
    """Without a success: 14 tokens of 500 for trouble, 5 for a throttle."""
    budget = RetryBudget()
    granted = [budget.spend(error) for _ in range(200)]

    assert retries == sum(granted)
    assert [True] * retries == granted[:retries]
    seen = budget.statistics()
    assert (retries, 200 - retries) == (seen.granted, seen.refused)


def test_a_clean_success_earns_one_token() -> None:
    """Fourteen of them pay for a retry; more than full it does not get."""
    budget = RetryBudget(14)
    budget.earn()
    assert budget.spend(NotSent("."))
    for _ in range(13):
        budget.earn()

    assert not budget.spend(NotSent("."))
    budget.earn()
    assert budget.spend(NotSent("."))


@given(st.lists(st.sampled_from(["earn", "trouble", "throttle"]), max_size=200))
def test_the_purse_is_never_below_nothing_nor_above_full(moves: list[str]) -> None:
    """Whatever happens; and every token is accounted for."""
    budget = RetryBudget(50)
    for move in moves:
        if move == "earn":
            budget.earn()
        else:
            budget.spend(NotSent(".") if move == "trouble" else Throttled("."))

        assert 0 <= budget.statistics().tokens <= 50


def test_a_purse_that_pays_for_nothing_is_refused() -> None:
    """It would be a retry policy in disguise."""
    with pytest.raises(Misuse, match="A retry budget of 0 tokens"):
        RetryBudget(0)

    assert "<RetryBudget 1/1>" == repr(RetryBudget(1))


def test_a_purse_says_what_is_left() -> None:
    """In its picture and in its statistics."""
    budget = RetryBudget(20)
    budget.spend(NotSent("."))

    assert "<RetryBudget 6/20>" == repr(budget)
    assert BudgetStatistics(tokens=6, capacity=20, granted=1, refused=0) == (
        budget.statistics()
    )


async def test_a_fleet_stops_trying_together() -> None:
    """Fifty runs before a closed door: each asks once, few ask again, all pause."""
    desk = Desk()
    desk.world.faults = [NotSent("No way.")] * 1000
    engine = desk.engine(one)
    ends: list[EsaFlowsError] = []

    async def drive(number: int) -> None:
        """Drive one run of the fleet."""
        try:
            await engine.start(one, f"x{number}", run_id=f"{number:012d}")
        except NotSent as error:
            ends.append(error)

    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(drive, number)

    assert 50 == len(ends)
    assert 50 + 35 == len(desk.world.sent)
    assert anyio.current_time() - began < 30
    assert any("too many calls of this account have failed" in str(e) for e in ends)


async def test_successes_fill_the_purse_again() -> None:
    """A step that succeeds at once earns; one that needed a retry does not."""
    desk = Desk()
    engine = desk.engine(one, budget=RetryBudget(100))
    desk.world.faults = [NotSent("No way.")]
    await engine.start(one, "a", run_id="a" * 12)
    after_retry = engine.budget.statistics().tokens
    await engine.start(one, "b", run_id="b" * 12)

    assert (86, 87) == (after_retry, engine.budget.statistics().tokens)


async def test_an_answer_costs_nothing() -> None:
    """It is not tried again, so there is nothing to pay for."""
    desk = Desk()
    engine = desk.engine(one)
    desk.world.faults = [ValueError("bad")]
    with pytest.raises(EsaFlowsError):
        await engine.start(one, "a")

    assert 500 == engine.budget.statistics().tokens
