"""The client survives whatever a server may answer: with a value or a typed error.

Each example is one reply: an answer of the documented shape with something wrong in
it, or no answer of the provider's at all. Whoever asked gets a value, or an error of
this library that is one short printable text without secrets in it.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.wire.doubles import (
    CHANGE,
    HANGZHOU,
    KEY_SECRET,
    LOOK,
    NOW,
    SESSION,
    TOKEN,
    Files,
    nonces,
    session_members,
    shown,
    surroundings,
)

from esa_flows.api.cloud import UploadSlot
from esa_flows.api.esa import EsaCloud
from esa_flows.errors import CallError, EsaFlowsError, Executed, InvalidInput
from esa_flows.files import BytesBlob
from esa_flows.model import Environment, RoutineName, Split, VersionId
from esa_flows.wire import (
    Answer,
    Caller,
    Cap,
    CredentialSource,
    Request,
    Response,
    Secret,
    Static,
)
from esa_flows.wire.ecs import EcsRole
from esa_flows.wire.oidc import OidcRole, TokenFile
from esa_flows.wire.site import sts_endpoint
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.uri import CredentialsUri

examples = partial(settings, deadline=None, max_examples=150)
NAME = RoutineName("checkout-edge")
VERSION = VersionId("1723599747213377175")
ARN = "acs:ram::1234567890123456:role/releaser"

# --- what may come ----------------------------------------------------------------

TEMPLATES: dict[str, dict[str, Any]] = {
    "GetRoutine": {
        "DefaultRelatedRecord": "checkout-edge.1.er.example",
        "Envs": [
            {
                "Env": "production",
                "CodeDeploy": {
                    "DeployId": "2001",
                    "Strategy": "percentage",
                    "CodeVersions": [{"CodeVersion": VERSION, "Percentage": 100}],
                },
            },
            {"Env": "staging", "CodeVersion": "unstable"},
        ],
    },
    "ListRoutineCodeVersions": {
        "TotalCount": 1,
        "CodeVersions": [
            {
                "CodeVersion": VERSION,
                "CodeDescription": "ZWRpdA==",
                "CreateTime": "2024-03-11T01:23:02.883361712Z",
                "Status": "available",
            }
        ],
    },
    "GetRoutineStagingCodeUploadInfo": {
        "CodeVersion": VERSION,
        "OssPostConfig": {
            "Url": "https://bucket.oss-cn-hangzhou.aliyuncs.com",
            "OSSAccessKeyId": "STS.FakeKeyId0009",
            "Signature": "ZmFrZQ==",
            "policy": "eyJleHBpcmF0aW9uIjoiMjAyNi0wMS0wMlQwNDowNDowNVoifQ==",
            "key": "k",
            "callback": "e30=",
            "XOssSecurityToken": TOKEN,
        },
    },
    "CommitRoutineStagingCode": {"CodeVersion": VERSION},
    "GetRoutineCodeVersion": {"RoutineCode": "export default {};"},
    "GetRoutineCodeVersionInfo": {
        "CodeVersion": VERSION,
        "Status": "init",
        "CreateTime": "2024-03-11T01:23:02Z",
        "CodeDescription": "x",
        "DeployEnv": "staging",
    },
    "CreateRoutineCodeDeployment": {
        "DeploymentId": "2002",
        "Strategy": "percentage",
        "CodeVersions": [{"CodeVersion": VERSION, "Percentage": 100}],
    },
    "DeleteRoutineCodeVersion": {"Status": "OK"},
    "CreateRoutine": {"Status": "OK"},
    "ListEdgeRoutinePlans": {"PlanInfo": [{"ErRoutineCodeVersionQuota": 10}]},
    "GetRoutineStagingEnvIp": {"IPV4": ["192.0.2.1"]},
    "GetRoutineAccessToken": {"Token": TOKEN},
    "ListUserRoutines": {
        "TotalCount": 1,
        "Routines": [{"RoutineName": NAME, "CreateTime": "2024-03-11T01:23:02Z"}],
    },
    "GetErService": {"Status": "online"},
    "AssumeRole": {"Credentials": session_members()},
    "session": {"Code": "Success", **session_members()},
    "error": {
        "Code": "EdgeRoutine.GeneralError",
        "Message": "A server error occurred: the routine does not exist",
        "Recommend": "https://api.example/x",
        "AccessDeniedDetail": {"AuthAction": "esa:GetRoutine"},
    },
}

DEEP = b'{"Envs":' * 50_000
HOSTILE: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b'""',
    b"NaN",
    b"<html><body>502 Bad Gateway</body></html>",
    b"<Error><Code>Throttling</Code><Message>\x1b[2J</Message></Error>",
    b"\xff\xfe\x00\x80",
    b"\xef\xbb\xbf{}",
    b'{"RequestId": "\xff"}',
    b'{"RequestId": "\\ud800"}',
    b'{"Status": "OK", "Status": "Fail"}',
    b'{"Code": "Throttling", "Code": ""}',
    DEEP,
    b'{"Envs":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    b'{"TotalCount": ' + b"9" * 10_000 + b"}",
    b'{"PlanInfo": [{"ErRoutineCodeVersionQuota": "' + b"9" * 5000 + b'"}]}',
    b'{"CodeVersion": 1.7235997472133772e+18}',
    b'{"Token": "' + b"x" * 10_000_000 + b'"}',
    b"x" * 10_000_000,
]

numbers = st.one_of(
    st.integers(),
    st.integers(10**18, 10**400),
    st.floats(),
    st.sampled_from([1.7235997472133772e18, 2**53, -1, 10**4000]),
)
words = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", " ", "\x00", "\x1b[2J", "\ud800", "NaN", "9" * 5000, "١٢"]),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "24"]),
    st.sampled_from(["unstable", "OK", "Success", "available", "percentage"]),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words),
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(words, below, max_size=3)
    ),
    max_leaves=6,
)
dates = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    st.sampled_from(
        [
            "Fri, 02 Jan 2026 03:04:05 GMT",
            "Mon, 01 Jan 0001 00:00:00 +1400",
            "Fri, 31 Dec 9999 23:59:59 -1400",
            "Fri, 02 Jan 2026 03:04:05 +999999999",
            "Fri, 02 Jan 99999 03:04:05 GMT",
        ]
    ),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "date": dates,
        "x-acs-retry-after": dates,
        "x-acs-request-id": words,
        "x-ratelimit-user-api": st.sampled_from(["TimeLeft:5", "TimeLeft:-1", "x"]),
    },
)
statuses = st.sampled_from([200, 200, 200, 203, 204, 302, 400, 400, 403, 429, 500, 503])
codes = st.one_of(
    words,
    st.sampled_from(
        [
            "InvalidTimeStamp.Expired",
            "InvalidSecurityToken.Expired",
            "InvalidAccessKeyId.NotFound",
            "Throttling.User",
            "NoPermission",
            "EdgeRoutine.GeneralError",
            "DependedByOthers",
        ]
    ),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the way to each member of a value."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())

    if isinstance(value, list):
        pairs = list(enumerate(value))

    below = [place for key, each in pairs for place in _places(each, (*path, key))]
    return [(*path, key) for key, _ in pairs] + below


@st.composite
def spoiled(draw: st.DrawFn, names: tuple[str, ...] = tuple(TEMPLATES)) -> bytes:
    """An answer as documented, with up to three members gone, wrong or added."""
    value = copy.deepcopy(TEMPLATES[draw(st.sampled_from(names))])
    value["RequestId"] = "0000-OK"
    for _ in range(draw(st.integers(0, 3))):
        places = _places(value)
        if places:
            _spoil(draw, value, draw(st.sampled_from(places)))

    body = json.dumps(value, ensure_ascii=draw(st.booleans()))
    raw = body.encode(errors="surrogatepass")
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.booleans()) else raw


def _spoil(draw: st.DrawFn, value: Any, place: tuple[Any, ...]) -> None:
    for key in place[:-1]:
        value = value[key]

    if draw(st.booleans()):
        value[place[-1]] = draw(values)
        return

    del value[place[-1]]


errors = st.builds(
    lambda code, message: json.dumps({"Code": code, "Message": message}).encode(),
    codes,
    values,
)
bodies = st.one_of(spoiled(), errors, st.sampled_from(HOSTILE), st.binary(max_size=60))
replies = st.builds(
    lambda status, body, more: Response(status=status, headers=more, body=body),
    statuses,
    bodies,
    headers,
)

# --- who asks ---------------------------------------------------------------------


class Repeating:
    """A transport that answers everything alike."""

    def __init__(self, reply: Response) -> None:
        self.reply = reply

    async def send(self, request: Request) -> Response:
        """Give the reply."""
        await anyio.lowlevel.checkpoint()
        return self.reply


def caller(transport: Repeating) -> Caller:
    """Give a caller with a session whose secrets must not be seen."""
    return Caller(
        transport,
        Static(SESSION),
        HANGZHOU,
        cap=Cap(),
        now=lambda: NOW,
        nonce=nonces(),
    )


SLOT = UploadSlot(
    url="https://bucket.oss-cn-hangzhou.aliyuncs.com",
    fields=(("policy", Secret("FakePolicy")), ("key", "k")),
    key="k",
    expires_at=NOW + dt.timedelta(hours=1),
)
VERBS: dict[str, Callable[[EsaCloud], Awaitable[object]]] = {
    "GetRoutine": lambda esa: esa.observe(NAME),
    "ListRoutineCodeVersions": lambda esa: esa.list_versions(NAME),
    "GetRoutineStagingCodeUploadInfo": lambda esa: esa.request_slot(NAME, "tag"),
    "post": lambda esa: esa.post(SLOT, BytesBlob(b"code")),
    "CommitRoutineStagingCode": lambda esa: esa.commit(NAME, "tag"),
    "GetRoutineCodeVersion": lambda esa: esa.read_code(NAME, VERSION),
    "GetRoutineCodeVersionInfo": lambda esa: esa.version_info(NAME, VERSION),
    "CreateRoutineCodeDeployment": lambda esa: esa.deploy(
        NAME, Environment.STAGING, Split.whole(VERSION)
    ),
    "DeleteRoutineCodeVersion": lambda esa: esa.delete_version(NAME, VERSION),
    "CreateRoutine": lambda esa: esa.create_routine(NAME),
    "ListEdgeRoutinePlans": lambda esa: esa.version_quota(),
    "GetRoutineStagingEnvIp": lambda esa: esa.staging_addresses(),
    "GetRoutineAccessToken": lambda esa: esa.access_token(NAME),
    "ListUserRoutines": lambda esa: esa.list_routines(),
    "GetErService": lambda esa: esa.service_status(),
    "DeleteRoutine": lambda esa: esa.delete_routine(NAME),
    "ListRoutineRoutes": lambda esa: esa.routes(NAME),
    "ListRoutineRelatedRecords": lambda esa: esa.related_records(NAME),
    "ListRoutineEnvironmentVariables": lambda esa: esa.variables(
        NAME, Environment.STAGING
    ),
}


def sources(reply: Response) -> list[CredentialSource]:
    """Give everybody who fetches credentials from somewhere."""
    around, _ = surroundings(
        transport=Repeating(reply),
        environ={"ALIBABA_CLOUD_CREDENTIALS_URI": "https://keys.example/"},
        files=Files(**{"/token": "FakeOidcToken0001"}),
    )
    role = Role(arn=ARN)
    token = TokenFile(provider="acs:ram::1:oidc-provider/ack", path=Path("/token"))
    return [
        EcsRole(around),
        CredentialsUri(around),
        OidcRole(role, token=token, around=around, endpoint=sts_endpoint()),
        AssumedRole(
            role,
            base=Static(SESSION),
            transport=around.transport,
            endpoint=sts_endpoint(),
            now=around.now,
            nonce=around.nonce,
        ),
    ]


async def outcome(asking: Awaitable[object]) -> object:
    """Give what came, or the error; anything but ours ends the test."""
    try:
        return await asking
    except EsaFlowsError as error:
        return error


def check_text(error: EsaFlowsError) -> None:
    """Hold an error to what a person may see."""
    text = str(error)

    assert "" == "".join(c for c in text if not c.isprintable() and c != "\n")
    assert len(text) < 3000
    assert KEY_SECRET not in text


# --- what must hold ---------------------------------------------------------------


@examples()
@given(replies)
@example(Response.of(200, DEEP))
@example(Response.of(400, b'{"Code": "InvalidTimeStamp.Expired"}', date="Fri, 02"))
def test_a_call_gives_an_answer_or_a_call_error(reply: Response) -> None:
    """And never says "not executed" of a change that no code of the provider denies."""

    async def ask() -> list[object]:
        """Make both kinds of call."""
        made = caller(Repeating(reply))
        return [await outcome(made.call(LOOK)), await outcome(made.call(CHANGE))]

    looked, changed = anyio.run(ask)
    for got in (looked, changed):
        assert isinstance(got, Answer | CallError)
        if isinstance(got, CallError):
            check_text(got)
            assert TOKEN not in str(got)

    denied = isinstance(changed, CallError) and changed.executed is Executed.NO

    assert (
        not denied
        or (isinstance(changed, CallError) and changed.code)
        or (reply.status == 429)
    )


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_gives_a_value_or_a_typed_error(verb: str, backend: str) -> None:
    """Whatever stands where the documented member should."""
    bodies_of_verb = (
        st.one_of(spoiled((verb,)), bodies) if verb in TEMPLATES else bodies
    )

    @examples(max_examples=60)
    @given(statuses, bodies_of_verb, headers)
    def check(status: int, body: bytes, more: dict[str, str]) -> None:
        """Ask once."""
        transport = Repeating(Response(status=status, headers=more, body=body))

        async def ask() -> object:
            """Use a cloud of its own."""
            esa = EsaCloud(
                caller(transport), transport, now=lambda: NOW, boundary=lambda: "b" * 32
            )
            return await outcome(VERBS[verb](esa))

        got = anyio.run(ask, backend=backend)
        if isinstance(got, EsaFlowsError):
            check_text(got)

    check()


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("verb", VERBS)
def test_the_worst_bodies_are_typed_errors_for_every_verb(
    verb: str, body: bytes
) -> None:
    """All of them each time; HTTP 200 does not make an answer of them."""
    transport = Repeating(Response.of(200, body))

    async def ask() -> object:
        """Use a cloud of its own."""
        esa = EsaCloud(
            caller(transport), transport, now=lambda: NOW, boundary=lambda: "b" * 32
        )
        return await outcome(VERBS[verb](esa))

    got = anyio.run(ask)
    # Code is judged by its digest, later; a status is any word; a token may be long.
    judged_later = verb in {"post", "GetRoutineCodeVersion", "GetErService"}
    fits = (verb, body[:9]) == ("GetRoutineAccessToken", b'{"Token":')

    assert judged_later or fits or isinstance(got, EsaFlowsError)


@examples()
@given(
    statuses,
    st.one_of(spoiled(("AssumeRole", "session", "error")), bodies),
    headers,
)
@example(200, json.dumps({"Credentials": session_members(Expiration="")}).encode(), {})
def test_a_source_gives_credentials_or_a_typed_error(
    status: int, body: bytes, more: dict[str, str]
) -> None:
    """Which is never an unknown outcome, and never holds what was answered."""
    reply = Response(status=status, headers=more, body=body)

    async def ask() -> list[object]:
        """Ask all of them."""
        return [await outcome(source.get()) for source in sources(reply)]

    for got in anyio.run(ask):
        if not isinstance(got, EsaFlowsError):
            continue

        check_text(got)

        assert isinstance(got, InvalidInput | CallError)
        assert Executed.NO is getattr(got, "executed", Executed.NO)
        assert "FakeSecret9" not in shown(got)
        assert "FakeOidcToken0001" not in shown(got)
