"""PostObject: what is stored, what is registered, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from esa_flows.localcloud import Fault, Reply, Request
from esa_flows.localcloud.forms import BUCKET, sign_policy

from .desk import CODE, Desk, desk, in_base64, upload


def refused(reply: Reply) -> tuple[int, str]:
    """Return status and code of an XML refusal."""
    text = reply.body.decode()
    return reply.status, text.partition("<Code>")[2].partition("</Code>")[0]


def own_form(made: Desk, **policy: Any) -> dict[str, str]:
    """Return a well-signed form without a callback."""
    document = in_base64(
        {"expiration": "2027-01-01T00:00:00Z", "conditions": [], **policy}
    )
    form = made.form()
    kept = {name: form[name] for name in ("OSSAccessKeyId", "XOssSecurityToken")}
    seal = sign_policy(made.cloud.world.secret, document)
    return {**kept, "Signature": seal, "policy": document, "key": "free/<key>"}


def test_an_upload_fills_the_slot() -> None:
    """The callback registers code and description; OSS answers its JSON."""
    made = desk()
    reply = made.post(made.form(description="v1"))
    slot = made.cloud.console.routine("hello").slot

    assert (reply.status, reply.body) == (200, b'{"Status":"OK"}')
    assert slot is not None
    assert (slot.content, slot.description) == (CODE, "v1")
    assert reply.header("server") == "AliyunOSS"
    assert reply.header("etag").strip('"').isalnum()


def test_a_form_can_be_posted_again() -> None:
    """While the policy lives, the last upload wins."""
    made = desk()
    form = made.form()
    made.post(form, b"first")
    made.post(form, b"second")
    slot = made.cloud.console.routine("hello").slot

    assert slot is not None
    assert slot.content == b"second"


def test_a_failed_callback_stores_the_object_and_leaves_the_slot() -> None:
    """That is what 203 means."""
    made = desk()
    made.post(made.form(), b"before")
    made.cloud.inject(Fault(operation="PostObject", kind="callback"))
    form = made.form()
    reply = made.post(form, b"after")
    slot = made.cloud.console.routine("hello").slot

    assert refused(reply) == (203, "CallbackFailed")
    assert made.cloud.state.objects[form["key"]] == b"after"
    assert slot is not None
    assert slot.content == b"before"


def test_the_callback_fails_when_the_routine_is_gone() -> None:
    """Nobody is there to register the code."""
    made = desk()
    form = made.form()
    made.ask("DeleteRoutine", Name="hello")

    assert refused(made.post(form)) == (203, "CallbackFailed")


def test_a_form_expires() -> None:
    """Thirty minutes, by default."""
    made = desk()
    form = made.form()
    made.seconds = 1799

    assert made.post(form).status == 200

    made.seconds = 1800

    assert refused(made.post(form)) == (403, "AccessDenied")


def test_expiry_can_be_played() -> None:
    """A fault makes a good form look too old."""
    made = desk()
    made.cloud.inject(Fault(operation="PostObject", kind="expired"))
    reply = made.post(made.form())

    assert b"Policy expired" in reply.body


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("key", "sp_esa_rwa/2/hello/unstable/routine/index.js", "AccessDenied"),
        ("callback", "e30=", "AccessDenied"),
        ("policy", "e30=", "SignatureDoesNotMatch"),
        ("Signature", "AAAA", "SignatureDoesNotMatch"),
        ("OSSAccessKeyId", "STS.Other", "InvalidAccessKeyId"),
        ("XOssSecurityToken", "CAISOther", "AccessDenied"),
    ],
)
def test_an_altered_form_is_refused(name: str, value: str, code: str) -> None:
    """Nothing of what was signed can be changed."""
    made = desk()
    form = {**made.form(), name: value}

    assert refused(made.post(form)) == (403, code)


@pytest.mark.parametrize("name", ["key", "policy", "OSSAccessKeyId", "Signature"])
def test_fields_after_the_file_do_not_count(name: str) -> None:
    """The file must be last."""
    made = desk()
    reply = made.cloud.handle(upload(made.form(), last=name))

    assert refused(reply) == (400, "InvalidArgument")
    assert f"the specified '{name}'".encode() in reply.body


def test_too_large_code_is_refused() -> None:
    """The policy's range is enforced."""
    made = desk(policy_max_size=10)

    assert made.post(made.form(), b"0123456789").status == 200
    assert refused(made.post(made.form(), b"0123456789+")) == (400, "EntityTooLarge")


