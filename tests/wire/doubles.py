"""Small honest stand-ins for the tests of this floor."""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from anyio.lowlevel import checkpoint

from esa_flows.errors import InvalidInput
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


class Files:
    """Files in memory; counts how often one is read."""

    def __init__(self, **files: str) -> None:
        self.files = {Path(name): text for name, text in files.items()}
        self.reads = 0

    async def read_text(self, path: Path) -> str:
        """Give the text of a file.

        Raises:
            InvalidInput: There is none.
        """
        self.reads += 1
        if path not in self.files:
            raise InvalidInput(f"{path} does not exist.")

        return self.files[path]
