"""The order in which credentials are looked for."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import evolve
from tests.wire.doubles import (
    HOME,
    KEY_ID,
    KEY_SECRET,
    NOW,
    Files,
    Scripted,
    nonces,
    ok,
    session_members,
)

from esa_flows.errors import InvalidInput, NoCredentials, NotSent
from esa_flows.wire import Chain, Request, Response
from esa_flows.wire.chain import default_chain, profile_chain
from esa_flows.wire.surroundings import Surroundings

PROFILE = "/home/ann/.aliyun/config.json"
INI = "/home/ann/.alibabacloud/credentials.ini"
ARN = "acs:ram::1234567890123456:role/releaser"
FILES = {
    PROFILE: (
        '{"profiles": [{"name": "default", "mode": "AK",'
        ' "access_key_id": "LTAI5tFakeKeyId0003", "access_key_secret": "fake"}]}'
    ),
    INI: (
        "[default]\ntype = access_key\n"
        "access_key_id = LTAI5tFakeKeyId0004\naccess_key_secret = fake\n"
    ),
    "/token": "FakeOidcToken",
}
OFFICIAL = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY_SECRET,
}
OLDER = {"ESA_ACCESS_KEY_ID": "LTAI5tFakeKeyId0002", "ESA_ACCESS_KEY_SECRET": "fake"}
OIDC = {
    "ALIBABA_CLOUD_ROLE_ARN": ARN,
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1:oidc-provider/ack",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/token",
}
URI = {"ALIBABA_CLOUD_CREDENTIALS_URI": "https://keys.example/session"}
NO_PROFILE = {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}
NO_ECS = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}


class Services(Scripted):
    """Everybody who gives credentials, each with a key id of its own."""

    def __init__(self, *, instance: bool = True) -> None:
        super().__init__()
        self.instance = instance

    async def send(self, request: Request) -> Response:
        """Answer as the service at that address does."""
        self.sent.append(request)
        await anyio.lowlevel.checkpoint()
        if request.host == "sts.aliyuncs.com":
            return ok(Credentials=session_members(AccessKeyId="STS.FakeOidcKey001"))

        if request.host == "keys.example":
            return ok(**session_members(AccessKeyId="STS.FakeUriKey0001"))

        if not self.instance:
            raise NotSent("No route.")

        if request.target.endswith("/"):
            return Response.of(200, b"releaser")

        is_token = request.method == "PUT"
        members = ok(**session_members(AccessKeyId="STS.FakeEcsKey0001"))
        return Response.of(200, b"FakeToken") if is_token else members


def chain(
    environ: dict[str, str], *, services: Scripted | None = None, **files: str
) -> Chain:
    """Give the usual sources over what a test provides."""
    return default_chain(around(environ, services=services, **files))


def around(
    environ: dict[str, str], *, services: Scripted | None = None, **files: str
) -> Surroundings:
    """Give what a test provides as what sources look at."""
    return Surroundings(
        environ=environ,
        home=HOME,
        transport=services or Services(instance=False),
        now=lambda: NOW,
        nonce=nonces(),
        read_text=Files(**files).read_text,
    )


ORDER: list[tuple[dict[str, str], str]] = [
    (OFFICIAL, KEY_ID),
    (OLDER, "LTAI5tFakeKeyId0002"),
    (OIDC, "STS.FakeOidcKey001"),
    ({}, "LTAI5tFakeKeyId0003"),
    (NO_PROFILE, "LTAI5tFakeKeyId0004"),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
async def test_sources_are_tried_in_the_official_order(first: int) -> None:
    """Variables, esa-cli's names, OIDC, the profile, the ini file: the first wins."""
    environ: dict[str, str] = dict(URI)
    for more, _ in ORDER[first:]:
        environ |= more if more is not NO_PROFILE or first == len(ORDER) - 1 else {}

    found = await chain(environ, services=Services(), **FILES).get()

    assert ORDER[first][1] == found.access_key_id


@pytest.mark.parametrize(
    ("environ", "key"),
    [(URI, "STS.FakeEcsKey0001"), ({**URI, **NO_ECS}, "STS.FakeUriKey0001")],
)
async def test_without_variables_and_files_the_instance_goes_before_the_uri(
    environ: dict[str, str], key: str
) -> None:
    """And the URI is left where the instance is switched off."""
    found = await chain(environ, services=Services()).get()

    assert key == found.access_key_id


