"""Credentials from a profile of the command line tool."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.wire.doubles import (
    KEY_ID,
    KEY_SECRET,
    NOW,
    TOKEN,
    Files,
    Scripted,
    header,
    ok,
    session_members,
    surroundings,
)

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire import Credentials, Network, Response
from esa_flows.wire.credentials import Forgetful
from esa_flows.wire.profiles import CliProfile

ARN = "acs:ram::1234567890123456:role/releaser"
PATH = "/home/ann/.aliyun/config.json"
KEY = {"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET}
ROLE = {**KEY, "mode": "RamRoleArn", "ram_role_arn": ARN}


def config(**profiles: object) -> Files:
    """Give the file with some profiles; `default` is in use."""
    listed = [{"name": name, **_facts(facts)} for name, facts in profiles.items()]
    text = json.dumps({"current": "default", "profiles": listed})
    return Files(**{PATH: text})


def _facts(facts: object) -> dict[str, object]:
    assert isinstance(facts, dict)
    return facts


def profile(
    files: Files,
    *replies: Response,
    environ: dict[str, str] | None = None,
    network: Network = Network.PUBLIC,
) -> tuple[CliProfile, Scripted]:
    """Give the source over files in memory."""
    around, transport = surroundings(
        *replies, files=files, environ=environ or {}, network=network
    )
    return CliProfile(around), transport


def given() -> Response:
    """Answer as STS does."""
    return ok(Credentials=session_members())


async def test_mode_ak_is_a_plain_key() -> None:
    """Id and secret; the file is read once."""
    files = config(default={**KEY, "mode": "AK", "sts_token": "ignored"})
    source, _ = profile(files)
    await source.get()

    assert await source.get() == Credentials(
        access_key_id=KEY_ID,
        access_key_secret=KEY_SECRET,
        source="profile 'default' of ~/.aliyun/config.json",
    )
    assert files.reads == 1


async def test_a_profile_without_mode_is_ak() -> None:
    """As the official tool reads it."""
    source, _ = profile(config(default=KEY))

    assert (await source.get()).access_key_id == KEY_ID


async def test_mode_ststoken_has_a_token() -> None:
    """Temporary credentials somebody put there."""
    source, _ = profile(config(default={**KEY, "mode": "StsToken", "sts_token": TOKEN}))
    token = (await source.get()).security_token

    assert token is not None
    assert token.reveal() == TOKEN


async def test_the_file_is_read_again_after_a_refusal() -> None:
    """Somebody may have signed in again in another window."""
    files = config(default={**KEY, "mode": "StsToken", "sts_token": TOKEN})
    source, _ = profile(files)
    source.forget(await source.get())
    await source.get()

    assert files.reads == 2
    assert isinstance(source, Forgetful)


@pytest.mark.parametrize(
    ("facts", "network", "host"),
    [
        ({}, Network.PUBLIC, "sts.aliyuncs.com"),
        ({"region_id": "cn-beijing"}, Network.PUBLIC, "sts.aliyuncs.com"),
        (
            {"sts_region": "cn-beijing"},
            Network.PUBLIC,
            "sts.cn-beijing.aliyuncs.com",
        ),
        ({"region_id": "cn-beijing"}, Network.VPC, "sts-vpc.cn-beijing.aliyuncs.com"),
    ],
)
async def test_mode_ramrolearn_takes_on_the_role(
    facts: dict[str, str], network: Network, host: str
) -> None:
    """At the endpoint the profile and the network ask for."""
    files = config(default={**ROLE, **facts})
    source, transport = profile(files, given(), network=network)
    got = await source.get()

    assert got.access_key_id == "STS.FakeKeyId0009"
    assert got.expires_at == NOW + dt.timedelta(hours=1)
    assert transport.hosts == [host]
    assert got.source == f"profile 'default' of ~/.aliyun/config.json, role {ARN}"


async def test_a_role_is_taken_on_as_the_profile_says() -> None:
    """Session name, life, policy and external id."""
    facts = {
        "ram_session_name": "ci",
        "expired_seconds": 900,
        "policy": "{}",
        "external_id": "x",
    }
    source, transport = profile(config(default={**ROLE, **facts}), given())
    await source.get()

    assert transport.sent[0].body == (
        b"DurationSeconds=900&ExternalId=x&Policy=%7B%7D"
        b"&RoleArn=acs%3Aram%3A%3A1234567890123456%3Arole%2Freleaser"
        b"&RoleSessionName=ci"
    )


async def test_a_refused_role_is_taken_on_again() -> None:
    """Without reading the file."""
    files = config(default=ROLE)
    source, transport = profile(files, given(), given())
    source.forget(await source.get())
    await source.get()

    assert len(transport.sent) == 2
    assert files.reads == 1


@pytest.mark.parametrize(
    ("environ", "key"),
    [({}, KEY_ID), ({"ALIBABA_CLOUD_PROFILE": "other"}, "LTAI5tFakeKeyId0002")],
)
async def test_the_profile_is_the_current_or_the_named_one(
    environ: dict[str, str], key: str
) -> None:
    """The variable wins."""
    other = {**KEY, "access_key_id": "LTAI5tFakeKeyId0002"}
    source, _ = profile(config(default=KEY, other=other), environ=environ)

    assert (await source.get()).access_key_id == key


async def test_without_a_current_profile_default_is_meant() -> None:
    """As the official tool does."""
    text = json.dumps({"profiles": [7, {"name": "default", **KEY}]})
    source, _ = profile(Files(**{PATH: text}))

    assert (await source.get()).access_key_id == KEY_ID


async def test_mode_ecsramrole_asks_the_metadata_service() -> None:
    """For the role the profile names."""
    facts = {"mode": "EcsRamRole", "ram_role_name": "releaser"}
    replies = (Response.of(200, b"FakeToken"), ok(**session_members()))
    source, transport = profile(config(default=facts), *replies)
    got = await source.get()

    assert got.source == "profile 'default' of ~/.aliyun/config.json, role releaser"
    assert [request.target for request in transport.sent] == [
        "/latest/api/token",
        "/latest/meta-data/ram/security-credentials/releaser",
    ]


async def test_mode_oidc_takes_on_the_role_with_a_token() -> None:
    """The token's file, provider and role are the profile's."""
    facts = {
        "mode": "OIDC",
        "ram_role_arn": ARN,
        "oidc_provider_arn": "acs:ram::1:oidc-provider/ack",
        "oidc_token_file": "/var/token",
        "role_session_name": "pod",
    }
    files = config(default=facts)
    files.files[Path("/var/token")] = "FakeOidcToken\n"
    source, transport = profile(files, given())
    await source.get()

    assert bytes(transport.sent[0].body) == (  # type: ignore[arg-type]
        b"DurationSeconds=3600&RoleArn=acs%3Aram%3A%3A1234567890123456%3Arole%2Freleaser"
        b"&RoleSessionName=pod&OIDCProviderArn=acs%3Aram%3A%3A1%3Aoidc-provider%2Fack"
        b"&OIDCToken=FakeOidcToken"
    )


async def test_mode_chainableramrolearn_begins_with_its_source_profile() -> None:
    """Each role is taken on with the credentials of the one below."""
    middle = {
        "mode": "ChainableRamRoleArn",
        "ram_role_arn": ARN,
        "source_profile": "low",
    }
    top = {**middle, "ram_role_arn": f"{ARN}2", "source_profile": "middle"}
    files = config(default=top, middle=middle, low=KEY)
    second = ok(Credentials=session_members(AccessKeyId="STS.FakeKeyId0010"))
    source, transport = profile(files, given(), second)
    got = await source.get()
    signers = [header(sent, "authorization").split(",")[0] for sent in transport.sent]

    assert got.access_key_id == "STS.FakeKeyId0010"
    assert [signer.split("=")[1] for signer in signers] == [KEY_ID, "STS.FakeKeyId0009"]


async def test_profiles_that_lead_to_themselves_are_refused() -> None:
    """Instead of going round for ever."""
    facts = {"mode": "ChainableRamRoleArn", "ram_role_arn": ARN}
    one, two = {**facts, "source_profile": "two"}, {**facts, "source_profile": "one"}
    environ = {"ALIBABA_CLOUD_PROFILE": "one"}
    source, _ = profile(config(one=one, two=two), environ=environ)
    with pytest.raises(InvalidInput, match=r"'two' .* leads back to itself"):
        await source.get()


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({}, "its source: .* it has no profile 'low'"),
        ({"low": {"mode": "AK"}}, "its source: profile 'low' .* no access_key_id"),
    ],
)
async def test_a_chain_without_its_lower_end_stops_the_search(
    others: dict[str, object], message: str
) -> None:
    """The role was meant; the next source is another account."""
    top = {
        "mode": "ChainableRamRoleArn",
        "ram_role_arn": ARN,
        "source_profile": "low",
    }
    source, _ = profile(config(default=top, **others))
    with pytest.raises(InvalidInput, match=message) as caught:
        await source.get()

    assert not isinstance(caught.value, NoCredentials)


@pytest.mark.parametrize(
    ("mode", "hint"),
    [
        ("External", "it would run a command"),
        ("CloudSSO", "it needs a browser"),
        ("OAuth", "it rewrites the tool's file"),
        ("Odd\x1b", "it is not known here"),
    ],
)
async def test_another_mode_stops_the_search_by_name(mode: str, hint: str) -> None:
    """With what to do instead: the next source may be another account."""
    source, _ = profile(config(default={**KEY, "mode": mode}))
    with pytest.raises(InvalidInput, match=f"is not supported: {hint}") as got:
        await source.get()

    assert not isinstance(got.value, NoCredentials)
    assert f"mode {mode.strip(chr(27))!r}" in got.value.message
    assert "Supported are AK, StsToken, RamRoleArn, EcsRamRole, OIDC" in str(got.value)


DISABLED = {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "True"}


@pytest.mark.parametrize(
    ("files", "environ", "message"),
    [
        (Files(), {}, "there is no such file"),
        (Files(**{PATH: "{}"}), {}, "it has no profile 'default'"),
        (
            config(default=KEY),
            {"ALIBABA_CLOUD_PROFILE": "x\x1b"},
            "it has no profile 'x'",
        ),
        (config(default=KEY), DISABLED, "switched off by ALIBABA_CLOUD_CLI_PROFILE"),
        (config(default={"mode": "AK"}), {}, "it has no access_key_id"),
    ],
)
async def test_a_profile_that_is_not_set_up_says_why(
    files: Files, environ: dict[str, str], message: str
) -> None:
    """Each reason in words; the next source may be tried."""
    source, _ = profile(files, environ=environ)
    with pytest.raises(NoCredentials, match=message):
        await source.get()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (Files(**{PATH: "{"}), "it is not a JSON object"),
        (config(default={"access_key_id": KEY_ID}), "it has no access_key_secret"),
        (config(default={"access_key_secret": "x"}), "it has no access_key_id"),
        (config(default={**KEY, "mode": "StsToken"}), "it has no sts_token"),
        (config(default={**KEY, "mode": "RamRoleArn"}), "it has no ram_role_arn"),
        (config(default={"mode": "OIDC"}), "it has no ram_role_arn or role_arn"),
        (
            config(default={"mode": "ChainableRamRoleArn"}),
            "it has no source_profile",
        ),
    ],
)
async def test_a_profile_that_cannot_be_used_stops_the_search(
    files: Files, message: str
) -> None:
    """Going on would end in another account than the one meant."""
    source, _ = profile(files)
    with pytest.raises(InvalidInput, match=message) as caught:
        await source.get()

    assert not isinstance(caught.value, NoCredentials)


async def test_a_wrong_role_in_the_file_is_named() -> None:
    """It is input like any other."""
    source, _ = profile(config(default={**ROLE, "ram_role_arn": "releaser"}))
    with pytest.raises(InvalidInput, match="'releaser' is not a role"):
        await source.get()


def test_repr_names_the_profile() -> None:
    """And shows no variables."""
    source, _ = profile(Files(), environ={"ALIBABA_CLOUD_PROFILE": "ci", "X": "canary"})

    assert repr(source) == "<CliProfile ci>"
