"""Questions about deployments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from tests.cli.office import Office
from tests.survey.witness import bent_finding, finding, refused, surveyed

from esa_flows.survey.finding import Verdict


@pytest.mark.parametrize(
    ("question", "switch", "value"),
    [
        ("deployment lag", "live_lag", 3.5),
        ("same split twice", "deploy_repeats", "same"),
        ("version without code", "deploy_unready", "accept"),
        ("version without code", "package_max_size", 1_234),
        ("delete a live version", "delete_guard", False),
    ],
)
async def test_each_switch_is_seen(question: str, switch: str, value: Any) -> None:
    """At another position than the usual one."""
    found = await finding(question, **{switch: value})

    assert value == found.settings[switch]


async def test_a_deployment_that_is_not_told() -> None:
    """After half a minute the question stays open."""
    found = await finding("deployment lag", live_lag=31.0)

    assert (Verdict.OPEN, "GetRoutine did not tell of the deployment in time.") == (
        found.verdict,
        found.answer,
    )


async def test_deployments_without_ids() -> None:
    """Two empty ids are not the same one."""

    def nameless(_: Any, response: Any) -> Any:
        """Take the id away."""
        body = json.loads(response.body) | {"DeploymentId": ""}
        return evolve(response, body=json.dumps(body).encode())

    found = await bent_finding("same split twice", CreateRoutineCodeDeployment=nameless)

    assert (Verdict.OPEN, "The answer has no deployment id.") == (
        found.verdict,
        found.answer,
    )


async def test_staging_is_put_back() -> None:
    """A version without code does not stay in staging, and is deleted."""
    office = Office()
    office.cloud.switch(evolve(office.switches, deploy_unready="accept"))

    report = await surveyed(office, "version without code", "delete a live version")

    assert "refused with DependedByOthers" == report.findings[1].answer


async def test_a_package_without_a_limit() -> None:
    """What the form does not say is not set."""

    def bare(_: Any, response: Any) -> Any:
        """Take the policy away."""
        body = json.loads(response.body)
        body["OssPostConfig"]["Policy"] = "e30="
        return evolve(response, body=json.dumps(body).encode())

    found = await bent_finding(
        "version without code", CreateRoutineWithAssetsCodeVersion=bare
    )

    assert {"deploy_unready": "refuse"} == found.settings


async def test_another_code_for_a_live_version() -> None:
    """It is guarded all the same; the code is told."""
    found = await bent_finding(
        "delete a live version", DeleteRoutineCodeVersion=refused("InvalidParameter")
    )

    assert {"delete_guard": True} == found.settings
    assert "the local cloud says DependedByOthers" in found.answer


async def test_a_live_version_that_is_gone() -> None:
    """Later questions make themselves another."""
    office = Office()
    office.cloud.switch(evolve(office.switches, delete_guard=False))

    report = await surveyed(office, "delete a live version", "version quota")

    assert {"delete_guard": False} == report.findings[0].settings
    assert 10 == report.findings[1].settings["version_quota"]
