"""Upload forms as the API hands them out."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from esa_flows.localcloud.forms import Target, target_of

from .desk import desk


def test_a_form_has_the_documented_members() -> None:
    """Lower-case policy and key, callback and description: the JavaScript flow."""
    assert list(desk().form()) == [
        "Url",
        "OSSAccessKeyId",
        "Signature",
        "callback",
        "x:codeDescription",
        "policy",
        "key",
        "XOssSecurityToken",
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


def test_targets_and_keys_are_inverse() -> None:
    """A key leads back to its routine, and no other key does."""
    target = Target(account="1", routine="hello")

    assert target_of(target.key) == target
    assert target_of("sp_esa_rwa/1/hello/1756/code.zip") is None
