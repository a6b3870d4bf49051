"""Whatever comes in, there is an answer or a closed connection, and the cloud stays up.

Over sockets first, then by chance (Hypothesis) through every reader.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from esa_flows.localcloud import CloudError, Request
from esa_flows.localcloud.apis import APIS
from esa_flows.localcloud.multipart import read_form
from esa_flows.localcloud.policy import Form, check_policy
from esa_flows.localcloud.script import read_answer
from esa_flows.localcloud.server import Addresses, running

from .desk import CODE, START, Desk, dcdn_desk, desk, in_base64, upload

real = pytest.mark.real_time
blocks = pytest.mark.may_block


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on asyncio, where uvicorn runs."""
    return "asyncio", {}


@asynccontextmanager
async def serving(made: Desk) -> AsyncGenerator[Addresses]:
    """Serve a desk's cloud to impatient clients, and see that it is up at the end."""
    async with running(made.cloud, monotonic=time.monotonic, patience=0.3) as at:
        yield at
        told = await spoken(at, wired(made.request("GetErService")), ends=False)

    assert told.startswith(b"HTTP/1.1 200"), told


async def spoken(at: Addresses, sent: bytes, *, ends: bool = True) -> bytes:
    """Send bytes to the API and return what comes back."""
    host, port = at.api.removeprefix("http://").split(":")
    stream = await anyio.connect_tcp(host, int(port))
    told = b""
    async with stream:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await stream.send(sent)
            if ends:
                await stream.send_eof()

        with (
            anyio.move_on_after(3),
            suppress(anyio.EndOfStream, anyio.BrokenResourceError),
        ):
            told = await stream.receive()
            while ends:
                told += await stream.receive()

    return told


def wired(request: Request, *, length: int | None = None) -> bytes:
    """Return a request as it goes over a connection, with any length it may claim."""
    claimed = len(request.body) if length is None else length
    lines = [f"{name}: {value}" for name, value in request.headers]
    head = [f"{request.method} {request.target} HTTP/1.1", *lines]
    return (
        "\r\n".join([*head, f"content-length: {claimed}", "", ""]).encode("latin-1")
        + request.body
    )


@real
@blocks
async def test_a_short_body_is_not_executed() -> None:
    """The client promised more and hung up."""
    made = desk()
    made.post(made.form())
    commit = made.request("CommitRoutineStagingCode", Name="hello")
    async with serving(made) as at:
        await spoken(at, wired(commit, length=len(commit.body) + 5))

    assert made.cloud.console.routine("hello").versions == {}


@real
@blocks
async def test_a_body_that_never_ends_times_out() -> None:
    """On the API in JSON, on OSS in XML; nothing is done."""
    made = desk()
    form = upload(made.form())
    async with serving(made) as at:
        call = made.request("GetRoutine", Name="hello")
        api = await spoken(at, wired(call, length=9999), ends=False)
        oss = await spoken(at, wired(form, length=len(form.body) + 9), ends=False)

    assert b'"Code":"RequestTimeout"' in api
    assert b"<Code>RequestTimeout</Code>" in oss
    assert made.cloud.console.routine("hello").slot is None


@real
@blocks
async def test_a_body_that_is_too_large_is_refused() -> None:
    """Before all of it is there."""
    made = desk(package_max_size=1)
    body = b"x" * 9_000_000
    async with serving(made) as at:
        call = evolve(made.request("GetRoutine"), body=body)
        api = await spoken(at, wired(call, length=10**12), ends=False)
        form = evolve(upload(made.form()), body=body * 2)
        oss = await spoken(at, wired(form), ends=False)

    assert b'"Code":"EntityTooLarge"' in api
    assert b"<Code>EntityTooLarge</Code>" in oss


@real
@blocks
@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * 10_000_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\xff\xfe\x00 / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: \xff\r\n\r\n",
        b"\r\n" * 50_000,
    ],
    ids=[
        "10 MB header",
        "negative",
        "two lengths",
        "chunks",
        "line",
        "bytes",
        "blanks",
    ],
)
async def test_what_is_no_http(sent: bytes) -> None:
    """It gets a refusal or a closed connection."""
    async with serving(desk()) as at:
        told = await spoken(at, sent)

    assert told == b"" or re.match(rb"HTTP/1.1 [45]", told)


@real
@blocks
async def test_invalid_utf_8_is_answered() -> None:
    """In a form and in JSON; both are signed."""
    made = desk()
    async with serving(made) as at:
        for kind in ("application/x-www-form-urlencoded", "application/json"):
            told = await spoken(
                at, wired(raw(made, b'\xff{"Name=\xfe', kind)), ends=False
            )

            assert re.search(rb'"Code":"(MissingName|InvalidParameter)"', told)


def raw(made: Desk, body: bytes, kind: str, operation: str = "GetRoutine") -> Request:
    """Return a signed call with any body."""
    bare = made.unsigned(operation, {}, content_type=kind)
    return made.sign(evolve(bare, body=body))


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"Name":' + b"[" * 200_000])
def test_deep_json_is_refused(body: bytes) -> None:
    """As JSON that is none."""
    made = desk()
    told = json.loads(made.cloud.handle(raw(made, body, "application/json")).body)

    assert told["Code"] == "InvalidParameter"


HALF = "half a pair: \ud800"


