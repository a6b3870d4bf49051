"""Every source that fetches credentials, against small services on loopback sockets."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anyio
import pytest
from anyio.abc import ByteStream
from attrs import define, field
from tests.wire.doubles import (
    CREDENTIALS,
    NOW,
    TOKEN,
    nonces,
    session_members,
    shown,
)
from tests.wire.loopback import Loopback, answer, serving

from esa_flows.errors import BadCredentials, NoCredentials, NotSent
from esa_flows.wire import Chain, Endpoint, HttpClient, HttpxTransport, Static
from esa_flows.wire.ecs import EcsRole
from esa_flows.wire.oidc import OidcRole, TokenFile
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.surroundings import Surroundings
from esa_flows.wire.transport import open_client
from esa_flows.wire.uri import CredentialsUri

pytestmark = pytest.mark.real_time

ARN = "acs:ram::1234567890123456:role/releaser"


def reply(value: dict[str, object], status: str = "200 OK") -> bytes:
    """Give the bytes of a JSON answer."""
    return answer(json.dumps(value).encode(), status)


def members(number: int, ends: dt.datetime) -> dict[str, object]:
    """Give a session."""
    end = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    return session_members(AccessKeyId=f"STS.FakeKeyId000{number}", Expiration=end)


@define
class Metadata:
    """The metadata service: it insists on version 2, as hardened instances do."""

    given: int = 0
    ends: dt.datetime = NOW + dt.timedelta(hours=1)
    silent: bool = False

    async def handle(self, request: bytes, stream: ByteStream) -> None:
        """Answer one request."""
        if self.silent:
            await anyio.sleep(5)

        head = request.decode().lower()
        if head.startswith("put /latest/api/token http/1.1"):
            assert "x-aliyun-ecs-metadata-token-ttl-seconds: 21600" in head
            await stream.send(answer(b"FakeMetadataToken01"))
            return

        if "x-aliyun-ecs-metadata-token: fakemetadatatoken01" not in head:
            await stream.send(answer(b"", "403 Forbidden"))
            return

        path = head.split()[1]
        if path.endswith("/security-credentials/"):
            await stream.send(answer(b"releaser"))
            return

        assert path.endswith("/security-credentials/releaser")
        self.given += 1
        await stream.send(reply(members(self.given, self.ends)))


@define
class Sts:
    """STS: AssumeRole is signed, AssumeRoleWithOIDC brings a token in its body."""

    calls: list[dict[str, list[str]]] = field(factory=list)
    refuses: str = ""

    async def handle(self, request: bytes, stream: ByteStream) -> None:
        """Answer one request."""
        head, _, body = request.decode().partition("\r\n\r\n")
        form = parse_qs(body)
        self.calls.append(form)
        if self.refuses:
            text = f"about {form}"
            error: dict[str, object] = {"Code": self.refuses, "Message": text}
            await stream.send(reply(error, "400 Bad Request"))
            return

        signed = "authorization: acs3-hmac-sha256 credential=" in head.lower()
        assert signed is ("OIDCToken" not in form)
        assert "FakeOidcToken" not in head
        session = members(len(self.calls), NOW + dt.timedelta(hours=1))
        await stream.send(reply({"Credentials": session}))


def around(client: HttpClient, **more: Any) -> Surroundings:
    """Give surroundings over sockets."""
    facts: dict[str, Any] = {
        "environ": {},
        "home": Path("/nowhere"),
        "transport": HttpxTransport(client),
        "now": lambda: NOW,
        "nonce": nonces(),
        **more,
    }
    return Surroundings(**facts)


def endpoint(server: Loopback) -> Endpoint:
    """Give where a service of a test listens."""
    return Endpoint.parse(server.url)


async def test_an_instance_gives_its_role_and_gives_it_again_before_it_ends() -> None:
    """One token, one name, one session; the next a quarter hour before the end."""
    service, clock = Metadata(), [NOW]
    async with serving(service.handle) as server, open_client() as client:
        source = EcsRole(around(client, now=lambda: clock[0]), address=server.url)
        first = await source.get()
        clock[0] = NOW + dt.timedelta(minutes=44)
        again = await source.get()
        clock[0] = NOW + dt.timedelta(minutes=46)
        service.ends = NOW + dt.timedelta(hours=2)
        fresh = await source.get()

    assert first is again
    assert ("STS.FakeKeyId0001", "STS.FakeKeyId0002") == (
        first.access_key_id,
        fresh.access_key_id,
    )
    assert 6 == len(server.requests)


async def test_a_silent_address_is_no_instance_after_a_second() -> None:
    """A laptop must not wait longer for a service it does not have."""
    service = Metadata(silent=True)
    async with serving(service.handle) as server, open_client() as client:
        source = EcsRole(around(client), address=server.url, meant=False)
        begin = anyio.current_time()
        with pytest.raises(NoCredentials, match="this is no ECS instance"):
            await source.get()

        took = anyio.current_time() - begin

    assert 0.9 < took < 20


async def test_an_instance_is_asked_past_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even with a client of the host's own that has one."""
    service, proxy = Metadata(), Metadata()
    async with (
        serving(service.handle) as server,
        serving(proxy.handle) as other,
        HttpClient(proxy=other.url) as client,
    ):
        monkeypatch.setenv("HTTP_PROXY", other.url)
        got = await EcsRole(around(client), address=server.url).get()

    assert "ECS, role releaser" == got.source
    assert [] == other.requests


