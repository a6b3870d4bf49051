"""Upload forms as the API hands them out."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from esa_flows.localcloud.forms import Target, routine_named, target_of

from .desk import desk


def test_a_form_has_the_documented_members() -> None:
    """Lower-case policy and key, callback and description: the JavaScript flow."""
    assert list(desk().form()) == [
        "Url",
        "OSSAccessKeyId",
        "Signature",
        "XOssSecurityToken",
        "callback",
        "x:codeDescription",
        "policy",
        "key",
    ]


def test_the_policy_tells_its_limits() -> None:
    """Life and size come from the switches, the key is fixed."""
    made = desk(policy_life=timedelta(minutes=5), policy_max_size=77)
    form = made.form()
    policy = json.loads(base64.b64decode(form["policy"]))

    assert policy["expiration"] == "2026-01-02T03:09:05.000Z"
    assert ["content-length-range", 1, 77] in policy["conditions"]
    assert ["eq", "$key", form["key"]] in policy["conditions"]


def test_the_url_is_where_the_cloud_is_served() -> None:
    """A carrier sets the base URL."""
    made = desk()
    made.cloud.world.base_url = "http://127.0.0.1:1234"

    assert made.form()["Url"] == "http://127.0.0.1:1234/oss-local-edge-routine"


def test_the_description_is_base64_of_json() -> None:
    """As the official answers have it."""
    form = desk().form(description="v1 多语言")

    assert json.loads(base64.b64decode(form["x:codeDescription"])) == "v1 多语言"


def test_every_form_of_a_routine_names_the_same_object() -> None:
    """There is one slot; the last writer wins."""
    made = desk()

    assert made.form()["key"] == made.form()["key"]


def test_the_token_can_be_left_out() -> None:
    """Older answers have an empty one."""
    assert desk(oss_token=False).form()["XOssSecurityToken"] == ""


@pytest.mark.parametrize(
    "target",
    [
        Target(account="1", routine="hello"),
        Target(kind="package", account="1", routine="hello", version="1756"),
        Target(kind="revision", account="1", routine="hello", version="69188190343"),
    ],
)
def test_targets_and_keys_are_inverse(target: Target) -> None:
    """A key leads back to what it stands for, also from an unread form."""
    assert target_of(target.key) == target
    assert routine_named(b"..." + target.key.encode() + b"\r\n") == "hello"


def test_other_keys_lead_nowhere() -> None:
    """Neither a key nor a body that names none."""
    assert target_of("sp_esa_rwa/1/hello/1756/other.zip") is None
    assert routine_named(b"nothing") == ""


def test_a_revision_is_named_by_its_last_digits() -> None:
    """Eleven of them, after the routine and the account, as in the sample."""
    target = Target(
        kind="revision", account="12", routine="test", version="1622034169188190343"
    )

    assert target.key == "site_er_js/test.12.69188190343.js"
