"""DCDN routines and the account's lists."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.localcloud.desk import Desk, code_of, dcdn_desk

AREA = "presetCanaryZhejiang"


def described(made: Desk) -> Any:
    """Describe ``hello``."""
    return made.dcdn("DescribeRoutine", Name="hello")["Content"]


def test_a_routine_tells_everything_in_one_answer() -> None:
    """Environments, what each serves, all revisions, newest first."""
    made = dcdn_desk()
    old, new = made.revision(text="old"), made.revision(text="new")
    made.cloud.console.publish("hello", new, "production")
    told = described(made)

    assert told["Envs"] == ["production", "staging"]
    assert told["CreationTime"] == "2026-01-02T03:04:05Z"
    assert told["EnvConf"]["production"]["CodeRev"] == new
    assert told["EnvConf"]["staging"]["CodeRev"] == ""
    assert [row["CodeRevision"] for row in told["CodeRevs"]] == [new, old]


@pytest.mark.parametrize(
    ("kind", "decoded"), [("quoted", '"héllo"'), ("base64", "héllo"), ("plain", None)]
)
def test_descriptions_are_told_as_a_switch_says(kind: str, decoded: str | None) -> None:
    """Base64 of a JSON string is the documented sample."""
    made = dcdn_desk(dcdn_descriptions=kind)
    made.dcdn("EditRoutineConf", Name="hello", Description="héllo")
    told = described(made)["Description"]

    assert (decoded or "héllo") == (
        base64.b64decode(told).decode() if decoded else told
    )


def test_late_observers() -> None:
    """Lags of the list and of what is live hold here too."""
    made = dcdn_desk(list_lag=2.0, live_lag=2.0)
    made.seconds = 10
    revision = made.revision()
    made.cloud.console.publish("hello", revision, "staging")
    early = described(made)
    made.seconds = 12
    late = described(made)

    assert (early["CodeRevs"], early["EnvConf"]["staging"]["CodeRev"]) == ([], "")
    assert late["CodeRevs"][0]["CodeRevision"] == revision
    assert late["EnvConf"]["staging"]["CodeRev"] == revision


@pytest.mark.parametrize("switch", ["numeric_ids", "rounded_ids"])
def test_revisions_may_be_numbers(switch: str) -> None:
    """As they are, or as a JavaScript tool prints them."""
    made = dcdn_desk(**{switch: True})
    revision = made.cloud.console.add_revision("hello", b"x")
    made.cloud.console.publish("hello", revision, "staging")
    told = described(made)["EnvConf"]["staging"]["CodeRev"]

    assert isinstance(told, int)
    assert float(told) == float(revision)
    assert (told == int(revision)) is (switch == "numeric_ids")


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"Name": "hello"}, "the routine already exists"),
        ({"Name": "9x"}, "invalid routine name"),
        ({"Name": "new", "Description": "x" * 51}, "the description is too long"),
        ({"Name": "new"}, "the number of routines exceeds the limit"),
    ],
)
def test_refused_creations(params: dict[str, str], text: str) -> None:
    """Name, description and quota."""
    made = dcdn_desk()
    made.cloud.switch(
        type(made.switches)(routine_quota=2 if "Description" in params else 1)
    )

    assert made.failure("CreateRoutine", **params) == text


def test_a_name_is_mandatory() -> None:
    """The gateway says so itself."""
    assert code_of(dcdn_desk().dcdn_reply("DescribeRoutine")) == "MissingName"


def test_a_deleted_routine_is_gone() -> None:
    """A second delete fails."""
    made = dcdn_desk()
    made.dcdn("DeleteRoutine", Name="hello")

    assert made.failure("DeleteRoutine", Name="hello") == "the routine does not exist"


def test_areas_are_taken_away() -> None:
    """With what they serve; the two fixed environments stay."""
    made = dcdn_desk()
    made.dcdn("EditRoutineConf", Name="hello", EnvConf=json.dumps({AREA: {}}))
    made.cloud.console.publish("hello", made.revision(), AREA)
    made.dcdn("DeleteRoutineConfEnvs", Name="hello", Envs=json.dumps([AREA, AREA]))

    assert described(made)["Envs"] == ["production", "staging"]
    assert made.cloud.console.function("hello").live() == frozenset()


@pytest.mark.parametrize("envs", ['["production"]', f'["{AREA}"]', "[1]", "5", "{"])
def test_environments_that_cannot_be_taken_away(envs: str) -> None:
    """Fixed ones, absent ones, and what is no list of names."""
    reply = dcdn_desk().dcdn_reply("DeleteRoutineConfEnvs", Name="hello", Envs=envs)

    assert code_of(reply) in {"EdgeRoutine.GeneralError", "InvalidParameter"}


def test_the_account_s_lists() -> None:
    """Routines with their sub-domains, areas, classes, domains."""
    made = dcdn_desk()
    made.dcdn("SetRoutineSubdomain", Subdomains='["subdomain-test"]')
    conf = {
        env: {"AllowedHosts": ["a.example.com"]} for env in ("staging", "production")
    }
    made.dcdn("EditRoutineConf", Name="hello", EnvConf=json.dumps(conf))
    told = made.dcdn("DescribeRoutineUserInfo")["Content"]
    domains = made.dcdn("DescribeRoutineRelatedDomains", Name="hello")["Content"]

    assert [row["RoutineName"] for row in told["Routines"]] == ["hello"]
    assert told["Subdomains"] == ["subdomain-test"]
    assert domains == {"RelatedDomains": ["a.example.com"]}
    assert len(made.dcdn("DescribeRoutineCanaryEnvs")["Content"]["Envs"]) == 35
    assert made.dcdn("DescribeRoutineSpec")["Content"] == {
        "Specs": ["5ms", "50ms", "100ms"]
    }


@pytest.mark.parametrize("text", ["[]", '["UPPER"]', '["-x"]'])
def test_senseless_subdomains_are_refused(text: str) -> None:
    """A label of a host name."""
    assert dcdn_desk().failure("SetRoutineSubdomain", Subdomains=text) == (
        "invalid subdomain"
    )


def test_an_unpaid_bill_is_told_and_stops_changes() -> None:
    """Reads go on."""
    made = dcdn_desk()
    made.cloud.switch(type(made.switches)(service_halted=True))
    told = made.dcdn("DescribeUserErStatus")

    assert (told["Enabled"], told["InDebt"], told["OnService"]) == (True, True, False)
    assert made.failure("UploadRoutineCode", Name="hello", CodeDescription="x") == (
        "the service is suspended for overdue payment"
    )
    assert described(made)["CodeRevs"] == []


def test_denied_actions_have_the_product_s_name() -> None:
    """The same operation of the other product is another action."""
    made = dcdn_desk()
    made.cloud.switch(type(made.switches)(denied={"dcdn:DeleteRoutine"}))

    assert code_of(made.dcdn_reply("DeleteRoutine", Name="hello")) == "Forbidden.RAM"
    assert made.code("DeleteRoutine", Name="hello") == "RoutineNotExist"