async def test_what_worked_is_used_again() -> None:
    """The services before it are not asked a second time."""
    services = Services(instance=False)
    sources = chain(URI, services=services)
    await sources.get()
    await sources.get()

    assert services.hosts == ["100.100.100.200", "keys.example"]


async def test_nothing_anywhere_names_all_seven() -> None:
    """So that the reader sees which one was meant to work."""
    with pytest.raises(NoCredentials) as caught:
        await chain({}).get()

    lines = caught.value.message.splitlines()

    assert [
        "* environment",
        "* environment",
        "* OIDC role",
        "* ~/.aliyun/config.json",
        "* ~/.alibabacloud/credentials.ini",
        "* ECS",
        "* credentials URI",
    ] == [line.split(":")[0] for line in lines[1:]]
    assert "ESA_ACCESS_KEY_ID" in lines[2]


@pytest.mark.parametrize(
    ("environ", "files"),
    [
        ({**OIDC, "ALIBABA_CLOUD_ROLE_ARN": "releaser"}, {}),
        ({**OIDC, "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/gone"}, {}),
        ({}, {PROFILE: "{"}),
        ({}, {INI: "[default]\ntype = rsa_key_pair\n"}),
        ({"ALIBABA_CLOUD_CREDENTIALS_FILE": "/gone"}, {}),
    ],
)
async def test_what_is_set_up_and_unusable_stops_the_search(
    environ: dict[str, str], files: dict[str, str]
) -> None:
    """The next source could be another account."""
    services = Services()
    with pytest.raises(InvalidInput) as caught:
        await chain({**environ, **URI}, services=services, **files).get()

    assert not isinstance(caught.value, NoCredentials)
    assert services.sent == []


async def test_a_named_role_means_an_instance() -> None:
    """Then no answer is trouble, and not a sign to look elsewhere."""
    environ = {**URI, "ALIBABA_CLOUD_ECS_METADATA": "releaser"}
    with pytest.raises(NotSent, match="No route"):
        await chain(environ).get()


async def test_a_switched_off_instance_is_passed_over_though_named() -> None:
    """The switch is the stronger word."""
    environ = {**URI, **NO_ECS, "ALIBABA_CLOUD_ECS_METADATA": "releaser"}

    assert "STS.FakeUriKey0001" == (await chain(environ).get()).access_key_id


class Slow(Scripted):
    """Takes a second to say no."""

    async def send(self, request: Request) -> Response:
        """Wait and fail."""
        self.sent.append(request)
        await anyio.sleep(1)
        raise NotSent("Silence.")


async def test_many_callers_at_once_search_once() -> None:
    """A hundred releases that start without credentials fail within a second."""
    services = Slow()
    sources = chain({}, services=services)
    failures: list[str] = []

    async def ask() -> None:
        """Look for credentials."""
        with pytest.raises(NoCredentials) as caught:
            await sources.get()

        failures.append(caught.value.message)

    begin = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(ask)

    assert 1.0 == pytest.approx(anyio.current_time() - begin)
    assert 1 == len(services.sent)
    assert {failures[0]: 100} == {text: failures.count(text) for text in failures}


async def test_many_callers_at_once_find_once() -> None:
    """They wait for the one that searches."""
    services = Services()
    sources = chain({}, services=services)
    found: list[Any] = []

    async def ask() -> None:
        """Look for credentials."""
        found.append(await sources.get())

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)

    assert [found[0]] * 10 == found
    assert 3 == len(services.sent)


async def test_a_search_that_found_nothing_is_done_again_later() -> None:
    """Somebody may have set something meanwhile."""
    environ: dict[str, str] = {}
    sources = chain(environ)
    with pytest.raises(NoCredentials):
        await sources.get()

    environ.update(OFFICIAL)

    assert KEY_ID == (await sources.get()).access_key_id


async def test_a_profile_is_looked_for_in_files_alone() -> None:
    """Variables are another account's; either file may have a profile of that name."""
    files = {
        PROFILE: FILES[PROFILE].replace('"default"', '"eu"'),
        INI: FILES[INI].replace("[default]", "[us]"),
    }
    seen = evolve(around(dict(OFFICIAL)), read_text=Files(**files).read_text)

    found = [(await profile_chain(name, seen).get()) for name in ("eu", "us")]

    assert ["LTAI5tFakeKeyId0003", "LTAI5tFakeKeyId0004"] == [
        each.access_key_id for each in found
    ]
    with pytest.raises(InvalidInput, match="'asia', and no file has a profile"):
        await profile_chain("asia", seen).get()
