"""Credentials from `credentials.ini`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.wire.doubles import (
    KEY_ID,
    KEY_SECRET,
    Files,
    Reply,
    Scripted,
    ok,
    session_members,
    shown,
    surroundings,
)

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire import Credentials, Response
from esa_flows.wire.ini import CredentialsFile

ARN = "acs:ram::1234567890123456:role/releaser"
PATH = "/home/ann/.alibabacloud/credentials.ini"
KEY = f"access_key_id = {KEY_ID}\naccess_key_secret = {KEY_SECRET}  # rotated in May\n"


def ini(
    text: str,
    *replies: Reply,
    environ: dict[str, str] | None = None,
    path: str = PATH,
    token: str = "",
) -> tuple[CredentialsFile, Scripted]:
    """Give the source over a file in memory."""
    files = Files(**{path: text} if text else {}, **{"/token": token})
    around, transport = surroundings(*replies, files=files, environ=environ or {})
    return CredentialsFile(around), transport


async def test_an_access_key_is_read_without_comments() -> None:
    """Of the section `default`, from the usual place."""
    source, _ = ini(f"[default]\ntype = access_key\n{KEY}")

    assert await source.get() == Credentials(
        access_key_id=KEY_ID,
        access_key_secret=KEY_SECRET,
        source="section 'default' of ~/.alibabacloud/credentials.ini",
    )


async def test_variables_name_the_file_and_the_section() -> None:
    """Both at once."""
    environ = {
        "ALIBABA_CLOUD_CREDENTIALS_FILE": "/etc/keys.ini",
        "ALIBABA_CLOUD_PROFILE": "ci",
    }
    text = f"[default]\n[ci]\ntype=access_key\n{KEY}"
    source, _ = ini(text, environ=environ, path="/etc/keys.ini")
    words = "section 'ci' of /etc/keys.ini (ALIBABA_CLOUD_CREDENTIALS_FILE)"

    assert words == (await source.get()).source
    assert "<CredentialsFile ci>" == repr(source)


async def test_a_percent_sign_is_a_percent_sign() -> None:
    """The SDKs of other languages do not replace anything either."""
    text = f"[default]\ntype=ram_role_arn\n{KEY}role_arn={ARN}\npolicy=%7B%(x)s\n"
    source, transport = ini(text, ok(Credentials=session_members()))
    await source.get()

    assert b"Policy=%257B%25%28x%29s" in bytes(transport.sent[0].body)  # type: ignore[arg-type]


async def test_a_role_is_taken_on_with_the_key() -> None:
    """As in a profile, with the names this file has."""
    text = f"[default]\ntype=ram_role_arn\n{KEY}role_arn={ARN}\nrole_session_name=ci\n"
    source, transport = ini(text, ok(Credentials=session_members()))
    got = await source.get()

    assert "STS.FakeKeyId0009" == got.access_key_id
    assert b"RoleSessionName=ci" in bytes(transport.sent[0].body)  # type: ignore[arg-type]


async def test_an_oidc_role_is_taken_on_with_the_token() -> None:
    """Its file is named here."""
    text = (
        f"[default]\ntype=oidc_role_arn\nrole_arn={ARN}\n"
        "oidc_provider_arn=acs:ram::1:oidc-provider/ack\noidc_token_file_path=/token\n"
    )
    given = ok(Credentials=session_members())
    source, transport = ini(text, given, token="FakeOidcToken")
    await source.get()

    assert b"OIDCToken=FakeOidcToken" in bytes(transport.sent[0].body)  # type: ignore[arg-type]


async def test_an_instance_is_asked_for_the_role() -> None:
    """That is named here."""
    text = "[default]\ntype=ecs_ram_role\nrole_name=releaser\n"
    given = ok(**session_members())
    source, transport = ini(text, Response.of(200, b"FakeToken"), given)
    await source.get()

    assert transport.sent[1].target.endswith("/releaser")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "~/.alibabacloud/credentials.ini: there is no such file"),
        ("[other]\n", "it has no section 'default'"),
        ("[default]\ntype=access_key\n", "it has no access_key_id"),
    ],
)
async def test_a_file_that_sets_nothing_up_is_passed_over(
    text: str, message: str
) -> None:
    """With the reason."""
    source, _ = ini(text)
    with pytest.raises(NoCredentials, match=message):
        await source.get()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (KEY, "it is not written as an ini file is"),
        (f"[default]\n{KEY_SECRET}\n", "it is not written as an ini file is"),
        (f"[default]\n{KEY}{KEY}", "it is not written as an ini file is"),
        (f"[default]\n{KEY}", "it has no type"),
        (f"[default]\ntype=odd\n{KEY}", "its mode 'odd' is not supported"),
        ("[default]\ntype=rsa_key_pair\n", "the provider has retired key pairs"),
        (
            "[default]\ntype=access_key\naccess_key_id=x\n",
            "it has no access_key_secret",
        ),
        ("[default]\ntype=oidc_role_arn\n", "it has no ram_role_arn or role_arn"),
        (
            f"[default]\ntype=oidc_role_arn\nrole_arn={ARN}\n",
            "it has no oidc_provider_arn",
        ),
        (
            f"[default]\ntype=oidc_role_arn\nrole_arn={ARN}\noidc_provider_arn=x\n",
            "it has no oidc_token_file or oidc_token_file_path",
        ),
    ],
)
async def test_a_file_that_cannot_be_used_stops_the_search(
    text: str, message: str
) -> None:
    """And no line of it is repeated: a line may be a secret."""
    source, _ = ini(text)
    with pytest.raises(InvalidInput, match=message) as caught:
        await source.get()

    assert not isinstance(caught.value, NoCredentials)
    assert KEY_SECRET not in shown(caught.value)


async def test_a_file_that_was_named_must_be_there() -> None:
    """Otherwise a typing error would end in another account."""
    source, _ = ini("", environ={"ALIBABA_CLOUD_CREDENTIALS_FILE": "/gone.ini"})
    with pytest.raises(InvalidInput, match=r"^/gone\.ini .*no such file") as caught:
        await source.get()

    assert not isinstance(caught.value, NoCredentials)


@pytest.mark.parametrize("text", ["", f"[default]\ntype=access_key\n{KEY}"])
async def test_a_profile_that_was_named_must_be_somewhere(text: str) -> None:
    """A typing error in its name must not end in the instance's account."""
    source, _ = ini(text, environ={"ALIBABA_CLOUD_PROFILE": "porduction"})
    with pytest.raises(InvalidInput, match="PROFILE is 'porduction', and no") as caught:
        await source.get()

    assert not isinstance(caught.value, NoCredentials)


async def test_the_file_is_read_once_and_again_when_refused() -> None:
    """Somebody may have changed the key."""
    files = Files(**{PATH: f"[default]\ntype=access_key\n{KEY}"})
    source = CredentialsFile(surroundings(files=files).around)
    first = await source.get()
    await source.get()
    files.files[Path(PATH)] = files.files[Path(PATH)].replace(KEY_ID, "LTAI5tFakeKey9")
    source.forget(first)

    assert "LTAI5tFakeKey9" == (await source.get()).access_key_id
    assert 2 == files.reads
