"""Revisions: numbered, uploaded, published, deleted."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.localcloud.desk import CODE, Desk, code_of, dcdn_desk

from esa_flows.localcloud import Fault

AREA = "presetCanaryZhejiang"
UPLOAD = {"Name": "hello", "CodeDescription": "one"}


def published(made: Desk, revision: str, *envs: str) -> Any:
    """Publish a revision of ``hello``."""
    asked = {"Name": "hello", "SelectCodeRevision": revision, "Envs": json.dumps(envs)}
    return made.dcdn("PublishRoutineCodeRevision", **asked)["Content"]


def uploaded(made: Desk, code: bytes = CODE) -> str:
    """Upload test code and return its revision."""
    told = made.dcdn("UploadStagingRoutineCode", Name="hello")["Content"]
    assert made.post(told["OssPostConfig"], code).status == 200

    return str(told["CodeRevision"])


def committed(made: Desk) -> Any:
    """Commit the test code of ``hello``."""
    return made.dcdn("CommitStagingRoutineCode", Name="hello", CodeDescription="f")[
        "Content"
    ]


def live(made: Desk) -> dict[str, str]:
    """Return what ``hello`` serves."""
    splits = made.cloud.console.function("hello").splits()
    return {env: next(iter(shares)) for env, shares in splits.items()}


def test_an_upload_is_numbered_with_its_form() -> None:
    """The documented nesting and all of the form's members."""
    made = dcdn_desk()
    told = made.dcdn("UploadRoutineCode", **UPLOAD)["Content"]
    revision = told["CodeRevision"]

    assert sorted(told) == ["CodeRevision", "OssPostConfig"]
    assert sorted(told["OssPostConfig"]) == [
        "OSSAccessKeyId",
        "Signature",
        "Url",
        "XOssSecurityToken",
        "callback",
        "key",
        "policy",
        "x:codeDescription",
    ]
    assert told["OssPostConfig"]["key"].endswith(f".{revision[-11:]}.js")


@pytest.mark.parametrize("kind", ["base64", "plain"])
def test_the_code_is_read_back(kind: str) -> None:
    """Encoded as a switch says."""
    made = dcdn_desk(er_code=kind)
    asked = {"Name": "hello", "SelectCodeRevision": made.revision()}
    told = made.dcdn("DescribeRoutineCodeRevision", **asked)["Content"]["ErCode"]

    assert CODE == (base64.b64decode(told) if kind == "base64" else told.encode())


def test_code_that_never_came_is_a_missing_object() -> None:
    """And so is one that a fault hides."""
    made = dcdn_desk(er_code="plain")
    empty = made.dcdn("UploadRoutineCode", **UPLOAD)["Content"]["CodeRevision"]
    made.cloud.inject(
        Fault(operation="DescribeRoutineCodeRevision", kind="missing", call=2)
    )
    told = [
        made.dcdn(
            "DescribeRoutineCodeRevision", Name="hello", SelectCodeRevision=revision
        )["Content"]["ErCode"]
        for revision in (empty, made.revision())
    ]

    assert ["NoSuchKey" in text for text in told] == [True, True]


def test_the_quota_counts_numbered_revisions() -> None:
    """With the form, not with the upload."""
    made = dcdn_desk(revision_quota=2)
    for _ in range(2):
        made.dcdn("UploadRoutineCode", **UPLOAD)

    assert made.failure("UploadRoutineCode", **UPLOAD) == (
        "the number of code revisions exceeds the limit"
    )
    assert made.failure("UploadStagingRoutineCode", Name="hello") == (
        "the number of code revisions exceeds the limit"
    )


def test_a_description_is_mandatory_where_the_page_says_so() -> None:
    """Not for test code."""
    made = dcdn_desk()
    told = code_of(made.dcdn_reply("UploadRoutineCode", Name="hello"))

    assert told == "MissingCodeDescription"


def test_a_revision_is_published_to_areas() -> None:
    """All the named environments, or none."""
    made = dcdn_desk()
    made.dcdn("EditRoutineConf", Name="hello", EnvConf=json.dumps({AREA: {}}))
    first, second = made.revision(), made.revision()
    told = published(made, first, "production", AREA)
    published(made, second, AREA)
    asked = {"Name": "hello", "SelectCodeRevision": first}
    refused = made.failure(
        "PublishRoutineCodeRevision", **asked, Envs=f'["{AREA}","presetCanaryJilin"]'
    )

    assert told == {"CodeRevision": first}
    assert refused == "the environment does not exist"
    assert live(made) == {"production": first, AREA: second}


def test_an_object_of_environments_is_taken_by_its_names() -> None:
    """One official SDK types the parameter so."""
    made = dcdn_desk()
    revision = made.revision()
    made.dcdn(
        "PublishRoutineCodeRevision",
        Name="hello",
        SelectCodeRevision=revision,
        Envs='{"production":{"SpecName":"50ms"}}',
    )

    assert live(made) == {"production": revision}


@pytest.mark.parametrize("envs", ["[]", '["moon"]'])
def test_environments_that_are_not_there(envs: str) -> None:
    """Nothing is published."""
    made = dcdn_desk()
    asked = {"Name": "hello", "SelectCodeRevision": made.revision(), "Envs": envs}

    assert made.failure("PublishRoutineCodeRevision", **asked) == (
        "the environment does not exist"
    )
    assert live(made) == {}


