"""No secret in anything this floor shows or raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.wire.doubles import (
    HANGZHOU,
    LOOK,
    NOW,
    Scripted,
    caller,
    nonces,
    refusal,
    shown,
    surroundings,
)

from esa_flows.errors import CallError
from esa_flows.testing.transport import ProcessTransport
from esa_flows.wire import (
    Answer,
    Caller,
    Cap,
    Chain,
    Credentials,
    HttpxTransport,
    Request,
    Response,
    Secret,
    Static,
    open_client,
)
from esa_flows.wire.ecs import EcsRole
from esa_flows.wire.entry import Entry
from esa_flows.wire.environment import FromEnvironment
from esa_flows.wire.ini import CredentialsFile
from esa_flows.wire.oidc import OidcVariables
from esa_flows.wire.profiles import CliProfile
from esa_flows.wire.refresh import Refreshing
from esa_flows.wire.rpc import signed_request
from esa_flows.wire.site import sts_endpoint
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.uri import CredentialsUri

CANARY = "canary7c1d"
HELD = Credentials(
    access_key_id="LTAI5tFakeKeyId0001",
    access_key_secret=f"{CANARY}-secret",
    security_token=f"{CANARY}-token",
)
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tFakeKeyId0001",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": CANARY,
    "ALIBABA_CLOUD_SECURITY_TOKEN": CANARY,
    "ALIBABA_CLOUD_CREDENTIALS_URI": f"https://h.example/?password={CANARY}",
}


def everything() -> list[Any]:
    """Give one of each class that ever holds a secret, or something signed."""
    request = signed_request(LOOK, HANGZHOU, HELD, date=NOW, nonce="n")
    transport = Scripted()
    environment = FromEnvironment(environ=ENVIRON)
    around = surroundings(environ=ENVIRON).around
    profile = CliProfile(around)
    role = AssumedRole(
        Role(arn="acs:ram::1:role/r", external_id=CANARY, policy=CANARY),
        base=Static(HELD),
        transport=transport,
        endpoint=sts_endpoint(),
        now=lambda: NOW,
        nonce=nonces(),
    )
    return [
        Secret(CANARY),
        HELD,
        Static(HELD),
        environment,
        profile,
        role,
        Role(arn="acs:ram::1:role/r", external_id=CANARY, policy=CANARY),
        Chain((environment, profile, role)),
        around,
        CredentialsFile(around),
        OidcVariables(around),
        CredentialsUri(around),
        EcsRole(around),
        Entry(values={"access_key_secret": CANARY}, source="a test"),
        Refreshing(role.get, now=lambda: NOW),
        request,
        Request(method="GET", url=f"http://h/?esa_er_token={CANARY}", headers=()),
        Response.of(200, CANARY.encode(), x=CANARY),
        Answer(value={"Token": CANARY}, request_id="", sent_at=0, elapsed=0),
        caller(transport, credentials=Static(HELD)),
        Cap(),
        HttpxTransport(open_client(trust_env=False)),
        ProcessTransport(object()),  # type: ignore[arg-type]
    ]


def test_nothing_that_holds_a_secret_shows_it() -> None:
    """However it is printed, alone or inside something else."""
    things = everything()
    text = f"{things!r} {things}" + "".join(f"{thing}{thing!r}" for thing in things)

    assert CANARY not in text


REPLIES = [
    refusal("SignatureDoesNotMatch"),
    refusal("InvalidSecurityToken.Malformed"),
    refusal("InvalidAccessKeyId.NotFound", 404),
    refusal("Forbidden.RAM", 403),
    refusal("Odd.Code"),
    Response.of(502, f"<html>{CANARY}-token</html>".encode()),
    Response.of(
        400,
        json.dumps({"Code": "Odd", "Message": f"got {CANARY}-token"}).encode(),
    ),
    Response.of(
        403,
        json.dumps(
            {"Code": "SignatureDoesNotMatch", "Message": f"{CANARY}-token differs"}
        ).encode(),
    ),
]


@pytest.mark.parametrize("reply", REPLIES, ids=repr)
async def test_no_error_holds_a_secret(reply: Response) -> None:
    """Neither the error nor anything it came from."""
    source: Caller = caller(Scripted(reply), credentials=Static(HELD))
    with pytest.raises(CallError) as caught:
        await source.call(LOOK)

    assert CANARY not in shown(caught.value)
