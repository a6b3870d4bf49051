"""Small honest stand-ins for the tests of this floor."""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from anyio.lowlevel import checkpoint

from esa_flows.wire import (
    Call,
    Caller,
    Cap,
    Credentials,
    CredentialSource,
    Endpoint,
    Request,
    Response,
    Static,
)
from esa_flows.wire.surroundings import Surroundings

HOME = Path("/home/ann")
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
KEY_ID = "LTAI5tFakeKeyId0001"
KEY_SECRET = "FakeSecret0000000000000000000001"
TOKEN = "FakeSecurityToken00000001"
CREDENTIALS = Credentials(access_key_id=KEY_ID, access_key_secret=KEY_SECRET)
SESSION = Credentials(
    access_key_id="STS.FakeKeyId0002",
    access_key_secret=KEY_SECRET,
    security_token=TOKEN,
)
HANGZHOU = Endpoint.https("esa.cn-hangzhou.aliyuncs.com")
SINGAPORE = Endpoint.https("esa.ap-southeast-1.aliyuncs.com")
Reply = Response | Exception


class Word(enum.Enum):
    """Verbs as the port has them."""

    LOOK = "look"
    CHANGE = "change"

    @property
    def mutates(self) -> bool:
        """Whether the provider's state changes."""
        return self is Word.CHANGE


LOOK = Call(
    operation="GetRoutine",
    version="2024-09-10",
    verb=Word.LOOK,
    parameters={"Name": "hello"},
)
CHANGE = Call(
    operation="CommitRoutineStagingCode",
    version="2024-09-10",
    verb=Word.CHANGE,
    parameters={"Name": "hello"},
)
PROBE = Call(
    operation="GetErService",
    version="2024-09-10",
    verb=Word.LOOK,
    method="GET",
    where="none",
)


class Scripted:
    """A transport that answers with what it was given, and keeps what was sent."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Response:
        """Give the next reply."""
        self.sent.append(request)
        reply = self._replies.pop(0)
        await checkpoint()
        if isinstance(reply, Exception):
            raise reply

        return reply

    @property
    def hosts(self) -> list[str]:
        """Where requests went."""
        return [request.host for request in self.sent]

    @property
    def operations(self) -> list[str]:
        """What was called."""
        return [header(request, "x-acs-action") for request in self.sent]


def header(request: Request, name: str) -> str:
    """Give a header of a request, or an empty text."""
    return dict(request.headers).get(name, "")


def ok(**members: object) -> Response:
    """Give an answer as the provider does."""
    value = {"RequestId": "0000-OK", **members}
    return Response(status=200, body=json.dumps(value).encode())


def refusal(code: str, status: int = 400, **headers: str) -> Response:
    """Give an error as the provider does."""
    value = {"RequestId": "0000-NO", "Code": code, "Message": f"about {code}"}
    return Response.of(status, json.dumps(value).encode(), **headers)


def nonces() -> Callable[[], str]:
    """Give texts never used before: n1, n2 and so on."""
    count = itertools.count(1)
    return lambda: f"n{next(count)}"


def caller(
    transport: Scripted,
    *,
    credentials: CredentialSource | None = None,
    endpoints: Endpoint | Sequence[Endpoint] = HANGZHOU,
    cap: Cap | None = None,
) -> Caller:
    """Give a caller over a scripted transport."""
    return Caller(
        transport,
        credentials or Static(CREDENTIALS),
        endpoints,
        cap=cap or Cap(),
        now=lambda: NOW,
        nonce=nonces(),
        probe=PROBE,
    )


def surroundings(*replies: Reply, files: Files | None = None, **more: Any) -> Around:
    """Give surroundings in memory, and the transport they have.

    Args:
        replies: What services answer, in order.
        files: What lies on the disk.
        more: Attributes of `Surroundings` that matter to the test.
    """
    transport = Scripted(*replies)
    facts: dict[str, Any] = {
        "environ": {},
        "home": HOME,
        "transport": transport,
        "now": lambda: NOW,
        "nonce": nonces(),
        "read_text": (files or Files()).read_text,
        **more,
    }
    return Around(Surroundings(**facts), transport)


class Around(NamedTuple):
    """Surroundings, and what was sent from them."""

    around: Surroundings
    transport: Scripted


def session_members(**changes: object) -> dict[str, object]:
    """Give temporary credentials as every service of the provider names them."""
    return {
        "AccessKeyId": "STS.FakeKeyId0009",
        "AccessKeySecret": "FakeSecret9",
        "SecurityToken": TOKEN,
        "Expiration": "2026-01-02T04:04:05Z",
        **changes,
    }


def shown(error: BaseException) -> str:
    """Give everything that an error and all it came from would show."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or each in seen:
            continue

        seen.append(each)
        waiting += [each.__cause__, each.__context__]

    notes = [getattr(each, "__notes__", []) for each in seen]
    return f"{seen!r} {[str(each) for each in seen]} {[vars(x) for x in seen]} {notes}"


class Files:
    """Files in memory; counts how often one is read."""

    def __init__(self, **files: str) -> None:
        self.files = {Path(name): text for name, text in files.items()}
        self.reads = 0

    async def read_text(self, path: Path) -> str:
        """Give the text of a file.

        Raises:
            FileNotFoundError: There is none.
        """
        self.reads += 1
        if path not in self.files:
            raise FileNotFoundError(path)

        return self.files[path]