def test_exactly_one_file_is_posted() -> None:
    """A form without one is refused, and so is one with two."""
    made = desk()
    request = upload(made.form())
    none = request.body.replace(b'name="file"', b'name="not a file"')
    two = request.body.replace(b'name="callback"', b'name="file"')
    code = (400, "IncorrectNumberOfFilesInPOSTRequest")

    assert refused(made.cloud.handle(evolve(request, body=none))) == code
    assert refused(made.cloud.handle(evolve(request, body=two))) == code


def test_fields_are_bounded() -> None:
    """Two megabytes are the limit of a field."""
    made = desk()
    form = {**made.form(), "x:more": "x" * (2 * 1024 * 1024 + 1)}

    assert refused(made.post(form)) == (400, "FieldItemTooLong")


def test_other_methods_and_buckets_are_refused() -> None:
    """One bucket, one method."""
    made = desk()
    get = Request(method="GET", target=f"/oss-{BUCKET}")
    other = evolve(upload(made.form()), target="/oss-other")

    assert refused(made.cloud.handle(get)) == (405, "MethodNotAllowed")
    assert refused(made.cloud.handle(other)) == (404, "NoSuchBucket")


def test_the_oss_listener_needs_no_path() -> None:
    """A carrier that resolves the bucket's host posts to the root."""
    made = desk()
    request = evolve(upload(made.form()), target="/", listener="oss")

    assert made.cloud.handle(request).status == 200


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [("", 204, b""), ("200", 200, b""), ("204", 204, b""), ("999", 204, b"")],
)
def test_without_a_callback_the_form_chooses_the_status(
    wanted: str, status: int, body: bytes
) -> None:
    """204 unless it asks for another."""
    made = desk()
    form = own_form(made)
    if wanted:
        form["success_action_status"] = wanted

    reply = made.post(form)

    assert (reply.status, reply.body) == (status, body)


def test_created_is_described_in_xml() -> None:
    """201 names bucket, key and tag, escaped."""
    made = desk()
    reply = made.post({**own_form(made), "success_action_status": "201"})

    assert reply.status == 201
    assert b"<Key>free/&lt;key&gt;</Key>" in reply.body


@pytest.mark.parametrize("text", ["%%%", "W1tb" * 40_000], ids=["text", "deep"])
@pytest.mark.parametrize("name", ["callback", "x:codeDescription"])
def test_a_callback_that_cannot_be_read_is_refused(name: str, text: str) -> None:
    """Base64 of JSON that is not too deep, or nothing."""
    made = desk()
    form = {**own_form(made), "callback": in_base64({})}
    form["key"] = made.form()["key"]
    form[name] = text

    assert refused(made.post(form)) == (400, "InvalidArgument")


def test_a_callback_without_a_description_leaves_none() -> None:
    """The description is optional."""
    made = desk()
    form = {**own_form(made), "callback": in_base64({}), "key": made.form()["key"]}
    made.post(form)
    slot = made.cloud.console.routine("hello").slot

    assert slot is not None
    assert slot.description == ""


def test_faults_speak_xml_here() -> None:
    """A scripted refusal of an upload is OSS's, with the latency of the cloud."""
    made = desk(latency=0.25)
    form = made.form()
    made.cloud.inject(Fault(operation="PostObject", kind="error"))

    assert refused(made.post(form)) == (500, "InternalError")
    assert made.post(form).delay == 0.25


def test_faults_can_be_about_one_routine_s_uploads() -> None:
    """The routine is found in the form, before it is read."""
    made = desk()
    made.cloud.console.routine("other")
    made.cloud.inject(Fault(operation="PostObject", kind="html", routine="other"))
    empty = Request(method="POST", target="/", listener="oss")

    assert made.post(made.form()).status == 200
    assert refused(made.cloud.handle(empty)) == (400, "MalformedPOSTRequest")
    assert made.post(made.form("other")).status == 502
