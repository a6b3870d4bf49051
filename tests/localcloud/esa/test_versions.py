"""Upload form, commit, listing, reading, deleting."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.localcloud.desk import CODE, desk

from esa_flows.localcloud import Fault


def test_commit_freezes_the_slot() -> None:
    """The bytes read back are the bytes uploaded."""
    made = desk()
    version = made.version(text="v1")
    told = made.ask("GetRoutineCodeVersion", Name="hello", CodeVersion=version)

    assert base64.b64decode(told["RoutineCode"]) == CODE
    assert told["CodeDescription"] == "v1"
    assert told["CreateTime"] == "2026-01-02T03:04:05Z"


def test_ids_are_growing_strings_of_nineteen_digits() -> None:
    """Nanoseconds since 1970, never the same twice, even within one moment."""
    made = desk()
    ids = [made.version() for _ in range(5)]

    assert ids == sorted(set(ids))
    assert {len(version) for version in ids} == {19}
    assert ids[0].startswith("176732304500000")


def test_a_second_commit_makes_a_second_version() -> None:
    """Commit is not idempotent: the trap of a blind retry."""
    made = desk()
    made.version()
    made.ask("CommitRoutineStagingCode", Name="hello")

    assert len(made.cloud.console.routine("hello").versions) == 2


def test_commit_takes_the_upload_s_description() -> None:
    """Where the commit names none."""
    made = desk()
    made.post(made.form(description="from the form"))
    made.ask("CommitRoutineStagingCode", Name="hello")
    rows = made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"]

    assert rows[0]["CodeDescription"] == "from the form"


def test_commit_needs_an_upload() -> None:
    """An empty slot has nothing to freeze; the code is a switch."""
    made = desk(empty_slot_code="InternalOperationError")

    assert made.code("CommitRoutineStagingCode", Name="hello") == (
        "InternalOperationError"
    )


def test_commit_refuses_unknown_environments() -> None:
    """Variables are bound to staging or production."""
    made = desk()
    made.version()

    assert (
        made.code("CommitRoutineStagingCode", Name="hello", DeployEnv="moon")
        == "InvalidParameter"
    )


@pytest.mark.parametrize(
    ("counts", "form", "commit"),
    [
        (
            "form",
            "CodeVersionNumberExceedQuotaLimit",
            "CodeVersionNumberExceedQuotaLimit",
        ),
        ("commit", "", "CodeVersionNumberExceedQuotaLimit"),
    ],
)
def test_the_quota_is_enforced(counts: str, form: str, commit: str) -> None:
    """A switch says whether the form is refused too."""
    made = desk(version_quota=2, slot_counts=counts)
    made.version()
    made.version()

    assert made.code("GetRoutineStagingCodeUploadInfo", Name="hello") == form
    assert made.code("CommitRoutineStagingCode", Name="hello") == commit
    assert len(made.cloud.console.routine("hello").versions) == 2


def test_a_version_becomes_available() -> None:
    """``init`` until its time has come; the listing spells it with a capital."""
    made = desk(ready_after=5.0)
    version = made.version()
    states = []
    for moment in (4.9, 5.0):
        made.seconds = moment
        told = made.ask("GetRoutineCodeVersionInfo", Name="hello", CodeVersion=version)
        listed = made.ask("ListRoutineCodeVersions", Name="hello")
        states.append((told["Status"], listed["CodeVersions"][0]["Status"]))

    assert states == [("init", "init"), ("available", "Available")]


def test_the_listing_is_paged_newest_first() -> None:
    """Two pages of at most twenty; the total counts all."""
    made = desk()
    ids = [made.cloud.console.add_version("hello", CODE) for _ in range(5)]
    told = made.ask(
        "ListRoutineCodeVersions", Name="hello", PageNumber="2", PageSize="2"
    )

    assert [row["CodeVersion"] for row in told["CodeVersions"]] == [ids[2], ids[1]]
    assert (told["TotalCount"], told["PageNumber"], told["PageSize"]) == (5, 2, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PageNumber", "3"),
        ("PageNumber", "0"),
        ("PageSize", "21"),
        ("PageSize", "x"),
        pytest.param("PageSize", "9" * 5000, id="huge"),
        ("PageSize", "²"),
    ],
)
def test_pages_out_of_range_are_refused(name: str, value: str) -> None:
    """Only the newest forty versions can be seen."""
    told = {"Name": "hello", name: value}

    assert desk().code("ListRoutineCodeVersions", **told) == "InvalidParameter"


def test_the_listing_can_be_searched() -> None:
    """By a part of the description or of the id."""
    made = desk()
    made.cloud.console.add_version("hello", CODE, "ef1 s=12 r=run7")
    made.cloud.console.add_version("hello", CODE, "other")
    told = made.ask("ListRoutineCodeVersions", Name="hello", SearchKeyWord="run7")

    assert [row["CodeDescription"] for row in told["CodeVersions"]] == [
        "ef1 s=12 r=run7"
    ]
    assert told["TotalCount"] == 1


def test_the_listing_may_lag() -> None:
    """A version just made is not listed yet, but can be read."""
    made = desk(list_lag=2.0)
    version = made.version()
    early = made.ask("ListRoutineCodeVersions", Name="hello")["TotalCount"]
    made.ask("GetRoutineCodeVersion", Name="hello", CodeVersion=version)
    made.seconds = 2.0

    assert early == 0
    assert made.ask("ListRoutineCodeVersions", Name="hello")["TotalCount"] == 1


def test_the_slot_can_be_listed() -> None:
    """As the pseudo-version ``unstable``, first."""
    made = desk(list_unstable=True)
    made.version()
    rows = made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"]

    assert [row["CodeVersion"] == "unstable" for row in rows] == [True, False]


def test_missing_objects_come_back_as_code() -> None:
    """The provider's trap: an error document with HTTP 200."""
    made = desk()
    version = made.version()
    made.cloud.inject(Fault(operation="GetRoutineCodeVersion", kind="missing"))
    told = made.ask("GetRoutineCodeVersion", Name="hello", CodeVersion=version)

    assert b"<Code>NoSuchKey</Code>" in base64.b64decode(told["RoutineCode"])


