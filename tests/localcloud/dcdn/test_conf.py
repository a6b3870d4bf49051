"""Settings of environments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.localcloud.desk import Desk, dcdn_desk

AREA = "presetCanaryZhejiang"


def confs(made: Desk) -> dict[str, tuple[str, list[str]]]:
    """Return spec and hosts by environment."""
    told = made.dcdn("DescribeRoutine", Name="hello")["Content"]["EnvConf"]
    return {env: (row["SpecName"], row["AllowedHosts"]) for env, row in told.items()}


def edit(made: Desk, conf: Any) -> None:
    """Change the settings."""
    made.dcdn("EditRoutineConf", Name="hello", EnvConf=json.dumps(conf))


def test_a_new_routine_has_both_environments() -> None:
    """With what it was given, else the defaults."""
    made = dcdn_desk()
    conf = {"staging": {"SpecName": "5ms", "AllowedHosts": ["a.example.com"]}}
    made.dcdn("DeleteRoutine", Name="hello")
    made.dcdn("CreateRoutine", Name="hello", EnvConf=json.dumps(conf))

    assert confs(made) == {
        "production": ("50ms", []),
        "staging": ("5ms", ["a.example.com"]),
    }


def test_a_change_is_partial() -> None:
    """New areas come in; what is not named stays."""
    made = dcdn_desk()
    edit(made, {"production": {"AllowedHosts": ["a.example.com"]}, AREA: {}})
    edit(made, {"production": {"SpecName": "100ms"}})

    assert confs(made) == {
        "production": ("100ms", ["a.example.com"]),
        "staging": ("50ms", []),
        AREA: ("50ms", []),
    }


def test_an_empty_value_takes_a_setting_back() -> None:
    """To its default."""
    made = dcdn_desk()
    edit(made, {"staging": {"SpecName": "5ms", "AllowedHosts": ["a.example.com"]}})
    edit(made, {"staging": {"SpecName": "", "AllowedHosts": []}})

    assert confs(made)["staging"] == ("50ms", [])


@pytest.mark.parametrize(
    ("conf", "text"),
    [
        ("[]", "invalid environment configuration"),
        ('{"staging": 5}', "invalid environment configuration"),
        ('{"staging": {"SpecName": "9ms"}}', "invalid environment configuration"),
        ('{"staging": {"AllowedHosts": "x"}}', "invalid environment configuration"),
        ('{"staging": {"Other": 1}}', "invalid environment configuration"),
        ('{"moon": {}}', "the environment does not exist"),
    ],
)
def test_senseless_settings_are_refused(conf: str, text: str) -> None:
    """And nothing is changed."""
    made = dcdn_desk()
    before = confs(made)

    assert made.failure("EditRoutineConf", Name="hello", EnvConf=conf) == text
    assert before == confs(made)


def test_areas_cannot_be_there_from_the_start() -> None:
    """Only EditRoutineConf adds them."""
    asked = {"Name": "new", "EnvConf": json.dumps({AREA: {}})}

    assert dcdn_desk().failure("CreateRoutine", **asked) == (
        "the environment does not exist"
    )
