"""Credentials from an address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.wire.doubles import (
    NOW,
    TOKEN,
    Reply,
    ok,
    session_members,
    shown,
    surroundings,
)

from esa_flows.errors import InvalidInput, NoCredentials, NotSent, OutcomeUnknown
from esa_flows.wire import Response
from esa_flows.wire.credentials import Forgetful
from esa_flows.wire.uri import CredentialsUri

PASSWORD = "FakePassword0001"
ADDRESS = f"https://keys.example/session?password={PASSWORD}"
SESSION = ok(Code="Success", **session_members())


def uri(address: str, *replies: Reply) -> tuple[CredentialsUri, Any]:
    """Give the source and its transport."""
    environ = {"ALIBABA_CLOUD_CREDENTIALS_URI": address} if address else {}
    around, transport = surroundings(*replies, environ=environ)
    return CredentialsUri(around), transport


async def test_a_get_gives_the_session() -> None:
    """Its fragment does not travel."""
    source, transport = uri(f"{ADDRESS}#top", SESSION)
    got = await source.get()

    assert "STS.FakeKeyId0009" == got.access_key_id
    assert "the credentials URI at keys.example" == got.source
    assert ["GET"] == [request.method for request in transport.sent]
    assert [ADDRESS] == [request.url for request in transport.sent]


async def test_credentials_are_kept_until_refused() -> None:
    """Then the address is asked again."""
    source, transport = uri(ADDRESS, SESSION, SESSION)
    first = await source.get()
    await source.get()
    source.forget(first)
    await source.get()

    assert 2 == len(transport.sent)
    assert NOW < (first.expires_at or NOW)
    assert isinstance(source, Forgetful)


@pytest.mark.parametrize(
    ("address", "direct"),
    [
        (ADDRESS, False),
        ("https://127.0.0.1:8443/x", False),
        ("http://127.0.0.1:8080/x", True),
        ("http://127.9.9.9/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:8080/x", True),
        ("http://169.254.170.2/x", True),
        ("http://[fe80::1]/x", True),
    ],
)
async def test_plain_http_to_the_next_neighbour_goes_past_proxies(
    address: str, *, direct: bool
) -> None:
    """A proxy would read it; https may go through one."""
    source, transport = uri(address, SESSION)
    await source.get()

    assert [direct] == [request.direct for request in transport.sent]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://keys.example/", "in the clear from keys.example: use https"),
        ("http://10.0.0.1/", "in the clear from 10.0.0.1"),
        ("http://100.100.100.200/", "in the clear"),
        ("http://169.254.170.2.example/", "in the clear"),
        (f"https://user:{PASSWORD}@keys.example/", "has a user in it"),
        (f"ftp://keys.example/{PASSWORD}", "is not an address"),
        (f"file:///{PASSWORD}", "is not an address"),
        (f"keys.example/{PASSWORD}", "is not an address"),
        (f"https:///{PASSWORD}", "is not an address"),
        (f"https://[{PASSWORD}", "is not an address"),
        (f"https://keys.example:99999/{PASSWORD}", "is not an address"),
        (f"https://keys.example:0/{PASSWORD}", "is not an address"),
        (f"https://keys.example/ü{PASSWORD}", "is not an address"),
        (f"https://keys.example/a b{PASSWORD}", "is not an address"),
    ],
)
async def test_another_address_is_refused_and_not_shown(
    address: str, message: str
) -> None:
    """Nothing is sent, and a password in it stays there."""
    source, transport = uri(address)
    with pytest.raises(InvalidInput, match=message) as caught:
        await source.get()

    assert [] == transport.sent
    assert PASSWORD not in shown(caught.value)


async def test_without_the_variable_there_is_nothing() -> None:
    """It is named."""
    source, _ = uri("")
    with pytest.raises(NoCredentials, match="ALIBABA_CLOUD_CREDENTIALS_URI not set"):
        await source.get()


def _leak(**changes: object) -> Response:
    members = session_members(**changes)
    present = {name: value for name, value in members.items() if value is not None}
    return Response.of(200, json.dumps({"Code": "Success", **present}).encode())


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (OutcomeUnknown("Late."), "Late"),
        (NotSent("No route."), "No route"),
        (Response.of(302), "It answers HTTP 302"),
        (Response.of(200, f'{{"SecurityToken": "{TOKEN}"'.encode()), "It answers HTTP"),
        (Response.of(500, TOKEN.encode()), "It answers HTTP 500"),
        (ok(Code=TOKEN, **session_members()), "It answers HTTP 200"),
        (_leak(Expiration=None), "credentials without Expiration"),
        (_leak(Expiration=f"{TOKEN}"), "a key or a time that cannot be read"),
        (_leak(AccessKeySecret=None), "without AccessKeySecret"),
        (_leak(SecurityToken=5), "without SecurityToken"),
        (_leak(AccessKeyId="é"), "a key or a time that cannot be read"),
    ],
)
async def test_trouble_never_repeats_what_was_answered(
    reply: Reply, message: str
) -> None:
    """An answer with one member missing still holds all the others."""
    source, _ = uri(ADDRESS, reply)
    with pytest.raises(NotSent, match=message) as caught:
        await source.get()

    text = shown(caught.value)

    assert [] == [x for x in (TOKEN, "FakeSecret9", PASSWORD) if x in text]


def test_repr_shows_no_address() -> None:
    """It may hold a password."""
    assert ("<CredentialsUri set>", "<CredentialsUri>") == (
        repr(uri(ADDRESS)[0]),
        repr(uri("")[0]),
    )
