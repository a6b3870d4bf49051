"""Where a rollout stands, from what its routines' runs gave."""

from __future__ import annotations

import pytest
from attrs import evolve
from tests.fleet.yard import RUN, Yard, ends

from esa_flows.errors import AccountBlocked, InvalidInput
from esa_flows.fleet.course import Course
from esa_flows.fleet.order import Order
from esa_flows.fleet.report import Ended, RoutineEnd, RoutineReport
from esa_flows.model import (
    Deployment,
    Environment,
    Routine,
    RoutineId,
    Split,
    VersionId,
)
from esa_flows.release.legs import Leg
from esa_flows.release.report import Outcome, Report

STAGING, PRODUCTION = Environment
AA, BB = RoutineId("aa"), RoutineId("bb")
OLD, NEW = VersionId("1"), VersionId("2")


async def _course(*, fleet: int = 0, policy: str = "rollback-wave") -> Course:
    yard = Yard()
    yard.live("aa", "bb")
    async with yard.house.client() as client:
        order = await yard.order(
            client, ["aa"], ["bb"], fleet=fleet, on_exhausted=policy
        )

    return Course(run=RUN, order=order)


def _leg(name: RoutineId, outcome: Outcome, *asked: Environment) -> Leg:
    split = Split.whole(NEW)
    report = Report(run=f"{RUN}.1", routine=name.name, outcome=outcome, version=NEW)
    before = Routine(name=name.name, production=Deployment(split=Split.whole(OLD)))
    splits = dict.fromkeys(asked, (split,))
    return Leg(report=report, before=before, asked=splits, seconds=2.0)


async def test_a_release_is_the_sum_of_its_legs() -> None:
    """Made ready in two seconds, exposed in two."""
    course = await _course()
    course.take(AA, _leg(AA, Outcome.PREPARED, STAGING))

    assert AA not in course.reports
    course.take(AA, _leg(AA, Outcome.RELEASED, STAGING, PRODUCTION))
    assert (RoutineEnd.RELEASED, 4.0) == (
        course.reports[AA].end,
        course.reports[AA].seconds,
    )


async def test_what_is_ready_and_will_not_be_exposed_goes_back() -> None:
    """In staging alone, however the rollout ends."""
    course = await _course()
    course.take(AA, _leg(AA, Outcome.PREPARED, STAGING))

    assert ((AA,), ()) == (course.to_return(STAGING), course.to_return(PRODUCTION))
    course.bring_back(AA, STAGING, _leg(AA, Outcome.ABORTED, STAGING))
    assert () == course.to_return(STAGING)
    assert RoutineEnd.TAKEN_BACK is course.reports[AA].end


async def test_a_run_that_died_of_something_while_exposed_is_stuck() -> None:
    """What production serves nobody knows; before that nothing was touched."""
    course = await _course(fleet=9)
    course.take(AA, _leg(AA, Outcome.PREPARED, STAGING))
    course.take(AA, InvalidInput("Odd."))
    course.take(BB, InvalidInput("Odd."))

    assert {"aa": RoutineEnd.STUCK, "bb": RoutineEnd.FAILED} == ends(course.report())
    assert 2 == course.failures
    assert "<Course of fleet1 [2 routines, 2 failed]>" == repr(course)


async def test_a_way_back_that_cannot_be_gone_is_stuck() -> None:
    """The rollout is rolled back in part, and says that a person is needed."""
    course = await _course(policy="rollback-all")
    course.take(AA, _leg(AA, Outcome.RELEASED, STAGING, PRODUCTION))
    course.take(BB, InvalidInput("Odd."))

    assert (AA,) == course.to_return(PRODUCTION)
    course.bring_back(AA, PRODUCTION, InvalidInput("Nothing there."))
    report = course.report()
    assert Ended.PARTLY_ROLLED_BACK is report.ended
    assert RoutineEnd.STUCK is report.routines[0].end
    assert "need a person" in report.next_move


async def test_a_conflict_on_the_way_back_touches_staging_neither() -> None:
    """Somebody else is at it."""
    course = await _course(policy="rollback-all")
    course.take(AA, _leg(AA, Outcome.RELEASED, STAGING, PRODUCTION))
    course.take(BB, InvalidInput("Odd."))
    course.bring_back(AA, PRODUCTION, _leg(AA, Outcome.CONFLICT, PRODUCTION))

    assert () == course.to_return(STAGING)


async def test_what_the_plan_refused_is_told_last() -> None:
    """It makes the end no good one, and charges nothing."""
    course = await _course()
    refused = RoutineReport(routine=RoutineId("cc"), end=RoutineEnd.REFUSED)
    told = Course(run=RUN, order=evolve(course.order, others=(refused,)))
    for name in (AA, BB):
        told.take(name, _leg(name, Outcome.RELEASED, PRODUCTION))

    assert Ended.DONE_WITH_FAILURES is told.report().ended
    assert (0, "1 routine was not released.") == (told.failures, told.report().reason)


def test_an_order_of_nothing_is_done() -> None:
    """Every routine serves what it shall."""
    course = Course(run=RUN, order=Order(waves=()))

    assert (Ended.DONE, 0) == (course.report().ended, course.report().tolerated)


async def test_a_blocked_account_holds_all_and_ends_nothing() -> None:
    """What was met first is told, with the account's name."""
    course = await _course()
    course.block("eu", AccountBlocked("It is halted."))
    course.block("eu", AccountBlocked("It is halted still."))

    assert (True, False) == (course.is_held, course.is_over)
    with pytest.raises(AccountBlocked, match=r"^Account eu: It is halted\.$"):
        course.refuse_blocked()


async def test_a_block_of_the_client_s_own_account_says_so() -> None:
    """It has no name."""
    course = await _course()
    course.block("", AccountBlocked("It is halted."))

    with pytest.raises(AccountBlocked, match=r"^The client's own account: It"):
        course.refuse_blocked()
