"""The role of an ECS instance."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.wire.doubles import (
    NOW,
    TOKEN,
    Reply,
    Scripted,
    header,
    ok,
    session_members,
    shown,
    surroundings,
)

from esa_flows.errors import InvalidInput, NoCredentials, NotSent, OutcomeUnknown
from esa_flows.wire import Credentials, Response, Timeout
from esa_flows.wire.credentials import Forgetful
from esa_flows.wire.ecs import EcsRole

METADATA_TOKEN = "FakeMetadataToken01"
PATH = "/latest/meta-data/ram/security-credentials/"
OFF = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
V1 = {"ALIBABA_CLOUD_IMDSV1_DISABLED": "false"}
GIVEN_TOKEN = Response.of(200, METADATA_TOKEN.encode())
NAME = Response.of(200, b"releaser\n")
SESSION = ok(Code="Success", **session_members())


def ecs(*replies: Reply, environ: dict[str, str] | None = None, **more: Any) -> Any:
    """Give the source and its transport."""
    around, transport = surroundings(*replies, environ=environ or {})
    return EcsRole(around, **more), transport


async def test_a_token_the_roles_name_and_its_credentials() -> None:
    """Version 2: the token goes with each question; each has a second."""
    source, transport = ecs(GIVEN_TOKEN, NAME, SESSION)
    got = await source.get()
    put, *gets = transport.sent

    assert got == Credentials(
        access_key_id="STS.FakeKeyId0009",
        access_key_secret="FakeSecret9",
        security_token=TOKEN,
        expires_at=NOW + dt.timedelta(hours=1),
        source="ECS, role releaser",
    )
    assert [
        "PUT /latest/api/token",
        f"GET {PATH}",
        f"GET {PATH}releaser",
    ] == [f"{sent.method} {sent.target}" for sent in transport.sent]
    assert "21600" == header(put, "x-aliyun-ecs-metadata-token-ttl-seconds")
    assert {METADATA_TOKEN} == {header(x, "x-aliyun-ecs-metadata-token") for x in gets}
    assert {Timeout(connect=1, silence=1, total=1)} == {
        sent.timeout for sent in transport.sent
    }


async def test_nothing_goes_through_a_proxy() -> None:
    """It would ask for the role of the proxy's machine."""
    source, transport = ecs(GIVEN_TOKEN, NAME, SESSION)
    await source.get()

    assert [True, True, True] == [sent.direct for sent in transport.sent]
    assert {"100.100.100.200"} == set(transport.hosts)


async def test_credentials_are_kept_until_refused() -> None:
    """Then the service is asked again."""
    source, transport = ecs(GIVEN_TOKEN, SESSION, GIVEN_TOKEN, SESSION, role="releaser")
    first = await source.get()
    await source.get()
    source.forget(first)
    await source.get()

    assert 4 == len(transport.sent)
    assert isinstance(source, Forgetful)
    assert ("<EcsRole releaser>", "<EcsRole of the instance>") == (
        repr(source),
        repr(ecs()[0]),
    )


@pytest.mark.parametrize("environ", [{}, {"ALIBABA_CLOUD_IMDSV1_DISABLED": "true"}])
@pytest.mark.parametrize("status", [403, 404, 405, 500])
async def test_without_a_token_version_1_is_not_used(
    environ: dict[str, str], status: int
) -> None:
    """Not one question leaves without one."""
    source, transport = ecs(Response.of(status, b"no"), environ=environ)
    with pytest.raises(NotSent, match=f"It gives no token .HTTP {status}") as caught:
        await source.get()

    assert "ALIBABA_CLOUD_IMDSV1_DISABLED=false" in caught.value.next_move
    assert 1 == len(transport.sent)


async def test_version_1_is_used_where_it_is_allowed_by_name() -> None:
    """Without a token."""
    source, transport = ecs(Response.of(405), NAME, SESSION, environ=V1)
    await source.get()

    assert "" == header(transport.sent[2], "x-aliyun-ecs-metadata-token")


@pytest.mark.parametrize(
    ("meant", "error"), [(True, InvalidInput), (False, NoCredentials)]
)
@pytest.mark.parametrize(
    ("replies", "environ", "message"),
    [
        ((), OFF, "ECS: switched off by ALIBABA_CLOUD_ECS_METADATA_DISABLED"),
        ((GIVEN_TOKEN, Response.of(404)), {}, "ECS: the instance has no RAM role"),
    ],
)
async def test_no_role_is_nothing_or_trouble_where_one_was_meant(
    *,
    replies: tuple[Reply, ...],
    environ: dict[str, str],
    message: str,
    meant: bool,
    error: type[Exception],
) -> None:
    """A role named in a profile must not end in the next source's account."""
    source, _ = ecs(*replies, environ=environ, meant=meant)
    with pytest.raises(error, match=message) as caught:
        await source.get()

    assert error is type(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        NotSent("No route."),
        OutcomeUnknown("It did not answer in time."),
        Response.of(404, b"<html>"),
        Response.of(200, b"<html> not a token"),
        Response.of(200, b"\xff"),
        Response.of(200, b""),
    ],
)
async def test_another_machine_is_no_instance(reply: Reply) -> None:
    """The next source is tried, unless somebody said that this is one."""
    with pytest.raises(NoCredentials):
        await ecs(reply, meant=False)[0].get()

    with pytest.raises(NotSent):
        await ecs(reply, meant=True)[0].get()


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ((OutcomeUnknown("Late."),), "Late"),
        ((Response.of(500),), "It does not name the instance's role .HTTP 500"),
        ((Response.of(200, b"../x"),), "It does not name the instance's role"),
        ((Response.of(200, b"a\nb"),), "It does not name the instance's role"),
        ((NAME, NotSent("Gone.")), "Gone"),
        ((NAME, Response.of(404)), "It does not give those of role releaser"),
        ((NAME, Response.of(200, b"[]")), "It does not give those of role releaser"),
        ((NAME, ok(Code="Failed", **session_members())), "It does not give those"),
        ((NAME, ok(**session_members(Expiration=""))), "without Expiration"),
    ],
)
async def test_whoever_gives_a_token_is_an_instance(
    replies: tuple[Reply, ...], message: str
) -> None:
    """Later trouble is worth another try, and no sign to look elsewhere."""
    source, _ = ecs(GIVEN_TOKEN, *replies, meant=False)
    with pytest.raises(NotSent, match=message) as caught:
        await source.get()

    assert METADATA_TOKEN not in shown(caught.value)
    assert "FakeSecret9" not in shown(caught.value)


def test_a_role_must_be_a_name() -> None:
    """It becomes part of an address."""
    with pytest.raises(InvalidInput, match=r"'\.\./x' is not the name of a role"):
        ecs(role="../x")


async def test_valid_credentials_are_kept_when_the_service_is_down() -> None:
    """Until they expire."""
    clock = [NOW]
    scripted = Scripted(GIVEN_TOKEN, SESSION, NotSent("Down."))
    around, _ = surroundings(now=lambda: clock[0], transport=scripted)
    source = EcsRole(around, role="releaser")
    first = await source.get()
    clock[0] += dt.timedelta(minutes=50)

    assert first == await source.get()
    assert 3 == len(scripted.sent)