def test_half_a_character_pair_can_be_told_again() -> None:
    """JSON can carry it, UTF-8 cannot: it comes back as a question mark."""
    made = dcdn_desk()
    made.cloud.console.routine("hello")
    told = {"Name": "hello", "CodeDescription": HALF, "Description": HALF}
    body = json.dumps(told).encode()
    for version, operation in (
        ("2024-09-10", "GetRoutineStagingCodeUploadInfo"),
        ("2024-09-10", "UpdateRoutineConfigDescription"),
        ("2018-01-15", "EditRoutineConf"),
    ):
        bare = made.unsigned(
            operation, {}, content_type="application/json", x_acs_version=version
        )
        assert made.cloud.handle(made.sign(evolve(bare, body=body))).status == 200

    esa = made.ask("GetRoutine", Name="hello")["Description"]
    dcdn = made.dcdn("DescribeRoutine", Name="hello")["Content"]["Description"]

    assert esa == "half a pair: ?"
    assert base64.b64decode(dcdn) == b'"half a pair: ?"'


def test_the_last_of_duplicate_fields_counts() -> None:
    """In the query, in a form, in JSON and in an upload; the documents are silent."""
    made = desk()
    kind = "application/x-www-form-urlencoded"
    twice = made.cloud.handle(raw(made, b"Name=no&Name=hello", kind))
    request = upload({**made.form(), "x-oss-other": "1"})
    doubled = request.body.replace(b'name="x-oss-other"', b'name="key"')

    assert twice.status == 200
    assert made.cloud.handle(evolve(request, body=doubled)).status == 403


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["hello", "staging", "production", "1", "100000000000001"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["CodeVersion", "Percentage", "Type", "Value", "staging"])
            | st.text(st.characters(), max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        *(
            "Name",
            "RoutineName",
            "Env",
            "Envs",
            "EnvConf",
            "CodeVersion",
            "CodeVersions",
        ),
        *("CodeDescription", "Description", "ConfOptions", "EnvironmentVariables"),
        *("EnvironmentVariableKeys", "SelectCodeRevision", "SiteId", "RecordName"),
        *("ConfigId", "PageNumber", "PageSize", "Strategy", "BuildId", "Subdomains"),
        *("RouteName", "Rule", "RouteEnable", "Sequence", "DeployEnv", "RecordId"),
    ]
)
EVERY = [
    (version, operation)
    for version, api in APIS.items()
    for operation in api.operations
]


@settings(max_examples=400, deadline=None)
@given(
    which=st.sampled_from(EVERY),
    members=st.dictionaries(NAMES, JSON, max_size=6),
    valid=st.booleans(),
)
def test_no_json_breaks_an_operation(
    *, which: tuple[str, str], members: dict[str, Any], valid: bool
) -> None:
    """An answer in the documented shape to whatever is signed."""
    made = dcdn_desk()
    made.cloud.console.routine("hello")
    made.cloud.console.add_site("example.com")
    version, operation = which
    named = {"Name": "hello", "RoutineName": "hello", "SiteId": "100000000000001"}
    body = json.dumps({**members, **(named if valid else {})}).encode()
    bare = made.unsigned(
        operation, {}, content_type="application/json", x_acs_version=version
    )
    reply = made.cloud.handle(made.sign(evolve(bare, body=body)))

    assert reply.status in {200, 400}
    assert len(json.loads(reply.body)["RequestId"]) == 36


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from(["authorization", "x-acs-date", "host", "x-acs-action"]),
            st.text(st.characters(codec="latin-1"), max_size=60),
        ),
        max_size=5,
    ),
    target=st.text(st.characters(codec="latin-1"), max_size=40),
    body=st.binary(max_size=60),
)
def test_no_request_breaks_the_gateway(
    headers: list[tuple[str, str]], target: str, body: bytes
) -> None:
    """A refusal, with its code."""
    request = Request(
        method="POST", target=f"/?{target}", headers=tuple(headers), body=body
    )

    assert 400 <= desk().cloud.handle(request).status < 500


@given(at=st.integers(0, 2500), gone=st.integers(0, 60), noise=st.binary(max_size=40))
def test_no_upload_breaks_oss(at: int, gone: int, noise: bytes) -> None:
    """Stored or refused; what is refused does not reach the slot."""
    made = desk()
    request = upload(made.form())
    body = request.body[:at] + noise + request.body[at + gone :]
    reply = made.cloud.handle(evolve(request, body=body))
    slot = made.cloud.console.routine("hello").slot

    assert reply.status in {200, 203, 204, 400, 403}
    assert (slot is not None) is (reply.status == 200)


@given(kind=st.text(st.characters(), max_size=40), body=st.binary(max_size=200))
def test_no_bytes_break_the_form_reader(kind: str, body: bytes) -> None:
    """Parts, or a refusal with OSS's code."""
    for content_type in (kind, "multipart/form-data; boundary=B"):
        with suppress(CloudError):
            read_form(content_type, b"--B" + body)


@given(policy=JSON, conditions=st.lists(st.lists(JSON, min_size=3, max_size=3) | JSON))
def test_no_policy_breaks_its_reader(policy: Any, conditions: list[Any]) -> None:
    """Held, or refused with OSS's code."""
    form = Form(fields={"key": "k"}, bucket="b", size=5)
    whole = {"expiration": "2027-01-01T00:00:00Z", "conditions": conditions}
    kinds = ["content-length-range", "starts-with", "in", "eq"]
    more = [[kind, "$key", held] for kind in kinds for held in conditions]
    for document in (policy, whole, {**whole, "conditions": more}):
        with suppress(CloudError):
            check_policy(in_base64(document), form, START)


HEADER = st.text(st.characters(exclude_characters='"\n}'), max_size=12)


@given(name=HEADER, value=HEADER)
def test_no_bundle_breaks_the_edge(name: str, value: str) -> None:
    """What it answers can be sent."""
    source = f'new Response("x", {{ headers: {{ "{name}": "{value}" }} }})'
    for told, text in read_answer(source.encode(errors="replace")).headers:
        assert re.fullmatch(r"[!-~]+", told)
        assert text == text.strip()
        assert text.encode("latin-1").isascii() or text

    assert read_answer(CODE).body == b"one"
