"""Upload forms as they are read, and where they may go."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest

from esa_flows.api.cloud import UploadSlot
from esa_flows.api.reply import Member
from esa_flows.api.slot import HostRule, Policy, read_policy, read_slot
from esa_flows.errors import InvalidInput, OutcomeUnknown
from esa_flows.model import VersionId
from esa_flows.wire import Secret

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
KEY = "sp_esa_rwa/1/checkout-edge/unstable/routine/index.js"
BUCKET = "https://er-code.oss-cn-hangzhou.aliyuncs.com/"


def policy(**more: Any) -> str:
    """Make a policy as OSS takes it."""
    document = {
        "expiration": "2026-01-02T03:34:05.000Z",
        "conditions": [
            {"bucket": "er-code"},
            ["eq", "$key", KEY],
            ["content-length-range", 1, 5_000_000],
        ],
        **more,
    }
    return base64.b64encode(json.dumps(document).encode()).decode()


def config(**more: Any) -> Member:
    """Make an upload form as the provider gives it for JavaScript."""
    value = {
        "Url": "http://er-code.oss-cn-hangzhou.aliyuncs.com",
        "OSSAccessKeyId": "STS.FakeKeyId0001",
        "Signature": "fakeSignature+0001=",
        "policy": policy(),
        "key": KEY,
        "callback": "ZmFrZSBjYWxsYmFjaw==",
        "x:codeDescription": "ImhlbGxvIg==",
        "XOssSecurityToken": "fakeToken0001",
        **more,
    }
    present = {name: member for name, member in value.items() if member != "absent"}
    return Member(
        operation="GetRoutineStagingCodeUploadInfo",
        path="OssPostConfig",
        value=present,
    )


def read(member: Member) -> UploadSlot:
    """Read a form with the strict rule for hosts."""
    return read_slot(member, HostRule())


def names(slot: UploadSlot) -> list[str]:
    """Give the names of a form's fields."""
    return [name for name, _ in slot.fields]


def test_javascript_form_is_read() -> None:
    """Canonical names, the address upgraded to HTTPS, and what the policy says."""
    slot = read_slot(config(), HostRule(), version=VersionId("17"))

    assert slot.url == BUCKET
    assert names(slot) == [
        "OSSAccessKeyId",
        "Signature",
        "policy",
        "key",
        "callback",
        "x:codeDescription",
        "x-oss-security-token",
    ]
    assert slot.key == KEY
    assert slot.expires_at == NOW + dt.timedelta(minutes=30)
    assert (slot.least_bytes, slot.most_bytes) == (1, 5_000_000)
    assert slot.version == "17"


def test_assets_form_is_read_whose_names_differ_in_case() -> None:
    """`Policy` and `Key` become `policy` and `key`."""
    other = config(policy="absent", key="absent", Policy=policy(), Key=KEY)

    assert {"policy", "key"} <= set(names(read(other)))


def test_token_under_its_form_name_is_taken_too() -> None:
    """Newer pages name the token as the form does."""
    other = config(XOssSecurityToken="absent", **{"x-oss-security-token": "fake"})

    assert "x-oss-security-token" in names(read(other))


def test_empty_token_and_callback_are_omitted() -> None:
    """The store would take an empty token for a wrong one."""
    other = config(XOssSecurityToken="", callback=None)

    assert names(read(other))[-1] == "x:codeDescription"
    assert "callback" not in names(read(other))


def test_unknown_fields_are_forwarded_and_hidden() -> None:
    """A field nobody knows may be part of the signature; empty ones go along."""
    slot = read(config(**{"x-new": "secret-like", "x-empty": "", "x-count": 3}))

    found = dict(slot.fields)

    assert found["x-new"] == Secret("secret-like")
    assert found["x-empty"] == ""
    assert found["x-count"] == Secret("3")


@pytest.mark.parametrize("name", ["Url", "OSSAccessKeyId", "Signature", "policy"])
def test_missing_fields_are_named(name: str) -> None:
    """A form without one of its parts cannot be used."""
    with pytest.raises(OutcomeUnknown, match=f"OssPostConfig has no {name}"):
        read(config(**{name: ""}))


@pytest.mark.parametrize("name", ["KEY", "file", "File", 'a"b', "a\r\nb", ""])
def test_fields_that_no_form_can_have_are_refused(name: str) -> None:
    """Twins, a second file and names that break the form's header."""
    with pytest.raises(OutcomeUnknown, match="in a way that no form can have"):
        read(config(**{name: "x"}))


def test_field_that_is_no_text_is_refused_unshown() -> None:
    """The error names the kind only."""
    with pytest.raises(OutcomeUnknown, match=r"Signature is a list") as caught:
        read(config(Signature=["fakeSignature"]))

    assert "fakeSignature" not in str(caught.value)


def test_policy_for_another_key_is_refused() -> None:
    """A form whose parts contradict each other is not sent."""
    other = config(policy=policy(conditions=[["eq", "$key", "another"]]))

    with pytest.raises(OutcomeUnknown, match="policy for another key"):
        read(other)


