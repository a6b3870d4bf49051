"""A whole survey: what it finds is what the cloud does, and nothing stays behind."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import anyio
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.office import Office
from tests.house import BASE, BEGIN
from tests.survey.witness import (
    NAME,
    NUMBER,
    SETTINGS,
    Witness,
    bent,
    measured,
    plan,
    refused,
    restricted,
    surveyed,
)

from esa_flows import Settings
from esa_flows.errors import BadCredentials, InvalidInput, OutcomeUnknown
from esa_flows.localcloud import ACCOUNT, Fault, Switches
from esa_flows.survey.questions import QUESTIONS, chosen, cost
from esa_flows.survey.scratch import MARK
from esa_flows.survey.survey import (
    _open,
    clean_up,
    find_leftovers,
    plan_for,
    survey,
)
from esa_flows.testing import virtual_backend
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.transport import HttpxTransport, open_client

FULL = {question.name for question in chosen() if question.name != "code"}
POSITIONS: dict[str, st.SearchStrategy[Any]] = {
    "version_quota": st.integers(1, 12),
    "routine_quota": st.integers(2, 500),
    "slot_counts": st.sampled_from(["form", "commit"]),
    "ratelimit_headers": st.booleans(),
    "list_lag": st.sampled_from([0.0, 0.5, 3.0, 31.0]),
    "live_lag": st.sampled_from([0.0, 1.5, 31.0]),
    "ready_after": st.sampled_from([0.0, 1.0, 31.0]),
    "numeric_ids": st.booleans(),
    "rounded_ids": st.booleans(),
    "list_unstable": st.booleans(),
    "delete_guard": st.booleans(),
    "deploy_unready": st.sampled_from(["refuse", "accept"]),
    "unknown_version_code": st.sampled_from(["InvalidParameter", "NoSuchVersion"]),
    "unknown_deploy_code": st.sampled_from(["ParameterNotExist", "NoSuchVersion"]),
    "empty_slot_code": st.sampled_from(["InvalidParameter", "EmptySlot"]),
    "policy_life": st.sampled_from([300, 900, 7200]).map(
        lambda seconds: timedelta(seconds=seconds)
    ),
    "policy_max_size": st.integers(2_000, 9_000_000),
    "package_max_size": st.integers(1, 10**9),
    "init_counts": st.booleans(),
    "bad_variable": st.sampled_from(["skip", "refuse"]),
    "secrets_shown": st.booleans(),
    "unknown_site_code": st.sampled_from(["SiteParameterNotMatch", "NoSuchSite"]),
    "wrong_version_status": st.sampled_from([400, 404]),
    "date_header": st.booleans(),
    "bad_page": st.sampled_from(["refuse", "clamp"]),
    "exists_code": st.sampled_from(["RoutineAlreadyExist", "RoutineNameAlreadyExist"]),
    "esa_descriptions": st.sampled_from(["plain", "base64"]),
    "status_case": st.sampled_from(["mixed", "lower", "capital"]),
    "undeployed": st.sampled_from(["missing", "null", "empty"]),
    "slot_version": st.sampled_from(["unstable", "number"]),
    "commit_repeats": st.sampled_from(["new", "same"]),
    "deploy_repeats": st.sampled_from(["new", "same"]),
    "old_forms": st.booleans(),
    "callback_body": st.text(st.characters(codec="utf-8"), max_size=20),
    "oss_token": st.booleans(),
    "service_status": st.sampled_from(["Running", "online"]),
}
"""What the account may do where the documents are silent."""


def _found(switches: Switches, backend: str) -> dict[str, Any]:
    """Survey a cloud with these switches and give what was measured."""

    async def work() -> dict[str, Any]:
        office = Office(switches=switches)
        office.live()
        report = await surveyed(office, *FULL)
        assert not report.left
        return measured(report)

    name, options = virtual_backend(backend)
    return anyio.run(work, backend=name, backend_options=options)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=12, deadline=None)
@given(given=st.fixed_dictionaries({}, optional=POSITIONS))
def test_what_is_measured_is_what_the_cloud_does(
    backend: str, given: dict[str, Any]
) -> None:
    """For any positions of the switches, all that is measured is right."""
    switches = Switches(**given)

    found = _found(switches, backend)

    assert restricted(switches, found) == found


async def test_every_switch_of_the_questions_is_measured() -> None:
    """At a cloud in good order no question stays open."""
    office = Office()
    report = await surveyed(office, slow=True, cap=True)

    found = measured(report)

    assert {name for each in QUESTIONS for name in each.settles} == set(found)
    assert restricted(office.switches, found) == found
    assert [] == [each for each in report.findings if each.verdict != "measured"]


async def test_others_are_left_alone() -> None:
    """Routines of the account are the same as before, and nothing is added."""
    office = Office()
    office.live(versions=3)
    before = (office.versions(), office.serves(), office.serves(env="staging"))

    await surveyed(office, slow=True)

    assert before == (office.versions(), office.serves(), office.serves(env="staging"))
    assert ["shop"] == list(office.cloud.report().versions)
    assert {NAME} == {seen.routine for seen in office.cloud.report().violations}
    assert not any(seen.executed for seen in office.cloud.report().violations)


async def test_production_is_never_deployed() -> None:
    """Not even the scratch routine's."""
    office = Office()
    stays = Fault(operation="DeleteRoutine", kind="refuse", code="No", times=None)
    office.cloud.inject(stays)

    report = await surveyed(office)

    assert "(operation DeleteRoutine, code No" in report.left
    assert ["staging"] == list(office.cloud.report().splits[NAME])


