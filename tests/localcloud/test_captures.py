"""Requests of the official tools, recorded on loopback, as the cloud sees them.

``tests/samples/captures`` holds raw requests of the official Python SDK and of the
official command line tool; their keys are fake.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve, frozen

from esa_flows.localcloud import AccessKey, Request, Switches
from esa_flows.localcloud.multipart import read_form
from esa_flows.localcloud.signature import check_coverage, check_signature, read_claim

from .desk import START, Desk, code_of

FOLDER = Path("tests/samples/captures")
KEY = AccessKey(id="LTAI5tFakeKeyId0001", secret="FakeSecret0000000000000000000001")
BUSINESS = {"", "RoutineNotExist", "EdgeRoutine.GeneralError"}


@frozen
class Capture:
    """One recorded request."""

    label: str
    request: Request


def read_capture(name: str, text: bytes) -> Capture:
    """Read one record: a line with its number, then the request."""
    title, _, raw = text.partition(b"\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    bare = Request(method=method, target=target, headers=headers)
    length = bare.header("content-length")
    content = body[: int(length)] if length else body.rstrip(b"\r\n")
    action = bare.header("x-acs-action") or "other"
    number = title.split(b" ")[1].decode()
    return Capture(f"{name}-{number}-{action}", evolve(bare, body=content))


def read_captures() -> list[Capture]:
    """Read all recordings."""
    return [
        read_capture(path.stem, text)
        for path in sorted(FOLDER.glob("*.raw"))
        for text in path.read_bytes().split(b"##### capture")[1:]
    ]


CAPTURES = read_captures()
SIGNED = [held for held in CAPTURES if held.request.header("authorization")]
FORMS = [
    held for held in CAPTURES if "multipart" in held.request.header("content-type")
]


def label(held: Capture) -> str:
    """Name a capture."""
    return held.label


def secret_of(request: Request) -> AccessKey:
    """Return the key a recording was made with, temporary where it carries a token."""
    token = request.header("x-acs-security-token")
    claim = read_claim(request.header("authorization"))
    return evolve(KEY, id=claim.key_id, token=token or None)


def test_recordings_are_all_there() -> None:
    """Two of them are uploads, and one has the older signature."""
    assert (len(CAPTURES), len(SIGNED), len(FORMS)) == (39, 36, 2)


@pytest.mark.parametrize("held", SIGNED, ids=label)
def test_signatures_of_official_tools_verify(held: Capture) -> None:
    """Both API versions, both languages, temporary keys."""
    claim = read_claim(held.request.header("authorization"))

    check_coverage(held.request, claim)
    check_signature(held.request, claim, KEY.secret)


@pytest.mark.parametrize("held", SIGNED, ids=label)
def test_official_requests_pass_the_gateway(held: Capture) -> None:
    """At their own date, each gets past signature and nonce to its operation."""
    desk = Desk()
    date = held.request.header("x-acs-date")
    moment = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    desk.seconds = (moment - START).total_seconds()
    desk.cloud.console.add_key(secret_of(held.request))
    code = code_of(desk.cloud.handle(held.request))

    assert code in BUSINESS


@pytest.mark.parametrize("held", SIGNED, ids=label)
def test_official_requests_are_accepted_whatever_their_date(held: Capture) -> None:
    """With the date check off, at any time; the signature is checked all the same."""
    desk = Desk(switches=Switches(clock_skew=timedelta(days=3_650)))
    desk.cloud.console.add_key(secret_of(held.request))
    other = Desk(switches=Switches(clock_skew=timedelta(days=3_650)))
    other.cloud.console.add_key(evolve(secret_of(held.request), secret="FakeOther"))

    assert code_of(desk.cloud.handle(held.request)) in BUSINESS
    assert "SignatureDoesNotMatch" == code_of(other.cloud.handle(held.request))


def test_the_older_signature_is_incomplete() -> None:
    """It travels in the query and is not accepted."""
    (held,) = [held for held in CAPTURES if "SignatureMethod" in held.request.target]

    assert code_of(Desk().cloud.handle(held.request)) == "IncompleteSignature"


@pytest.mark.parametrize("held", FORMS, ids=label)
def test_official_uploads_can_be_read(held: Capture) -> None:
    """Fields in order, the file last, without a file name."""
    parts = read_form(held.request.header("content-type"), held.request.body)

    assert [part.name for part in parts] == [
        "OSSAccessKeyId",
        "Signature",
        "x-oss-security-token",
        "policy",
        "key",
        "file",
    ]
    assert parts[-1].content.startswith(b"PK")


def test_a_nested_json_body_is_as_recorded() -> None:
    """One call of the command line tool posts JSON; its signature covers it."""
    bodies = [
        json.loads(held.request.body)
        for held in SIGNED
        if held.request.header("content-type").startswith("application/json")
    ]

    assert bodies[0]["ConfOptions"] == {"NotFoundStrategy": "SinglePageApplication"}