def test_code_that_never_came_cannot_be_published() -> None:
    """Unless a switch accepts it."""
    made = dcdn_desk()
    revision = made.dcdn("UploadRoutineCode", **UPLOAD)["Content"]["CodeRevision"]
    asked = {"Name": "hello", "SelectCodeRevision": revision, "Envs": '["staging"]'}
    refused = made.failure("PublishRoutineCodeRevision", **asked)
    made.cloud.switch(type(made.switches)(publish_empty="accept"))
    made.dcdn("PublishRoutineCodeRevision", **asked)

    assert refused == "the code of the revision was not uploaded"
    assert live(made) == {"staging": revision}


def test_a_live_revision_cannot_be_deleted() -> None:
    """Unless the guard is off; an unknown one never."""
    made = dcdn_desk()
    asked = {"Name": "hello", "SelectCodeRevision": made.revision()}
    published(made, asked["SelectCodeRevision"], "staging")
    guarded = made.failure("DeleteRoutineCodeRevision", **asked)
    made.cloud.switch(type(made.switches)(delete_guard=False))
    told = made.dcdn("DeleteRoutineCodeRevision", **asked)["Content"]

    assert guarded == "the code revision is in use"
    assert told == {"Status": "OK"}
    assert made.failure("DeleteRoutineCodeRevision", **asked) == (
        "the code revision does not exist"
    )


def test_test_code_goes_to_staging_by_itself() -> None:
    """When it arrives."""
    made = dcdn_desk()
    made.dcdn("UploadStagingRoutineCode", Name="hello")
    before = live(made)
    revision = uploaded(made)

    assert (before, live(made)) == ({}, {"staging": revision})


def test_or_with_its_form() -> None:
    """By a switch."""
    made = dcdn_desk(staging_at="form")
    told = made.dcdn("UploadStagingRoutineCode", Name="hello")["Content"]

    assert live(made) == {"staging": told["CodeRevision"]}


def test_test_code_becomes_a_new_revision() -> None:
    """By default; the newest that arrived."""
    made = dcdn_desk()
    uploaded(made, b"first")
    newest = uploaded(made, b"second")
    made.dcdn("UploadStagingRoutineCode", Name="hello")
    told = committed(made)["CodeRevision"]
    versions = made.cloud.console.function("hello").versions

    assert told > newest
    assert (versions[told].content, versions[told].description) == (b"second", "f")


def test_or_the_same_one_becomes_formal() -> None:
    """By a switch; it can be committed once."""
    made = dcdn_desk(commit_staging="same")
    revision = uploaded(made)
    told = committed(made)
    again = made.failure("CommitStagingRoutineCode", **UPLOAD)

    assert told == {"CodeRevision": revision}
    assert made.cloud.console.function("hello").versions[revision].description == "f"
    assert again == "there is no staging code to commit"


def test_deleted_test_code_cannot_be_committed() -> None:
    """The one before it is the newest then, if there is one."""
    made = dcdn_desk(delete_guard=False)
    revision = uploaded(made)
    made.dcdn("DeleteRoutineCodeRevision", Name="hello", SelectCodeRevision=revision)

    assert made.failure("CommitStagingRoutineCode", **UPLOAD) == (
        "there is no staging code to commit"
    )
    assert made.cloud.console.function("hello").tests == []


def test_a_commit_needs_room() -> None:
    """A new revision counts."""
    made = dcdn_desk(revision_quota=1)
    uploaded(made)

    assert made.failure("CommitStagingRoutineCode", **UPLOAD) == (
        "the number of code revisions exceeds the limit"
    )


@pytest.mark.parametrize(
    ("kind", "shape"), [("object", dict), ("text", str), ("number", int)]
)
def test_a_commit_is_told_in_three_shapes(kind: str, shape: type) -> None:
    """The documents show more than one."""
    made = dcdn_desk(commit_content=kind)
    uploaded(made)

    assert type(committed(made)) is shape


def test_a_form_for_a_revision_that_is_gone() -> None:
    """The callback fails."""
    made = dcdn_desk()
    told = made.dcdn("UploadRoutineCode", **UPLOAD)["Content"]
    revision = told["CodeRevision"]
    made.dcdn("DeleteRoutineCodeRevision", Name="hello", SelectCodeRevision=revision)

    assert made.post(told["OssPostConfig"]).status == 203


def test_faults_strike_one_api_or_an_environment() -> None:
    """By the product before the name, and by a member of Envs."""
    made = dcdn_desk()
    revision = made.revision()
    made.cloud.inject(
        Fault(operation="esa:CreateRoutine", kind="refuse"),
        Fault(operation="PublishRoutineCodeRevision", kind="refuse", env="production"),
    )
    made.dcdn("CreateRoutine", Name="other")
    published(made, revision, "staging")
    asked = {"Name": "hello", "SelectCodeRevision": revision}
    told = made.dcdn_reply("PublishRoutineCodeRevision", **asked, Envs='["production"]')

    assert code_of(told) == "InternalException"
    assert made.code("CreateRoutine", Name="third") == "InternalException"
