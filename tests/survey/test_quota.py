"""How many versions there may be, and what counts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.office import Office
from tests.survey.witness import (
    answered,
    bent,
    bent_finding,
    finding,
    refused,
    surveyed,
)

from esa_flows.localcloud import Fault
from esa_flows.survey.finding import Verdict

QUOTA = "version quota"


@pytest.mark.parametrize("versions", [1, 5, 20])
@pytest.mark.parametrize("counts", ["form", "commit"])
@pytest.mark.parametrize("empty", [True, False])
async def test_each_switch_is_seen(versions: int, counts: Any, empty: bool) -> None:  # noqa: FBT001  a column of the table
    """Number, call that refuses, and whether a version without code counts."""
    switches = {
        "version_quota": versions,
        "slot_counts": counts,
        "init_counts": empty,
    }

    found = await finding(QUOTA, **switches)

    assert switches == found.settings


async def test_in_words() -> None:
    """The plan's own figure stands beside it."""
    found = await finding(QUOTA, version_quota=5)

    assert (
        "5 versions; refused by the form; one without code counts; the plan says 5"
        == found.answer
    )


async def test_a_plan_that_may_not_be_read() -> None:
    """It hinders nothing."""
    found = await bent_finding(
        QUOTA, ListEdgeRoutinePlans=refused("Forbidden.RAM", 403)
    )

    assert found.answer.endswith("one without code counts")


async def test_no_version_without_code() -> None:
    """Where none can be reserved, whether it counts is not set."""
    office = Office()
    never = "CreateRoutineWithAssetsCodeVersion"
    office.cloud.inject(Fault(operation=never, kind="refuse", code="No", times=None))

    found = await finding(QUOTA, office=office)

    assert {"slot_counts": "form", "version_quota": 10} == found.settings


async def test_versions_of_earlier_questions_are_cleared_first() -> None:
    """One that could not be deleted then is deleted now, and does not count."""
    office = Office()
    stays = Fault(operation="DeleteRoutineCodeVersion", kind="refuse", code="No")
    office.cloud.inject(stays)

    report = await surveyed(office, "lags", QUOTA)

    assert 10 == report.findings[1].settings["version_quota"]


async def test_no_quota_in_sight() -> None:
    """It stops where the list would end."""
    found = await finding(QUOTA, version_quota=60)

    assert Verdict.OPEN is found.verdict
    assert "More than 40 versions were taken" in found.answer


async def test_a_lost_commit_leaves_it_open() -> None:
    """Nobody knows how many there are."""
    office = Office()
    office.cloud.inject(
        Fault(operation="CommitRoutineStagingCode", kind="lost", call=1)
    )

    report = await surveyed(office, "version ids", QUOTA)

    assert [Verdict.OPEN] * 2 == [each.verdict for each in report.findings]
    assert "A reply was lost" in report.findings[1].answer


async def test_versions_that_are_one_and_the_same() -> None:
    """They would never fill a quota."""
    found = await bent_finding(
        QUOTA, CommitRoutineStagingCode=answered(CodeVersion="17")
    )

    assert "A second version did not get an id of its own." == found.answer


async def test_a_version_without_code_that_stays() -> None:
    """Nothing can be said about the room it takes."""
    office = Office()
    found = await finding(
        QUOTA,
        office=office,
        transport=bent(office, DeleteRoutineCodeVersion=refused("InvalidParameter")),
    )

    assert "The version without code could not be deleted." == found.answer
