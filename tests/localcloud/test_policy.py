"""Policies and their conditions."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from esa_flows.localcloud import CloudError
from esa_flows.localcloud.policy import Form, check_policy

from .desk import START, in_base64

FORM = Form(fields={"key": "a/b.js", "x-type": "js"}, bucket="bucket", size=100)
LATER = "2026-01-02T03:04:06Z"


def check(*conditions: Any, expiration: str = LATER) -> None:
    """Hold the form against a policy of some conditions."""
    policy = {"expiration": expiration, "conditions": list(conditions)}
    check_policy(in_base64(policy), FORM, START)


def test_conditions_that_hold() -> None:
    """Every documented kind."""
    check(
        {"bucket": "bucket"},
        {"key": "a/b.js", "x-type": "js"},
        ["eq", "$key", "a/b.js"],
        ["starts-with", "$key", "a/"],
        ["in", "$x-type", ["js", "ts"]],
        ["not-in", "$x-type", ["exe"]],
        ["content-length-range", 100, 100],
        expiration="2026-01-02T03:04:06.000",
    )


@pytest.mark.parametrize(
    "condition",
    [
        {"bucket": "other"},
        ["eq", "$key", "a/c.js"],
        ["eq", "$absent", "x"],
        ["starts-with", "$key", "b/"],
        ["in", "$x-type", ["ts"]],
        ["not-in", "$x-type", ["js"]],
    ],
)
def test_conditions_that_fail_are_quoted(condition: Any) -> None:
    """The refusal shows the condition."""
    with pytest.raises(CloudError, match="Policy Condition failed: ") as caught:
        check(condition)

    assert (caught.value.code, caught.value.status) == ("AccessDenied", 403)


def test_an_old_policy_is_expired() -> None:
    """From its very second on."""
    with pytest.raises(CloudError, match="Policy expired"):
        check(expiration="2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    ("low", "high", "code"), [(101, 200, "EntityTooSmall"), (1, 99, "EntityTooLarge")]
)
def test_sizes_are_bounded(low: int, high: int, code: str) -> None:
    """One byte too few or too many."""
    with pytest.raises(CloudError, match=code):
        check(["content-length-range", low, high])


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("%%%", "Invalid JSON"),
        (base64.b64encode(b"{").decode(), "Invalid JSON"),
        (in_base64([1]), "it is not an object"),
        (in_base64({"conditions": []}), "it has no expiration"),
        (in_base64({"expiration": "soon", "conditions": []}), "it has no expiration"),
        (in_base64({"expiration": LATER}), "it has no conditions"),
        (in_base64({"expiration": LATER, "conditions": ["x"]}), "Simple-Condition 'x'"),
        (
            in_base64({"expiration": LATER, "conditions": [["like", "$key", "a"]]}),
            "'like' is unsupported",
        ),
        (base64.b64encode(b"[" * 100_000).decode(), "Invalid JSON"),
        (
            in_base64({"expiration": LATER, "conditions": [["starts-with", "$a", 5]]}),
            "'starts-with' is unsupported",
        ),
        (
            in_base64({"expiration": LATER, "conditions": [["in", "$a", 5]]}),
            "'in' is unsupported",
        ),
        (
            in_base64(
                {"expiration": LATER, "conditions": [["content-length-range", "1", 2]]}
            ),
            "content-length-range has '1'",
        ),
    ],
)
def test_policies_that_cannot_be_read(policy: str, why: str) -> None:
    """The refusal says what is wrong with the document."""
    with pytest.raises(CloudError, match=f"InvalidPolicyDocument: .*{why}"):
        check_policy(policy, FORM, START)