async def test_it_costs_no_more_than_it_says() -> None:
    """Where nothing is late, the calls of the plan are enough."""
    office = Office()
    await surveyed(office, slow=True, cap=True)

    said = cost(chosen(slow=True, cap=True))
    done = office.cloud.report().calls

    assert {} == {name: n for name, n in done.items() if n > said.get(name, 0)}


@pytest.mark.parametrize("kind", ["lost", "error", "reset", "truncate", "html"])
@pytest.mark.parametrize(
    "operation",
    [
        "CreateRoutine",
        "GetRoutine",
        "GetRoutineStagingCodeUploadInfo",
        "CommitRoutineStagingCode",
        "CreateRoutineCodeDeployment",
        "CreateRoutineWithAssetsCodeVersion",
        "DeleteRoutineCodeVersion",
        "DeleteRoutine",
        "PostObject",
    ],
)
async def test_trouble_leaves_nothing_behind(operation: str, kind: Any) -> None:
    """A call that fails, executed or not, costs an answer and no orphan."""
    office = Office()
    office.live()
    for call in (1, 4):
        office.cloud.inject(Fault(operation=operation, kind=kind, call=call))

    witness = Witness()
    with suppress(OutcomeUnknown):
        await survey(SETTINGS, office.parts(), plan(*FULL), witness)

    assert [""] == witness.leavings
    assert ["shop"] == list(office.cloud.report().versions)


async def test_what_is_measured_in_trouble_is_right_all_the_same() -> None:
    """A lost commit opens the question about the quota; nothing wrong is told."""
    office = Office()
    office.cloud.inject(
        Fault(operation="CommitRoutineStagingCode", kind="lost", call=7)
    )

    found = measured(await surveyed(office))

    assert restricted(office.switches, found) == found


async def test_cancelled_it_cleans_up() -> None:
    """Ctrl-C in the middle takes the routine away before it leaves."""
    office = Office(switches=Switches(list_lag=20.0))
    witness = Witness()

    with anyio.move_on_after(8.0) as scope:
        await survey(SETTINGS, office.parts(), plan(), witness)

    assert scope.cancelled_caught
    assert "lags" == witness.asked[-1]
    assert {} == office.cloud.report().versions
    assert ([NAME], [""]) == (witness.cleanings, witness.leavings)


async def test_what_stays_behind_is_told() -> None:
    """Where deleting does not succeed within a minute, it says what is left."""
    office = Office()
    office.cloud.inject(Fault(operation="DeleteRoutine", kind="error", times=None))
    began = anyio.current_time()

    report = await surveyed(office, "service")

    assert (
        f"The routine {NAME} may still be there with its versions:"
        " the provider did not answer in time" == report.left
    )
    assert anyio.current_time() - began < 75


async def test_bad_credentials_end_it() -> None:
    """Nobody can go on with a key that is not accepted any more."""
    office = Office()
    wrong = bent(office, GetErService=refused("InvalidAccessKeyId.NotFound", 404))

    with pytest.raises(BadCredentials):
        await surveyed(office, "service", transport=wrong)

    assert {} == office.cloud.report().versions


