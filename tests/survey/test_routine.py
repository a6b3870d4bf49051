"""Questions about a routine without code, and about what it does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from tests.survey.witness import answered, bent_finding, finding, refused

from esa_flows.api.reply import Member
from esa_flows.survey.finding import Verdict
from esa_flows.survey.routine import shape_of


@pytest.mark.parametrize(
    ("question", "switch", "value"),
    [
        ("same routine twice", "exists_code", "RoutineNameAlreadyExists"),
        ("nothing deployed", "undeployed", "null"),
        ("nothing deployed", "undeployed", "empty"),
        ("routine description", "esa_descriptions", "base64"),
        ("unknown version, read", "unknown_version_code", "NoSuchVersion"),
        ("unknown version, delete", "unknown_version_code", "NoSuchVersion"),
        ("unknown version, deploy", "unknown_deploy_code", "NoSuchVersion"),
        ("commit without upload", "empty_slot_code", "EmptySlot"),
        ("page out of range", "bad_page", "clamp"),
    ],
)
async def test_each_switch_is_seen(question: str, switch: str, value: Any) -> None:
    """At another position than the usual one."""
    found = await finding(question, **{switch: value})

    assert {switch: value} == found.settings


@pytest.mark.parametrize(
    ("switches", "answer"),
    [
        ({}, "an odd name is left out; secret values are not told"),
        (
            {"bad_variable": "refuse", "secrets_shown": True},
            "an odd name is refused (InvalidParameter); secret values are told",
        ),
    ],
)
async def test_variables(switches: dict[str, Any], answer: str) -> None:
    """Two switches are seen with one question."""
    found = await finding("variables", **switches)

    assert answer == found.answer
    assert switches == {k: v for k, v in found.settings.items() if k in switches}


async def test_an_odd_variable_that_is_taken() -> None:
    """What the local cloud cannot play is told, not set."""
    keys = ["PLAIN", "HIDDEN", "1-bad"]

    found = await bent_finding(
        "variables", SetRoutineEnvironmentVariables=answered(SetKeys=keys)
    )

    assert "the name 1-bad is taken" in found.answer
    assert {"secrets_shown": False} == found.settings


async def test_a_routine_that_is_made_twice() -> None:
    """Told, because the local cloud is stricter."""
    found = await bent_finding(
        "same routine twice", CreateRoutine=answered(Status="OK")
    )

    assert ("taken a second time; the local cloud always refuses it", {}) == (
        found.answer,
        found.settings,
    )


async def test_a_routine_too_many_says_nothing_about_the_name() -> None:
    """A full account refuses for another reason."""
    found = await finding("same routine twice", routine_quota=1)

    assert Verdict.OPEN is found.verdict
    assert "as many routines as it may have" in found.answer


@pytest.mark.parametrize("envs", [None, []])
async def test_no_environment_is_listed(envs: Any) -> None:
    """Told, because the local cloud lists two."""
    edit = _told(Envs=envs)

    found = await bent_finding("nothing deployed", GetRoutine=edit)

    assert "no environment is listed" in found.answer
    assert {} == found.settings


@pytest.mark.parametrize(
    ("env", "shape"),
    [
        ({}, "missing"),
        ({"CodeDeploy": None}, "null"),
        ({"CodeDeploy": {"CodeVersions": []}}, "empty"),
        ({"CodeDeploy": {"Strategy": ""}}, ""),
        ({"CodeDeploy": ""}, ""),
    ],
)
def test_shapes_of_nothing(env: dict[str, Any], shape: str) -> None:
    """Three have a switch; others are told alone."""
    assert shape == shape_of(Member(operation="GetRoutine", value=env))[1]


async def test_no_switch_for_an_unknown_shape() -> None:
    """It is told in words."""
    edit = _told(Envs=[{"CodeDeploy": {}}])

    found = await bent_finding("nothing deployed", GetRoutine=edit)

    assert {} == found.settings
    assert "a form that the local cloud does not play" in found.answer


async def test_the_default_record() -> None:
    """Its form is told, without the routine's name."""
    found = await finding("default record")

    assert found.answer.startswith("NAME.")
    assert found.answer.count("er.aliyun-esa.net") == 2


async def test_no_default_record() -> None:
    """Told as none."""
    edit = _told(DefaultRelatedRecord=None)

    found = await bent_finding("default record", GetRoutine=edit)

    assert found.answer.startswith("none;")


async def test_a_description_in_another_form() -> None:
    """What was sent decides, not what can be unwrapped."""
    edit = _told(Description="short")

    found = await bent_finding("routine description", GetRoutine=edit)

    assert ("in another form, 5 characters long", {}) == (found.answer, found.settings)


async def test_an_unknown_version_that_is_given() -> None:
    """Told, because the local cloud is stricter."""
    found = await bent_finding(
        "unknown version, delete", DeleteRoutineCodeVersion=answered(Status="OK")
    )

    assert "taken; the local cloud always refuses it" == found.answer


async def test_another_page_than_the_last() -> None:
    """An empty third page is neither of the two positions."""
    edit = answered(PageNumber=3, CodeVersions=[], TotalCount=0)

    found = await bent_finding("page out of range", ListRoutineCodeVersions=edit)

    assert "page 3 is given" in found.answer
    assert {} == found.settings


async def test_a_refusal_without_a_code() -> None:
    """Nothing can be set."""
    found = await bent_finding(
        "unknown version, read", GetRoutineCodeVersion=refused("InternalError", 500)
    )

    assert Verdict.OPEN is found.verdict


def _told(**members: Any) -> Any:
    """Make an edit of answers, not of refusals."""

    def edit(_: Any, response: Any) -> Any:
        if response.status != 200:
            return response

        body = json.loads(response.body) | members
        return evolve(response, body=json.dumps(body).encode())

    return edit