# --- hosts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://er-code.oss-cn-hangzhou.aliyuncs.com",
        "https://er-code.oss-cn-hangzhou.aliyuncs.com/",
        "https://er-code.oss-cn-hangzhou.aliyuncs.com:443/",
        "https://ER-code.oss-cn-hangzhou.aliyuncs.com",
    ],
)
def test_bucket_hosts_are_asked_over_https(url: str) -> None:
    """A plain address is upgraded; the usual port may be written."""
    assert HostRule().resolve(url) == BUCKET


@pytest.mark.parametrize(
    "host",
    [
        "b-1.oss-ap-southeast-1.aliyuncs.com",
        "b-1.oss-cn-hangzhou-internal.aliyuncs.com",
        "b-1.oss-accelerate.aliyuncs.com",
        "b-1.oss.aliyuncs.com",
    ],
)
def test_bucket_hosts_of_all_kinds_are_taken(host: str) -> None:
    """Regions, the inner network and acceleration."""
    assert HostRule().resolve(f"https://{host}") == f"https://{host}/"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://er-code.oss-cn-hangzhou.aliyuncs.com.evil.example/",
        "https://evil.example/.oss-cn-hangzhou.aliyuncs.com",
        "https://x.er-code.oss-cn-hangzhou.aliyuncs.com/",
        "https://203.0.113.7/",
        "https://[2001:db8::1]/",
        "http://127.0.0.1:8080/oss-er-code",
        "http://localhost/",
    ],
)
def test_other_hosts_are_refused(url: str) -> None:
    """A form is a key to the code: it goes to buckets only."""
    with pytest.raises(InvalidInput, match=r"no bucket of OSS.*name it in oss_hosts"):
        HostRule().resolve(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://me@er-code.oss-cn-hangzhou.aliyuncs.com/", "more than a host"),
        ("https://er-code.oss-cn-hangzhou.aliyuncs.com/?a=b", "more than a host"),
        ("https://er-code.oss-cn-hangzhou.aliyuncs.com/#a", "more than a host"),
        ("https://er-code.oss-cn-hangzhou.aliyuncs.com:8443/", "usual port only"),
        ("http://er-code.oss-cn-hangzhou.aliyuncs.com:80/", "usual port only"),
        ("https://er-code.oss-cn-hangzhou.aliyuncs.com/x", "at its root"),
        ("ftp://er-code.oss-cn-hangzhou.aliyuncs.com/", "no web address"),
        ("er-code.oss-cn-hangzhou.aliyuncs.com", "no web address"),
        ("https://", "no web address"),
        ("https://[::1", "no address"),
        ("https://er-code.oss-cn-hangzhou.aliyuncs.com:x/", "no address"),
    ],
)
def test_odd_addresses_are_refused(url: str, why: str) -> None:
    """Each with the reason."""
    with pytest.raises(InvalidInput, match=why):
        HostRule().resolve(url)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/oss-er-code", "http://localhost:1/", "http://[::1]:9/x"],
)
def test_loopback_is_taken_by_clients_of_loopback_only(url: str) -> None:
    """Plain HTTP, any port and path: it is this machine."""
    assert HostRule(allow_loopback=True).resolve(url) == url


def test_loopback_clients_keep_the_rule_for_other_hosts() -> None:
    """A client of a local cloud sends no form elsewhere over plain HTTP."""
    with pytest.raises(InvalidInput, match=r"'203\.0\.113\.7', which is no bucket"):
        HostRule(allow_loopback=True).resolve("http://203.0.113.7/")

    assert HostRule(allow_loopback=True).resolve(BUCKET) == BUCKET


def test_further_hosts_are_taken_by_pattern_over_https() -> None:
    """Whoever names a host knows it."""
    rule = HostRule(extra=("*.oss.corp.example",))

    assert rule.resolve("http://b.oss.corp.example") == "https://b.oss.corp.example/"

    with pytest.raises(InvalidInput, match="no bucket"):
        rule.resolve("https://corp.example")


# --- policies -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not Base64!",
        base64.b64encode(b"no JSON").decode(),
        base64.b64encode(b"[1]").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        base64.b64encode(b"\xff\xfe").decode(),
    ],
)
def test_policy_that_cannot_be_read_says_nothing(text: str) -> None:
    """The store will judge it; we only plan with it."""
    assert read_policy(text) == Policy()


@pytest.mark.parametrize(
    "document",
    [
        {"expiration": 7, "conditions": 7},
        {"expiration": "soon", "conditions": [7, ["eq"], {"x": 1}, ["eq", "$a", "b"]]},
        {"conditions": [["content-length-range", "1", "2"]]},
        {},
    ],
)
def test_policy_with_odd_members_says_nothing(document: dict[str, Any]) -> None:
    """Each member is read by itself."""
    text = base64.b64encode(json.dumps(document).encode()).decode()

    assert read_policy(text) == Policy()


def test_policy_names_its_key_in_either_spelling() -> None:
    """An exact match may be written as an object."""
    assert read_policy(policy(conditions=[{"key": "k"}])).key == "k"
    assert read_policy(policy(conditions=[["eq", "$key", "k"]])).key == "k"