async def test_nothing_is_taken_away_that_was_not_made() -> None:
    """A key that may not make routines deletes none."""
    office = Office()
    key = Credentials(access_key_id="LTAI5tNobody0000", access_key_secret="x")
    witness = Witness()

    with pytest.raises(BadCredentials):
        await survey(SETTINGS, office.parts(credentials=Static(key)), plan(), witness)

    assert [] == witness.cleanings


def test_a_plan() -> None:
    """A name is drawn, or given and checked; the mark is of this survey alone."""
    drawn = plan_for(NUMBER, chosen())

    assert (NAME, f"{MARK} {NUMBER}") == (drawn.name, drawn.mark)
    assert "mine" == plan_for(NUMBER, (), name="mine").name
    assert drawn.calls == cost(chosen())
    with pytest.raises(InvalidInput, match="is not a routine name"):
        plan_for(NUMBER, (), name="Not A Name")


def test_how_long_it_takes() -> None:
    """Waiting for a form counts, and bursts do not count call by call."""
    plain, slow, cap = (
        plan_for(NUMBER, chosen(**kinds)).seconds
        for kinds in ({}, {"slow": True}, {"cap": True})
    )

    assert 10 < plain < 120
    assert 1_800 < slow - plain < 1_900
    assert 10 < cap - plain < 20


@pytest.mark.real_time
@pytest.mark.may_block
async def test_a_host_may_bring_its_own_client() -> None:
    """Without one and without a transport, a client is opened, and closed after."""
    async with open_client() as mine:
        parts = Office().parts(transport=None, http=mine)
        async with _open(SETTINGS, parts) as (_, ear):
            inner = ear.inner

        assert not mine.is_closed
        async with _open(SETTINGS, evolve(parts, http=None)) as (_, ear):
            assert type(inner) is type(ear.inner) is HttpxTransport


# --- what earlier surveys left ------------------------------------------------------


def _with_leftovers() -> Office:
    office = Office()
    office.live()
    for name, text in (
        ("esa-flows-conformance-aa", f"{MARK} 1"),
        ("esa-flows-conformance-bb", "Something else"),
        ("mine", f"{MARK} 2"),
    ):
        office.cloud.state.create_routine(ACCOUNT, name, description=text, now=BEGIN)

    return office


async def test_leftovers_are_found_by_name_and_mark() -> None:
    """One that only looks like ours is none."""
    office = _with_leftovers()

    found = await find_leftovers(SETTINGS, office.parts())
    named = await find_leftovers(SETTINGS, office.parts(), "mine")

    assert ["esa-flows-conformance-aa"] == [each.name for each in found]
    assert ["mine"] == [each.name for each in named]


@pytest.mark.parametrize("name", ["shop", "esa-flows-conformance-bb", "nobody"])
async def test_a_routine_without_the_mark_is_refused(name: str) -> None:
    """Whatever it is called."""
    office = _with_leftovers()

    with pytest.raises(InvalidInput, match=f"no routine {name} that a survey made"):
        await find_leftovers(SETTINGS, office.parts(), name)


async def test_leftovers_are_taken_away() -> None:
    """Only those."""
    office = _with_leftovers()
    found = await find_leftovers(SETTINGS, office.parts())

    await clean_up(SETTINGS, office.parts(), found)

    assert {"shop", "mine", "esa-flows-conformance-bb"} == set(
        office.cloud.report().versions
    )


async def test_a_leftover_that_stays() -> None:
    """It is said which."""
    office = _with_leftovers()
    found = await find_leftovers(SETTINGS, office.parts())
    office.cloud.inject(Fault(operation="DeleteRoutine", kind="refuse", code="No"))

    with pytest.raises(OutcomeUnknown, match="esa-flows-conformance-aa may still be"):
        await clean_up(SETTINGS, office.parts(), found)


async def test_the_cap_needs_to_know_the_site() -> None:
    """Bursts go to the site that the account belongs to, found out before."""
    office = Office()
    report = await survey(
        Settings(endpoint=BASE, cap_sharing="process"),
        office.parts(),
        plan("cap", cap=True),
        Witness(),
    )

    assert 100 == measured(report)["cap"]
