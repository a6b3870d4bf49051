"""Each switch for what is a guess changes what a client sees, and nothing else does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from attrs import evolve

from esa_flows.localcloud import KEY

from .desk import START, Desk, code_of, dcdn_desk, desk, upload


def live(made: Desk) -> Any:
    """Return the first environment as GetRoutine shows it."""
    return made.ask("GetRoutine", Name="hello")["Envs"][0]


@pytest.mark.parametrize("status", [404, 400])
def test_wrong_version_status(status: int) -> None:
    """Only where the operation exists under another version."""
    made = desk(wrong_version_status=status)
    known, unknown = made.reply("UploadRoutineCode"), made.reply("Nonsense")

    assert (known.status, unknown.status) == (status, 404)


@pytest.mark.parametrize("status", [400, 403])
def test_signature_status(status: int) -> None:
    """The code stays."""
    made = desk(signature_status=status)
    request = made.request("GetErService")
    reply = made.cloud.handle(evolve(request, target="/?a=b"))

    assert (reply.status, code_of(reply)) == (status, "SignatureDoesNotMatch")


@pytest.mark.parametrize("status", [404, 400])
def test_unknown_key_status(status: int) -> None:
    """The code stays."""
    made = desk(unknown_key_status=status)
    made.key = evolve(KEY, id="LTAI5tNobody")
    reply = made.reply("GetErService")

    assert code_of(reply) == "InvalidAccessKeyId.NotFound"
    assert reply.status == status


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("told", ["CAISGood", "CAISBad"])
def test_token_status(status: int, told: str) -> None:
    """An expired token, and one that is another's."""
    key = evolve(KEY, id="STS.x", token="CAISGood", expires=START)
    made = desk(token_status=status)
    made.cloud.console.add_key(key)
    bare = made.unsigned("GetErService", {}, x_acs_security_token=told)
    reply = made.cloud.handle(made.sign(bare, key))

    assert reply.status == status
    assert code_of(reply).startswith("InvalidSecurityToken.")


def test_date_header() -> None:
    """Without it a client cannot correct its clock."""
    assert desk(date_header=False).reply("GetErService").header("date") == ""
    assert desk().reply("GetErService").header("date") != ""


@pytest.mark.parametrize(("page", "told"), [("0", 1), ("99", 2), ("2", 2)])
def test_bad_page(page: str, told: int) -> None:
    """The nearest page instead of a refusal."""
    made = desk(bad_page="clamp")
    asked = {"Name": "hello", "PageNumber": page, "PageSize": "999"}
    seen = made.ask("ListRoutineCodeVersions", **asked)

    assert (seen["PageNumber"], seen["PageSize"]) == (told, 20)
    assert made.code("ListUserRoutines", PageNumber="x") == "InvalidParameter"


def test_exists_code() -> None:
    """Tools in the wild look for others."""
    made = desk(exists_code="RoutineNameAlreadyExist")

    assert made.code("CreateRoutine", Name="hello") == "RoutineNameAlreadyExist"


def test_esa_descriptions() -> None:
    """Everywhere a routine's description is told."""
    made = desk(esa_descriptions="base64")
    made.ask("UpdateRoutineConfigDescription", Name="hello", Description="héllo")
    told = [
        made.ask("GetRoutine", Name="hello")["Description"],
        made.ask("ListUserRoutines")["Routines"][0]["Description"],
        made.ask("GetRoutineUserInfo")["Routines"][0]["Description"],
    ]

    assert [base64.b64decode(text).decode() for text in told] == ["héllo"] * 3


@pytest.mark.parametrize(
    ("case", "row", "info"),
    [
        ("mixed", "Available", "available"),
        ("lower", "available", "available"),
        ("capital", "Available", "Available"),
    ],
)
def test_status_case(case: str, row: str, info: str) -> None:
    """The listing and the info call."""
    made = desk(status_case=case)
    version = made.version()
    rows = made.ask("ListRoutineCodeVersions", Name="hello")["CodeVersions"]
    asked = {"Name": "hello", "CodeVersion": version}

    assert rows[0]["Status"] == row
    assert made.ask("GetRoutineCodeVersionInfo", **asked)["Status"] == info


@pytest.mark.parametrize(
    ("shape", "members"),
    [
        ("missing", {}),
        ("null", {"CodeDeploy": None}),
        ("empty", {"CodeDeploy": {"CodeVersions": []}}),
    ],
)
def test_undeployed(shape: str, members: dict[str, Any]) -> None:
    """An environment that never had a deployment."""
    told = live(desk(undeployed=shape))

    assert told == {
        "Env": "production",
        "CodeVersion": "",
        "CanaryCodeVersion": "",
        **members,
    }


def test_slot_version() -> None:
    """A number that is no version's."""
    made = desk(slot_version="number")
    told = made.ask("GetRoutineStagingCodeUploadInfo", Name="hello")["CodeVersion"]

    assert told.isdecimal()
    assert made.cloud.console.routine("hello").versions == {}


def test_commit_repeats() -> None:
    """The same version, until content or description is another."""
    made = desk(commit_repeats="same")
    first = made.version(text="a")
    again = made.version(text="a")
    other = made.version(text="b")
    third = made.version(code=b"other", text="b")

    assert first == again
    assert len({first, other, third}) == 3


def test_deploy_repeats() -> None:
    """The same deployment, until the split is another."""
    made = desk(deploy_repeats="same")
    old, new = made.version(), made.version()
    first = made.deploy("staging", {old: 100})["DeploymentId"]

    assert first == made.deploy("staging", {old: 100})["DeploymentId"]
    assert first != made.deploy("staging", {new: 100})["DeploymentId"]


def test_old_forms() -> None:
    """A newer form may end the older one."""
    made = desk(old_forms=False)
    old = made.form()
    made.seconds = 1.0
    new = made.form()

    assert (made.post(old).status, made.post(new).status) == (403, 200)


def test_after_file() -> None:
    """A field behind the file may be refused."""
    made = desk(after_file="refuse")
    request = upload(made.form(), last="x:codeDescription")

    assert made.cloud.handle(request).status == 400
    assert desk().cloud.switches.after_file == "ignore"


def test_oss_chunked() -> None:
    """A form without a length may be refused."""
    made = desk(oss_chunked=False)
    request = upload(made.form())
    chunked = evolve(
        request, headers=(*request.headers, ("transfer-encoding", "chunked"))
    )

    assert made.cloud.handle(chunked).status == 411
    assert made.cloud.handle(request).status == 200


def test_callback_body() -> None:
    """Whatever the back end may say."""
    made = desk(callback_body='{"code":0}')

    assert json.loads(made.post(made.form()).body) == {"code": 0}


def test_revision_counts() -> None:
    """A place is taken by the upload, not by the form."""
    made = dcdn_desk(revision_quota=1, revision_counts="upload")
    asked = {"Name": "hello", "CodeDescription": "x"}
    made.dcdn("UploadRoutineCode", **asked)
    made.revision()

    assert made.failure("UploadRoutineCode", **asked) == (
        "the number of code revisions exceeds the limit"
    )
