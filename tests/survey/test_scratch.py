"""The scratch routine is ours for certain, or it is not touched."""

from __future__ import annotations

import base64
import json
from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.cli.office import Office
from tests.house import BASE, BEGIN
from tests.survey.witness import (
    NAME,
    NUMBER,
    SETTINGS,
    Witness,
    answered,
    bent,
    plan,
    refused,
    surveyed,
)

from esa_flows.errors import InvalidInput, OutcomeUnknown, QuotaExceeded, RoutineExists
from esa_flows.localcloud import ACCOUNT, Fault, Switches
from esa_flows.survey.scratch import MARK, mark_of, marked, name_of
from esa_flows.survey.survey import survey
from esa_flows.testing.transport import Latency, ProcessTransport


def _create(office: Office, text: str) -> None:
    office.cloud.state.create_routine(ACCOUNT, NAME, description=text, now=BEGIN)


def test_names_and_marks() -> None:
    """Both say what the routine is, to a person in the console too."""
    assert NAME == name_of(NUMBER)
    assert f"{MARK} {NUMBER}" == mark_of(NUMBER)


@pytest.mark.parametrize(
    ("description", "is_marked"),
    [
        (f"{MARK} 12", True),
        (base64.b64encode(f"{MARK} 12".encode()).decode(), True),
        ("My own routine", False),
        ("", False),
    ],
)
def test_marks_are_known_again(description: str, is_marked: bool) -> None:  # noqa: FBT001  a column of the table
    """Plainly or in Base64."""
    assert is_marked is marked(description)


async def test_a_routine_that_is_there_is_refused() -> None:
    """Without the mark it is somebody's: nothing is changed, nothing deleted."""
    office = Office()
    _create(office, "My own routine")
    witness = Witness()

    with pytest.raises(InvalidInput, match="was not made by a survey; nothing was"):
        await survey(SETTINGS, office.parts(), plan(), witness)

    assert {} == office.changes
    assert [NAME] == list(office.cloud.report().versions)
    assert [] == witness.cleanings


async def test_a_leftover_is_refused_too() -> None:
    """With a mark it may be another survey's; the move says how to delete it."""
    office = Office()
    _create(office, mark_of("another"))

    with pytest.raises(InvalidInput, match="left over from an earlier") as caught:
        await surveyed(office)

    assert f"--clean --routine {NAME}" in caught.value.next_move
    assert {} == office.changes


async def test_somebody_was_faster() -> None:
    """A routine made between the look and the call is not ours."""
    office = Office()
    transport = bent(
        office, CreateRoutine=refused("RoutineAlreadyExist"), GetRoutine=_unknown
    )

    with pytest.raises(RoutineExists):
        await surveyed(office, transport=transport)

    assert "DeleteRoutine" not in office.cloud.report().calls


def _unknown(request: Any, response: Any) -> Any:
    return refused("RoutineNotExist")(request, response)


async def test_an_account_with_no_room() -> None:
    """Nothing was made, nothing is deleted."""
    office = Office(switches=Switches(routine_quota=0))

    with pytest.raises(QuotaExceeded):
        await surveyed(office)

    assert {"CreateRoutine": 1} == office.changes


@pytest.mark.parametrize(("kind", "made"), [("lost", True), ("error", False)])
async def test_a_lost_reply_to_making_it(kind: Any, made: bool) -> None:  # noqa: FBT001  a column of the table
    """It is looked for, and deleted where it is there."""
    office = Office()
    office.cloud.inject(Fault(operation="CreateRoutine", kind=kind))
    began = anyio.current_time()

    with pytest.raises(OutcomeUnknown):
        await surveyed(office)

    assert {} == office.cloud.report().versions
    assert made is ("DeleteRoutine" in office.changes)
    assert made or anyio.current_time() - began >= 5


async def test_a_lost_reply_and_somebody_elses_routine() -> None:
    """What does not carry this survey's own mark is left alone."""
    office = Office()
    looks = 0

    def somebody(request: Any, response: Any) -> Any:
        """Show a routine with another mark."""
        nonlocal looks
        looks += 1
        another = answered(Description=mark_of("another"), Envs=[])
        return another(request, response) if looks > 1 else response

    office.cloud.inject(Fault(operation="CreateRoutine", kind="error"))

    with pytest.raises(OutcomeUnknown):
        await surveyed(office, transport=bent(office, GetRoutine=somebody))

    assert "DeleteRoutine" not in office.changes


async def test_one_that_is_on_its_way() -> None:
    """A request cancelled under way may arrive later: it is waited for."""
    office = Office()

    def slow(request: Any) -> Latency:
        """Let the answer to making it take long."""
        operation = dict(request.headers).get("x-acs-action")
        return Latency(there=1.0, back=3.0 if operation == "CreateRoutine" else 0.0)

    transport = ProcessTransport(office.cloud, base_url=BASE, latency=slow)
    witness = Witness()

    with anyio.move_on_after(4.0):
        await survey(SETTINGS, office.parts(transport=transport), plan(), witness)

    assert [""] == witness.leavings
    assert {} == office.cloud.report().versions
    assert 1 == office.changes["DeleteRoutine"]


async def test_a_look_that_is_late() -> None:
    """That a routine is not told of yet does not mean that it is gone."""
    office = Office()
    looks = 0

    def late(request: Any, response: Any) -> Any:
        """Know nothing of it at first."""
        nonlocal looks
        looks += 1
        return _unknown(request, response) if looks < 4 else response

    report = await surveyed(office, "service", transport=bent(office, GetRoutine=late))

    assert "" == report.left
    assert {} == office.cloud.report().versions


async def test_a_description_that_is_not_given_back() -> None:
    """What the provider said when it was made is enough, until it is deleted."""
    office = Office()
    looks = 0

    def nameless(_: Any, response: Any) -> Any:
        """Show another description."""
        nonlocal looks
        looks += 1
        if response.status != 200 and looks < 4:
            return response

        made = {"RequestId": "R", "Envs": []} | json.loads(response.body)
        body = json.dumps(made | {"Description": "Another's"}).encode()
        return evolve(response, status=200, body=body)

    report = await surveyed(
        office, "service", transport=bent(office, GetRoutine=nameless)
    )

    assert "" == report.left
    assert {} == office.cloud.report().versions
    assert 1 == office.changes["DeleteRoutine"]


async def test_a_refused_deletion() -> None:
    """It is told with the provider's code and is not tried again."""
    office = Office()
    transport = bent(office, DeleteRoutine=refused("DependedByOthers"))

    report = await surveyed(office, "service", transport=transport)

    assert report.left.startswith(f"The routine {NAME} may still be there")
    assert "code DependedByOthers" in report.left
    assert 1 == office.changes["DeleteRoutine"]


async def test_a_lost_reply_to_the_deletion() -> None:
    """A look says that it is gone."""
    office = Office()
    office.cloud.inject(Fault(operation="DeleteRoutine", kind="lost"))

    report = await surveyed(office, "service")

    assert "" == report.left
    assert 1 == office.changes["DeleteRoutine"]
