"""Routines: made, read, listed, removed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localcloud.desk import desk


def test_a_routine_shows_what_is_live() -> None:
    """Both environments, with description and birth of each version."""
    made = desk()
    old, new = made.version(text="old"), made.version(text="new")
    made.deploy("production", {new: 10, old: 90})
    told = made.ask("GetRoutine", Name="hello")
    production: dict[str, Any] = told["Envs"][0]

    assert told["DefaultRelatedRecord"] == "hello.c08c6ff4.er.aliyun-esa.net"
    assert (production["CodeVersion"], production["CanaryCodeVersion"]) == (new, old)
    assert production["CodeDeploy"]["CodeVersions"] == [
        {
            "CodeVersion": new,
            "Percentage": 10,
            "Description": "new",
            "CreateTime": "2026-01-02T03:04:05Z",
        },
        {
            "CodeVersion": old,
            "Percentage": 90,
            "Description": "old",
            "CreateTime": "2026-01-02T03:04:05Z",
        },
    ]
    assert len(production["CodeDeploy"]["DeployId"]) == 19


def test_a_single_version_has_no_canary() -> None:
    """The second name is empty."""
    made = desk()
    made.deploy("staging", {made.version(): 100})

    assert made.ask("GetRoutine", Name="hello")["Envs"][1]["CanaryCodeVersion"] == ""


def test_an_environment_never_deployed_has_no_deployment() -> None:
    """Nothing is live there."""
    envs = desk().ask("GetRoutine", Name="hello")["Envs"]

    assert [("CodeDeploy" in env, env["Env"]) for env in envs] == [
        (False, "production"),
        (False, "staging"),
    ]


def test_a_deployment_may_show_late() -> None:
    """Until then the split before it is seen, or none."""
    made = desk(live_lag=2.0)
    old, new = made.version(), made.version()
    made.deploy("staging", {old: 100})
    fresh = made.ask("GetRoutine", Name="hello")["Envs"][1]
    made.seconds = 2.0
    made.deploy("staging", {new: 100})
    early = made.ask("GetRoutine", Name="hello")["Envs"][1]["CodeVersion"]
    made.seconds = 4.0
    late = made.ask("GetRoutine", Name="hello")["Envs"][1]["CodeVersion"]

    assert "CodeDeploy" not in fresh
    assert (early, late) == (old, new)


def test_a_routine_is_created_once() -> None:
    """The second call finds it there."""
    made = desk()
    told = made.ask(
        "CreateRoutine", Name="fresh", Description="a routine", HasAssets="True"
    )
    held = made.ask("GetRoutine", Name="fresh")

    assert told["Status"] == "OK"
    assert (held["Description"], held["HasAssets"]) == ("a routine", True)
    assert made.code("CreateRoutine", Name="fresh") == "RoutineAlreadyExist"


@pytest.mark.parametrize("name", ["a", "Hello", "1abc", "-ab", "a_b"])
def test_names_follow_the_rule(name: str) -> None:
    """Lower-case letters, digits, hyphens; a letter first; two or more."""
    assert desk().code("CreateRoutine", Name=name) == "InvalidParameter"


def test_routines_are_limited() -> None:
    """By a quota of the account."""
    made = desk(routine_quota=1)

    assert made.code("CreateRoutine", Name="more") == "RoutineNumberExceedQuotaLimit"


def test_the_service_must_be_open() -> None:
    """Else nothing can be created."""
    made = desk(service_status="NotOpened")

    assert made.code("CreateRoutine", Name="more") == "ServiceNotOpen"


def test_the_description_can_be_changed() -> None:
    """And be emptied."""
    made = desk()
    made.ask("UpdateRoutineConfigDescription", Name="hello", Description="new")

    assert made.ask("GetRoutine", Name="hello")["Description"] == "new"


def test_a_routine_can_be_deleted() -> None:
    """With everything in it, unless it serves production."""
    made = desk()
    made.deploy("staging", {made.version(): 100})

    assert made.ask("DeleteRoutine", Name="hello")["Status"] == "OK"
    assert made.code("GetRoutine", Name="hello") == "RoutineNotExist"
    assert made.visit("staging", "hello.c08c6ff4.er.aliyun-esa.net").status == 404


def test_a_serving_routine_is_guarded() -> None:
    """As a live version is."""
    made = desk()
    made.deploy("production", {made.version(): 100})

    assert made.code("DeleteRoutine", Name="hello") == "DependedByOthers"


def test_routines_are_listed_in_pages() -> None:
    """With quota and use; a search word narrows the rows."""
    made = desk(routine_quota=7)
    for index in range(4):
        made.cloud.console.routine(f"r{index}")

    told = made.ask("ListUserRoutines", PageNumber="2", PageSize="3", SearchKeyWord="r")

    assert [row["RoutineName"] for row in told["Routines"]] == ["r3"]
    assert told["TotalCount"] == 4
    assert (told["UsedRoutineNumber"], told["QuotaRoutineNumber"]) == (5, 7)


def test_the_old_listing_has_all() -> None:
    """Names and birth, no sub-domains here."""
    told = desk().ask("GetRoutineUserInfo")

    assert [row["RoutineName"] for row in told["Routines"]] == ["hello"]
    assert told["Subdomains"] == []