async def test_many_at_once_take_on_a_role_once() -> None:
    """Single flight, also over sockets."""
    service = Sts()
    async with serving(service.handle) as server, open_client() as client:
        world = around(client)
        source = AssumedRole(
            Role(arn=ARN),
            base=Static(CREDENTIALS),
            transport=world.transport,
            endpoint=endpoint(server),
            now=world.now,
            nonce=world.nonce,
        )
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(source.get)

    assert [["releaser"]] == [
        [form["RoleArn"][0].split("/")[1]] for form in service.calls
    ]


async def test_an_oidc_token_is_read_from_its_file_and_sent_in_the_body(
    tmp_path: Path,
) -> None:
    """Never in the address; read anew when the cluster has written another."""
    service, path = Sts(), tmp_path / "token"
    path.write_text("FakeOidcToken0001\n")
    async with serving(service.handle) as server, open_client() as client:
        source = OidcRole(
            Role(arn=ARN),
            token=TokenFile(provider="acs:ram::1:oidc-provider/ack", path=path),
            around=around(client),
            endpoint=endpoint(server),
        )
        source.forget(await source.get())
        path.write_text("FakeOidcToken0002\n")
        await source.get()

    assert [["FakeOidcToken0001"], ["FakeOidcToken0002"]] == [
        form["OIDCToken"] for form in service.calls
    ]


async def test_a_refusal_that_quotes_the_token_is_shown_without_it(
    tmp_path: Path,
) -> None:
    """Not in the error, its notes, or what it came from."""
    service, path = Sts(refuses="InvalidAccessKeyId.NotFound"), tmp_path / "token"
    path.write_text("FakeOidcToken0001")
    async with serving(service.handle) as server, open_client() as client:
        source = OidcRole(
            Role(arn=ARN),
            token=TokenFile(provider="acs:ram::1:oidc-provider/ack", path=path),
            around=around(client),
            endpoint=endpoint(server),
        )
        with pytest.raises(BadCredentials, match=r"\*\*\*") as caught:
            await source.get()

    assert "FakeOidcToken0001" not in shown(caught.value)


async def test_a_chain_of_roles_goes_up_one_by_one() -> None:
    """Each is taken on with the session of the one below."""
    service = Sts()
    async with serving(service.handle) as server, open_client() as client:
        world = around(client)

        def above(base: Any, name: str) -> AssumedRole:
            """Take on a role with a base."""
            return AssumedRole(
                Role(arn=f"{ARN}-{name}"),
                base=base,
                transport=world.transport,
                endpoint=endpoint(server),
                now=world.now,
                nonce=world.nonce,
            )

        got = await above(above(Static(CREDENTIALS), "low"), "high").get()

    assert "STS.FakeKeyId0002" == got.access_key_id
    assert [f"{ARN}-low", f"{ARN}-high"] == [
        form["RoleArn"][0] for form in service.calls
    ]


async def test_a_credentials_uri_on_loopback_is_asked() -> None:
    """Once, until its session ends."""
    body = reply({"Code": "Success", **session_members()})

    async def handle(_request: bytes, stream: ByteStream) -> None:
        """Give the session."""
        await stream.send(body)

    async with serving(handle) as server, open_client() as client:
        environ = {"ALIBABA_CLOUD_CREDENTIALS_URI": f"{server.url}/keys?for=ci"}
        source = CredentialsUri(around(client, environ=environ))
        got = await source.get()
        await source.get()

    assert "STS.FakeKeyId0009" == got.access_key_id
    assert [b"GET /keys?for=ci HTTP/1.1"] == [
        request.split(b"\r\n")[0] for request in server.requests
    ]


async def test_a_session_without_expiration_is_not_repeated(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the error, nor in a log, nor on the screen."""
    leaky = session_members(Expiration=None)

    async def handle(_request: bytes, stream: ByteStream) -> None:
        """Give all but the end."""
        await stream.send(reply({"Code": "Success", **leaky}))

    caplog.set_level("DEBUG")
    async with serving(handle) as server, open_client() as client:
        environ = {"ALIBABA_CLOUD_CREDENTIALS_URI": f"{server.url}/keys"}
        source = Chain((CredentialsUri(around(client, environ=environ)),))
        with pytest.raises(NotSent, match="without Expiration") as caught:
            await source.get()

    seen = f"{shown(caught.value)} {caplog.text} {capfd.readouterr()}"

    assert [] == [text for text in (TOKEN, "FakeSecret9") if text in seen]
