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
    nonces,
    ok,
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
    transport = Scripted(*replies)
    source = CliProfile(
        environ=environ or {},
        home=Path("/home/ann"),
        transport=transport,
        now=lambda: NOW,
        nonce=nonces(),
        network=network,
        read_text=files.read_text,
    )
    return source, transport


def given() -> Response:
    """Answer as STS does."""
    return ok(
        Credentials={
            "AccessKeyId": "STS.FakeKeyId0009",
            "AccessKeySecret": "FakeSecret9",
            "SecurityToken": TOKEN,
            "Expiration": "2026-01-02T04:04:05Z",
        }
    )


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


@pytest.mark.parametrize("mode", ["EcsRamRole", "CloudSSO", "OAuth", "External"])
async def test_another_mode_is_refused_by_name(mode: str) -> None:
    """With what to do instead."""
    source, _ = profile(config(default={**KEY, "mode": mode}))
    with pytest.raises(NoCredentials, match=f"its mode {mode} is not supported") as got:
        await source.get()

    assert "Use a profile of mode AK, StsToken or RamRoleArn" in got.value.next_move


@pytest.mark.parametrize(
    ("files", "environ", "message"),
    [
        (Files(), {}, "there is no such file"),
        (Files(**{PATH: "{"}), {}, "it is not a JSON object"),
        (Files(**{PATH: "{}"}), {}, "it has no profile 'default'"),
        (
            config(default=KEY),
            {"ALIBABA_CLOUD_PROFILE": "x\x1b"},
            "it has no profile 'x'",
        ),
        (
            config(default=KEY),
            {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "True"},
            "switched off by ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
        ),
        (config(default={"mode": "AK"}), {}, "it has no access_key_id"),
        (config(default={"access_key_id": KEY_ID}), {}, "it has no access_key_secret"),
        (config(default={**KEY, "mode": "StsToken"}), {}, "it has no sts_token"),
        (config(default={**KEY, "mode": "RamRoleArn"}), {}, "it has no ram_role_arn"),
    ],
)
async def test_a_profile_that_cannot_be_used_says_why(
    files: Files, environ: dict[str, str], message: str
) -> None:
    """Each reason in words."""
    source, _ = profile(files, environ=environ)
    with pytest.raises(NoCredentials, match=message):
        await source.get()


async def test_a_wrong_role_in_the_file_is_named() -> None:
    """It is input like any other."""
    source, _ = profile(config(default={**ROLE, "ram_role_arn": "releaser"}))
    with pytest.raises(InvalidInput, match="'releaser' is not a role"):
        await source.get()


def test_repr_names_the_profile() -> None:
    """And shows no variables."""
    source, _ = profile(Files(), environ={"ALIBABA_CLOUD_PROFILE": "ci", "X": "canary"})

    assert repr(source) == "<CliProfile ci>"
