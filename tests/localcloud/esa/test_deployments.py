"""Splits: what is accepted, what is refused, what is replaced."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.localcloud.desk import desk, split


def test_a_split_is_echoed_and_gets_an_id() -> None:
    """As the official answer has it."""
    made = desk()
    old, new = made.version(), made.version()
    told = made.deploy("production", {new: 10, old: 90})

    assert told["Strategy"] == "percentage"
    assert told["CodeVersions"] == [
        {"CodeVersion": new, "Percentage": 10},
        {"CodeVersion": old, "Percentage": 90},
    ]
    assert len(told["DeploymentId"]) == 19


def test_a_repeated_split_gets_a_new_id() -> None:
    """Same state, another deployment."""
    made = desk()
    version = made.version()
    first = made.deploy("staging", {version: 100})["DeploymentId"]

    assert made.deploy("staging", {version: 100})["DeploymentId"] > first


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ([], "must have one or two entries"),
        ([("a", 50), ("b", 25), ("c", 25)], "must have one or two entries"),
        ([("a", 99)], "must have percentages that sum to 100"),
        ([("a", 60), ("b", 60)], "must have percentages that sum to 100"),
        ([("a", 50), ("a", 50)], "names a version twice"),
        ([("a", 0), ("b", 100)], "has the percentage 0, not 1 to 100"),
        ([("a", 101)], "has the percentage 101, not 1 to 100"),
        ([("a", 99.5), ("b", 0.5)], "has the percentage 99.5"),
        ([("a", "100")], "has the percentage '100'"),
        ([("a", True), ("b", 99)], "has the percentage True"),
        ([(17, 100)], "must give CodeVersion as a string"),
        ([("", 100)], "must give CodeVersion as a string"),
    ],
)
def test_illegal_splits_are_refused(shares: list[Any], why: str) -> None:
    """One or two versions, integers of 1 to 100, sum 100."""
    made = desk()
    entries = [{"CodeVersion": v, "Percentage": share} for v, share in shares]
    told = {**split("staging", {}), "CodeVersions": json.dumps(entries)}
    reply = json.loads(made.reply("CreateRoutineCodeDeployment", **told).body)

    assert reply["Code"] == "InvalidParameter"
    assert why in reply["Message"]


@pytest.mark.parametrize("text", ["{}", "[1]", '"x"', "["])
def test_what_is_no_list_of_objects_is_refused(text: str) -> None:
    """Whatever JSON it is, or is not."""
    told = {**split("staging", {}), "CodeVersions": text}

    assert desk().code("CreateRoutineCodeDeployment", **told) == "InvalidParameter"


@pytest.mark.parametrize(("name", "value"), [("Env", "moon"), ("Strategy", "all")])
def test_other_environments_and_strategies_are_refused(name: str, value: str) -> None:
    """There are two environments and one strategy."""
    made = desk()
    told = {**split("staging", {made.version(): 100}), name: value}

    assert made.code("CreateRoutineCodeDeployment", **told) == "InvalidParameter"


def test_unknown_versions_cannot_be_deployed() -> None:
    """And nothing changes."""
    made = desk()
    old = made.version()
    made.deploy("staging", {old: 100})
    told = split("staging", {old: 50, "unstable": 50})

    assert made.code("CreateRoutineCodeDeployment", **told) == "ParameterNotExist"
    assert made.cloud.console.routine("hello").splits() == {"staging": {old: 100}}


@pytest.mark.parametrize(
    ("choice", "code"), [("refuse", "InvalidParameter"), ("accept", "")]
)
def test_unready_versions(choice: str, code: str) -> None:
    """Whether they can be deployed is unknown, hence a switch."""
    made = desk(ready_after=5.0, deploy_unready=choice)
    told = split("staging", {made.version(): 100})

    assert made.code("CreateRoutineCodeDeployment", **told) == code


def test_publish_points_at_one_version() -> None:
    """The older call, still used by other tools."""
    made = desk()
    version = made.version()
    told = made.ask(
        "PublishRoutineCodeVersion", Name="hello", Env="production", CodeVersion=version
    )

    assert told["CodeVersion"] == version
    assert made.cloud.console.routine("hello").splits() == {
        "production": {version: 100}
    }
