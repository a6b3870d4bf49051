"""Service state, plans, staging addresses, preview tokens."""

from __future__ import annotations

from tests.localcloud.desk import desk


def test_the_service_runs() -> None:
    """The other tools' credential check."""
    assert desk().ask("GetErService")["Status"] == "Running"


def test_plans_tell_the_quota_as_text() -> None:
    """As the sample has it."""
    told = desk(version_quota=5).ask("ListEdgeRoutinePlans")

    assert told["PlanInfo"][0]["ErRoutineCodeVersionQuota"] == "5"


def test_staging_is_on_this_machine() -> None:
    """Where the staging listener is."""
    assert desk().ask("GetRoutineStagingEnvIp")["IPV4"] == ["127.0.0.1"]


def test_tokens_open_their_routine_for_an_hour() -> None:
    """And no other, and not a changed one."""
    made = desk()
    token = made.ask("GetRoutineAccessToken", Name="hello")["Token"]
    opens = made.cloud.world.token_opens
    first = opens(token, "hello", made.now())
    other = opens(token, "other", made.now())
    forged = opens(f"{token}x", "hello", made.now())
    made.seconds = 3600

    assert (first, other, forged) == (True, False, False)
    assert not opens(token, "hello", made.now())


def test_the_service_is_opened_once() -> None:
    """Before it nothing can be created; afterwards it is opened already."""
    made = desk(service_status="NotOpened")
    refused = made.code("CreateRoutine", Name="new")
    made.ask("OpenErService")
    made.ask("CreateRoutine", Name="new")

    assert refused == "ServiceNotOpen"
    assert made.code("OpenErService") == "ErService.HasOpened"
    assert made.ask("GetErService")["Status"] == "Running"


def test_another_word_for_running_is_open_too() -> None:
    """One official tool looks for it."""
    assert desk(service_status="online").code("OpenErService") == (
        "ErService.HasOpened"
    )


def test_canary_areas_are_named() -> None:
    """One of the world, the others of the mainland."""
    told = desk().ask("ListRoutineCanaryAreas")["CanaryAreas"]

    assert (len(told), told[-1]) == (35, "presetCanaryOverseas")
