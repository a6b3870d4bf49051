"""Versions with assets: numbered first, uploaded then."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.localcloud.desk import Desk, code_of, desk
from tests.localcloud.packages import CODE, FILES, PAGE, zipped

from esa_flows.localcloud import Fault

CREATE = "CreateRoutineWithAssetsCodeVersion"


def info(made: Desk, version: str) -> Any:
    """Read the state of a version."""
    return made.ask("GetRoutineCodeVersionInfo", Name="hello", CodeVersion=version)


def numbered(made: Desk, **params: str) -> Any:
    """Number a version of ``hello``."""
    return made.ask(CREATE, Name="hello", **params)


def test_the_form_has_capitals_and_no_callback() -> None:
    """As the official answer has it."""
    told = numbered(desk())

    assert sorted(told["OssPostConfig"]) == [
        "Key",
        "OSSAccessKeyId",
        "Policy",
        "Signature",
        "Url",
        "XOssSecurityToken",
    ]
    assert told["Status"] == "init"
    assert told["OssPostConfig"]["Key"].endswith(f"/{told['CodeVersion']}/code.zip")


def test_a_version_is_init_until_its_zip_is_made() -> None:
    """The upload starts the clock."""
    made = desk(ready_after=3.0)
    told = numbered(made)
    made.seconds = 100
    before = info(made, told["CodeVersion"])["Status"]
    posted = made.post(told["OssPostConfig"], zipped(FILES))
    during = info(made, told["CodeVersion"])["Status"]
    made.seconds = 103
    after = info(made, told["CodeVersion"])

    assert (posted.status, before, during) == (204, "init", "init")
    assert (after["Status"], after["HasAssets"]) == ("available", True)


def test_a_broken_zip_makes_a_failed_version() -> None:
    """After the same delay; it cannot be deployed."""
    made = desk()
    told = numbered(made)
    made.post(told["OssPostConfig"], b"no zip")
    entry = {"CodeVersion": told["CodeVersion"], "Percentage": 100}
    refused = made.code(
        "CreateRoutineCodeDeployment",
        Name="hello",
        Env="staging",
        Strategy="percentage",
        CodeVersions=json.dumps([entry]),
    )

    assert info(made, told["CodeVersion"])["Status"] == "failed"
    assert refused == "InvalidParameter"


def test_the_code_of_the_zip_is_read_back() -> None:
    """Before the upload there is an object that is missing."""
    made = desk()
    told = numbered(made)
    asked = {"Name": "hello", "CodeVersion": told["CodeVersion"]}
    missing = made.ask("GetRoutineCodeVersion", **asked)["RoutineCode"]
    made.post(told["OssPostConfig"], zipped(FILES))
    code = made.ask("GetRoutineCodeVersion", **asked)["RoutineCode"]

    assert missing.startswith("PD94bWwg")
    assert base64.b64decode(code) == CODE


def test_what_is_asked_for_is_told_again() -> None:
    """Description, extra information, build and options."""
    made = desk()
    told = numbered(
        made,
        CodeDescription="rel 1",
        ExtraInfo='{"Source":"CLI"}',
        BuildId="2603516900000001",
        ConfOptions='{"NotFoundStrategy":"SinglePageApplication"}',
    )
    seen = info(made, told["CodeVersion"])
    (row,) = made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"]

    assert row["Status"] == "init"
    for name, value in {
        "CodeDescription": "rel 1",
        "ExtraInfo": '{"Source":"CLI"}',
        "BuildId": 2603516900000001,
        "ConfOptions": {"NotFoundStrategy": "SinglePageApplication"},
    }.items():
        assert (value, value) == (seen[name], row[name])


def test_options_may_be_real_json() -> None:
    """The command line tool posts an object."""
    made = desk()
    request = made.in_json(
        CREATE, {"Name": "hello", "ConfOptions": {"NotFoundStrategy": "Other"}}
    )
    told = json.loads(made.cloud.handle(request).body)

    assert info(made, told["CodeVersion"])["ConfOptions"] == {
        "NotFoundStrategy": "Other"
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ConfOptions", "[]"),
        ("ConfOptions", "{"),
        ("DeployEnv", "moon"),
        ("BuildId", "x"),
    ],
)
def test_senseless_parameters_are_refused(name: str, value: str) -> None:
    """And no version is numbered."""
    made = desk()

    assert made.code(CREATE, Name="hello", **{name: value}) == "InvalidParameter"
    assert made.ask("ListRoutineCodeVersions", Name="hello")["TotalCount"] == 0


def test_a_strategy_of_another_type_is_kept_as_text() -> None:
    """Whatever it is, it is not understood."""
    made = desk()
    version = numbered(made, ConfOptions='{"NotFoundStrategy":[1]}')["CodeVersion"]

    assert info(made, version)["ConfOptions"] == {"NotFoundStrategy": "[1]"}


@pytest.mark.parametrize(
    ("counts", "code"), [(True, "CodeVersionNumberExceedQuotaLimit"), (False, "")]
)
def test_an_orphan_counts_against_the_quota(*, counts: bool, code: str) -> None:
    """By default; a switch lets only uploaded ones count."""
    made = desk(version_quota=1, init_counts=counts)
    numbered(made)

    assert code_of(made.reply(CREATE, Name="hello")) == code


def test_the_form_can_be_too_old() -> None:
    """A fault hands out one that OSS refuses."""
    made = desk()
    made.cloud.inject(Fault(operation=CREATE, kind="expired"))

    assert made.post(numbered(made)["OssPostConfig"], zipped(FILES)).status == 403


def test_a_zip_for_a_version_that_is_gone_is_only_stored() -> None:
    """Nothing is made of it."""
    made = desk()
    told = numbered(made)
    made.ask("DeleteRoutineCodeVersion", Name="hello", CodeVersion=told["CodeVersion"])
    posted = made.post(told["OssPostConfig"], zipped(FILES))

    assert posted.status == 204
    assert made.cloud.console.routine("hello").versions == {}


def test_assets_are_served() -> None:
    """A file by its path, everything else by the code."""
    made = desk()
    told = numbered(made)
    made.post(told["OssPostConfig"], zipped(FILES))
    made.deploy("production", {told["CodeVersion"]: 100})

    assert made.visit().body == PAGE
    assert made.visit(query="api").body == b"from code"