@pytest.mark.parametrize(
    "operation",
    ["GetRoutineCodeVersion", "GetRoutineCodeVersionInfo", "DeleteRoutineCodeVersion"],
)
def test_unknown_versions_are_refused(operation: str) -> None:
    """With the code a switch names, since no page does."""
    made = desk(unknown_version_code="ParameterNotExist")

    assert made.code(operation, Name="hello", CodeVersion="1") == "ParameterNotExist"


def test_an_idle_version_can_be_deleted() -> None:
    """And is gone from the listing."""
    made = desk()
    version = made.version()
    told = made.ask("DeleteRoutineCodeVersion", Name="hello", CodeVersion=version)

    assert told["Status"] == "OK"
    assert made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"] == []


@pytest.mark.parametrize("env", ["staging", "production"])
def test_a_live_version_is_guarded(env: str) -> None:
    """In either environment."""
    made = desk()
    version = made.version()
    made.deploy(env, {version: 100})

    assert (
        made.code("DeleteRoutineCodeVersion", Name="hello", CodeVersion=version)
        == "DependedByOthers"
    )


def test_the_guard_can_be_switched_off() -> None:
    """The documents only hint at it."""
    made = desk(delete_guard=False)
    version = made.version()
    made.deploy("staging", {version: 100})
    made.ask("DeleteRoutineCodeVersion", Name="hello", CodeVersion=version)
    envs = made.ask("GetRoutine", Name="hello")["Envs"]

    assert envs[1]["CodeDeploy"]["CodeVersions"][0]["Description"] == ""


def test_ids_can_be_numbers() -> None:
    """As the documentation's samples print them."""
    made = desk(numeric_ids=True)
    made.version()
    (held,) = made.cloud.console.routine("hello").versions
    told = made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"][0]

    assert told["CodeVersion"] == int(held)


def test_ids_can_be_rounded_as_javascript_does() -> None:
    """The last digits are lost."""
    made = desk(rounded_ids=True)
    shown: Any = made.cloud.world.shown("1710120201067203242")

    assert shown == 1710120201067203300


@pytest.mark.parametrize(
    "operation", ["CommitRoutineStagingCode", "ListRoutineCodeVersions"]
)
def test_unknown_routines_are_refused(operation: str) -> None:
    """By name, within the account."""
    assert desk().code(operation, Name="nobody") == "RoutineNotExist"
