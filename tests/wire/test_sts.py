"""Taking on a RAM role."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.wire.doubles import (
    CREDENTIALS,
    NOW,
    SESSION,
    TOKEN,
    Reply,
    Scripted,
    header,
    nonces,
    ok,
    refusal,
    session_members,
)

from esa_flows.errors import (
    AccessDenied,
    BadCredentials,
    InvalidInput,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from esa_flows.wire import Credentials, Response, Static, Transport
from esa_flows.wire.credentials import Forgetful
from esa_flows.wire.site import sts_endpoint
from esa_flows.wire.sts import AssumedRole, Role

ARN = "acs:ram::1234567890123456:role/releaser"


def given(**changes: object) -> Response:
    """Answer as STS does."""
    return ok(Credentials=session_members(**changes))


def assumed(transport: Transport, role: Role | None = None, **more: Any) -> AssumedRole:
    """Take on a role over a transport."""
    return AssumedRole(
        role or Role(arn=ARN),
        base=more.get("base", Static(CREDENTIALS)),
        transport=transport,
        endpoint=sts_endpoint(),
        now=lambda: NOW,
        nonce=nonces(),
        source="a test",
    )


async def test_the_roles_credentials_are_those_of_the_answer() -> None:
    """Key, secret, token and expiry, and where they came from."""
    assert await assumed(Scripted(given())).get() == Credentials(
        access_key_id="STS.FakeKeyId0009",
        access_key_secret="FakeSecret9",
        security_token=TOKEN,
        expires_at=NOW + dt.timedelta(hours=1),
        source=f"a test, role {ARN}",
    )


async def test_the_request_is_a_signed_assume_role() -> None:
    """To STS, version 2015-04-01, with the role and how long it shall last."""
    transport = Scripted(given())
    role = Role(
        arn=ARN, session="ci", duration=900, policy='{"Version":"1"}', external_id="x"
    )
    await assumed(transport, role).get()
    request = transport.sent[0]
    assert isinstance(request.body, bytes)

    assert request.url == "https://sts.aliyuncs.com/"
    assert header(request, "x-acs-action") == "AssumeRole"
    assert header(request, "x-acs-version") == "2015-04-01"
    assert "Credential=LTAI5tFakeKeyId0001" in header(request, "authorization")
    assert parse_qs(request.body.decode()) == {
        "DurationSeconds": ["900"],
        "ExternalId": ["x"],
        "Policy": ['{"Version":"1"}'],
        "RoleArn": [ARN],
        "RoleSessionName": ["ci"],
    }


async def test_what_is_not_wanted_is_not_sent() -> None:
    """No policy and no external id by default."""
    transport = Scripted(given())
    await assumed(transport).get()

    assert b"Policy" not in bytes(transport.sent[0].body)  # type: ignore[arg-type]


async def test_credentials_are_kept_until_refused() -> None:
    """Two calls, one request; after a refusal another one."""
    transport = Scripted(given(), given(AccessKeyId="STS.FakeKeyId0010"))
    role = assumed(transport)
    first = await role.get()
    again = await role.get()
    role.forget(first)
    second = await role.get()

    assert first == again
    assert second.access_key_id == "STS.FakeKeyId0010"
    assert isinstance(role, Forgetful)


class Base(Static):
    """Credentials that can be told that they were refused."""

    forgotten: list[Credentials] = []  # noqa: RUF012  one test looks

    def forget(self, refused: Credentials) -> None:
        """Remember it."""
        self.forgotten.append(refused)


def test_what_was_refused_is_told_to_the_base_too() -> None:
    """The base's session may be what has expired."""
    base = Base(SESSION)
    assumed(Scripted(), base=base).forget(CREDENTIALS)

    assert base.forgotten == [CREDENTIALS]


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (NotSent("no route"), NotSent, "no route"),
        (refusal("Throttling.User"), Throttled, "AssumeRole was not executed"),
        (refusal("InvalidAccessKeyId.NotFound", 404), BadCredentials, "does not know"),
        (refusal("NoPermission", 403), AccessDenied, '"sts:AssumeRole"'),
        (Response.of(502, b"<html>"), NotSent, "so nothing was sent"),
        (refusal("InternalError", 500), NotSent, "so nothing was sent"),
        (ok(), NotSent, "STS answered credentials without AccessKeyId"),
    ],
)
async def test_trouble_with_sts_is_never_an_unknown_outcome(
    reply: Reply, error: type[Exception], message: str
) -> None:
    """No credentials means that the call itself was surely not sent."""
    with pytest.raises(error, match=message):
        await assumed(Scripted(reply)).get()


async def test_a_lost_answer_of_sts_means_nothing_was_sent() -> None:
    """Taking on a role twice harms nobody."""
    with pytest.raises(NotSent, match="It broke off") as caught:
        await assumed(Scripted(OutcomeUnknown("It broke off."))).get()

    assert caught.value.operation == "AssumeRole"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"arn": "releaser"}, "'releaser' is not a role"),
        ({"session": "a b"}, "'a b' is not a session name"),
        ({"session": "é" * 3}, "is not a session name"),
        ({"duration": 60}, "A session of 60 s is not possible"),
        ({"duration": 50_000}, "A session of 50000 s is not possible"),
    ],
)
def test_a_role_is_checked_before_anything_is_sent(
    facts: dict[str, Any], message: str
) -> None:
    """STS would refuse it."""
    with pytest.raises(InvalidInput, match=message):
        Role(**{"arn": ARN, **facts})


def test_repr_names_the_role() -> None:
    """And nothing secret."""
    assert repr(assumed(Scripted())) == f"<AssumedRole {ARN}>"


async def test_secrets_in_a_message_of_sts_are_not_repeated() -> None:
    """The provider may quote what it was sent."""
    body = {"Code": "Odd", "Message": f"token {TOKEN} is odd"}
    transport = Scripted(Response.of(400, json.dumps(body).encode()))
    with pytest.raises(Refused, match="is odd") as caught:
        await assumed(transport, base=Static(SESSION)).get()

    assert TOKEN not in str(caught.value)
