"""Taking on a role with the token of an OIDC provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.wire.doubles import (
    TOKEN,
    Files,
    Reply,
    header,
    ok,
    refusal,
    session_members,
    shown,
    surroundings,
)

from esa_flows.errors import (
    AccessDenied,
    InvalidInput,
    NoCredentials,
    NotSent,
    OutcomeUnknown,
)
from esa_flows.wire import Network, Response
from esa_flows.wire.credentials import Forgetful
from esa_flows.wire.oidc import OidcRole, OidcVariables, TokenFile
from esa_flows.wire.site import sts_endpoint
from esa_flows.wire.sts import Role

ARN = "acs:ram::1234567890123456:role/releaser"
PROVIDER = "acs:ram::1:oidc-provider/ack"
OIDC_TOKEN = "FakeOidcToken0001"
ENVIRON = {
    "ALIBABA_CLOUD_ROLE_ARN": ARN,
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER,
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/var/token",
}


def files(text: str = f"{OIDC_TOKEN}\n") -> Files:
    """Give the disk of a pod."""
    return Files(**{"/var/token": text})


def given(**changes: object) -> Response:
    """Answer as STS does."""
    return ok(Credentials=session_members(**changes))


async def test_the_variables_name_role_provider_and_token() -> None:
    """The call is unsigned, and the token is in its body alone."""
    around, transport = surroundings(given(), environ=ENVIRON, files=files())
    got = await OidcVariables(around).get()
    request = transport.sent[0]
    assert isinstance(request.body, bytes)

    assert f"environment ALIBABA_CLOUD_ROLE_ARN, role {ARN}" == got.source
    assert "STS.FakeKeyId0009" == got.access_key_id
    assert "https://sts.aliyuncs.com/" == request.url.partition("?")[0]
    assert "" == header(request, "authorization")
    assert {
        "Action": ["AssumeRoleWithOIDC"],
        "Format": ["JSON"],
        "SignatureNonce": ["n1"],
        "Timestamp": ["2026-01-02T03:04:05Z"],
        "Version": ["2015-04-01"],
    } == parse_qs(urlsplit(request.url).query)
    assert {
        "DurationSeconds": ["3600"],
        "OIDCProviderArn": [PROVIDER],
        "OIDCToken": [OIDC_TOKEN],
        "RoleArn": [ARN],
        "RoleSessionName": ["esa-flows"],
    } == parse_qs(request.body.decode())


@pytest.mark.parametrize(
    ("more", "network", "host"),
    [
        (
            {"ALIBABA_CLOUD_STS_REGION": "cn-beijing"},
            Network.PUBLIC,
            "sts.cn-beijing.aliyuncs.com",
        ),
        (
            {"ALIBABA_CLOUD_STS_REGION": "cn-beijing"},
            Network.VPC,
            "sts-vpc.cn-beijing.aliyuncs.com",
        ),
        (
            {
                "ALIBABA_CLOUD_STS_REGION": "cn-beijing",
                "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true",
            },
            Network.PUBLIC,
            "sts-vpc.cn-beijing.aliyuncs.com",
        ),
    ],
)
async def test_the_region_of_sts_is_the_variables(
    more: dict[str, str], network: Network, host: str
) -> None:
    """From inside a VPC under its own name."""
    around, transport = surroundings(
        given(), environ={**ENVIRON, **more}, files=files(), network=network
    )
    await OidcVariables(around).get()

    assert [host] == transport.hosts


async def test_the_session_has_the_name_of_the_variable() -> None:
    """It is what the audit log shows."""
    environ = {**ENVIRON, "ALIBABA_CLOUD_ROLE_SESSION_NAME": "pod-7"}
    around, transport = surroundings(given(), environ=environ, files=files())
    await OidcVariables(around).get()

    assert b"RoleSessionName=pod-7" in bytes(transport.sent[0].body)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list(ENVIRON))
async def test_without_one_of_the_three_there_is_no_oidc_role(name: str) -> None:
    """It is named, and the next source may be tried."""
    environ = {key: text for key, text in ENVIRON.items() if key != name}
    around, _ = surroundings(environ=environ, files=files())
    with pytest.raises(NoCredentials, match=f"OIDC role: {name} not set"):
        await OidcVariables(around).get()


def role(*replies: Reply, disk: Files | None = None) -> tuple[OidcRole, Any]:
    """Take on a role."""
    around, transport = surroundings(*replies, files=disk or files())
    source = OidcRole(
        Role(arn=ARN, policy="{}"),
        token=TokenFile(provider=PROVIDER, path=Path("/var/token")),
        around=around,
        endpoint=sts_endpoint(),
    )
    return source, transport


async def test_credentials_are_kept_and_the_token_is_read_anew() -> None:
    """Clusters write a new token every hour."""
    disk = files()
    source, transport = role(given(), given(), disk=disk)
    first = await source.get()
    await source.get()
    disk.files[Path("/var/token")] = "FakeOidcToken0002"
    source.forget(first)
    await source.get()

    assert 2 == len(transport.sent)
    assert b"OIDCToken=FakeOidcToken0002" in transport.sent[1].body
    assert b"Policy=%7B%7D" in transport.sent[1].body
    assert isinstance(source, Forgetful)
    assert f"<OidcRole {ARN}>" == repr(source)


@pytest.mark.parametrize(
    ("disk", "message"),
    [
        (Files(), "the OIDC token file of .*: there is no such file"),
        (files(" \n"), "the OIDC token file of .*: it is empty"),
    ],
)
async def test_without_a_token_the_search_stops(disk: Files, message: str) -> None:
    """Somebody set this role up."""
    source, _ = role(disk=disk)
    with pytest.raises(InvalidInput, match=message) as caught:
        await source.get()

    assert not isinstance(caught.value, NoCredentials)


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (OutcomeUnknown("It broke off."), NotSent, "It broke off"),
        (refusal("NoPermission", 403), AccessDenied, '"sts:AssumeRoleWithOIDC"'),
        (Response.of(502, b"<html>"), NotSent, "so nothing was sent"),
        (given(Expiration=None), NotSent, "without Expiration"),
        (ok(), NotSent, "without AccessKeyId"),
    ],
)
async def test_trouble_with_sts_is_never_an_unknown_outcome(
    reply: Reply, error: type[Exception], message: str
) -> None:
    """No credentials means that the call itself was surely not sent."""
    source, _ = role(reply)
    with pytest.raises(error, match=message) as caught:
        await source.get()

    assert TOKEN not in shown(caught.value)


async def test_a_token_quoted_by_sts_is_not_repeated() -> None:
    """It may be used by whoever reads it, until it expires."""
    body = b'{"Code": "Odd", "Message": "token FakeOidcToken0001 is odd"}'
    source, _ = role(Response.of(400, body))
    with pytest.raises(Exception, match=r"token \*\*\* is odd") as caught:
        await source.get()

    assert OIDC_TOKEN not in shown(caught.value)
