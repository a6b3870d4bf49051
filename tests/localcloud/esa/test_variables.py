"""Environment variables, and what a version takes along."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.localcloud.desk import Desk, desk

SET, DELETE = "SetRoutineEnvironmentVariables", "DeleteRoutineEnvironmentVariables"
LIST = "ListRoutineEnvironmentVariables"
STAGING = {"Name": "hello", "Env": "staging"}


def put(made: Desk, variables: Any, env: str = "staging") -> Any:
    """Set some variables."""
    asked = {"Name": "hello", "Env": env, "EnvironmentVariables": json.dumps(variables)}
    return made.ask(SET, **asked)


def plain(value: str) -> dict[str, str]:
    """Return a plain variable as calls tell it."""
    return {"Type": "plain_text", "Value": value}


def test_variables_are_set_listed_and_deleted() -> None:
    """Upserts; an environment has its own."""
    made = desk()
    first = put(made, {"A": plain("1"), "B": plain("2")})
    put(made, {"A": plain("3")})
    listed = made.ask(LIST, **STAGING)
    gone = made.ask(DELETE, **STAGING, EnvironmentVariableKeys='["B","C","B"]')
    after = made.ask(LIST, **STAGING)
    other = made.ask(LIST, Name="hello", Env="production")

    assert first["SetKeys"] == ["A", "B"]
    assert listed["EnvironmentVariables"] == {"A": plain("3"), "B": plain("2")}
    assert (gone["DeletedKeys"], gone["FailedKeys"]) == (["B"], ["C"])
    assert (after["TotalCount"], other["TotalCount"]) == (1, 0)


def test_one_page_at_a_time() -> None:
    """With a word to look for."""
    made = desk()
    put(made, {f"KEY_{n:02}": plain("x") for n in range(25)})
    put(made, {"OTHER": plain("x")})
    first = made.ask(LIST, **STAGING, KeyWord="KEY")
    second = made.ask(LIST, **STAGING, KeyWord="KEY", PageNumber="2")

    assert (first["Count"], second["Count"], second["TotalCount"]) == (20, 5, 25)
    assert (second["PageNumber"], second["PageSize"]) == (2, 20)


@pytest.mark.parametrize(("shown", "value"), [(False, ""), (True, "s3cret")])
def test_secret_values_are_told_by_a_switch(*, shown: bool, value: str) -> None:
    """Hidden by default."""
    made = desk(secrets_shown=shown)
    put(made, {"K": {"Type": "secret_text", "Value": "s3cret"}})

    assert made.ask(LIST, **STAGING)["EnvironmentVariables"] == {
        "K": {"Type": "secret_text", "Value": value}
    }


BAD = [
    {"9X": plain("1")},
    {"A B": plain("1")},
    {"A": "text"},
    {"A": {"Type": "number", "Value": "1"}},
    {"A": {"Type": "plain_text", "Value": 1}},
    {"A": {"Type": ["plain_text"], "Value": "1"}},
]


@pytest.mark.parametrize("bad", BAD)
def test_a_variable_that_cannot_be_set_is_left_out(bad: dict[str, Any]) -> None:
    """The others are set."""
    assert put(desk(), {**bad, "GOOD": plain("1")})["SetKeys"] == ["GOOD"]


@pytest.mark.parametrize("bad", BAD)
def test_or_the_whole_call_is_refused(bad: dict[str, Any]) -> None:
    """By a switch; nothing is set."""
    made = desk(bad_variable="refuse")
    text = json.dumps({**bad, "GOOD": plain("1")})

    assert made.code(SET, **STAGING, EnvironmentVariables=text) == "InvalidParameter"
    assert made.ask(LIST, **STAGING)["TotalCount"] == 0


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        (SET, {"EnvironmentVariables": "[]"}),
        (SET, {"EnvironmentVariables": "{"}),
        (DELETE, {"EnvironmentVariableKeys": "{}"}),
        (DELETE, {"EnvironmentVariableKeys": "[1]"}),
        (LIST, {"PageSize": "501"}),
    ],
)
def test_senseless_calls_are_refused(operation: str, params: dict[str, str]) -> None:
    """What is no object of variables, no list of names, no page."""
    assert desk().code(operation, **STAGING, **params) == "InvalidParameter"


def test_there_are_two_environments() -> None:
    """No others."""
    assert desk().code(LIST, Name="hello", Env="moon") == "InvalidParameter"


def test_a_version_takes_the_variables_of_its_environment_along() -> None:
    """As they are at the commit; without DeployEnv it has none."""
    made = desk()
    put(made, {"A": plain("old")})
    made.post(made.form())
    for env in ({"DeployEnv": "staging"}, {"DeployEnv": "production"}, {}):
        made.ask("CommitRoutineStagingCode", Name="hello", **env)

    put(made, {"A": plain("new")})
    rows = made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"]
    first = next(iter(made.cloud.console.routine("hello").versions.values()))

    assert [(row["DeployEnv"], row["HasEnvVars"]) for row in rows] == [
        ("", False),
        ("production", False),
        ("staging", True),
    ]
    assert first.variables["A"].value == "old"
    assert "old" not in repr(first)
