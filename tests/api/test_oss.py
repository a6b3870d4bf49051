"""Upload forms as they are sent, and what the store's answers mean."""

from __future__ import annotations

import pytest
from attrs import define, field

from esa_flows.api.cloud import Placed, UploadSlot
from esa_flows.api.oss import FORM_ERRORS, FormError, error_of, form_body, post_object
from esa_flows.errors import (
    CallbackFailed,
    CallError,
    EsaFlowsError,
    Executed,
    InvalidInput,
    OutcomeUnknown,
    Refused,
    SlotExpired,
    Throttled,
)
from esa_flows.files import SLICE, BytesBlob
from esa_flows.localcloud.multipart import read_form
from esa_flows.wire import Request, Response, Secret
from esa_flows.wire.reply import Facts, facts_of

BOUNDARY = "0123456789abcdef0123456789abcdef"
SLOT = UploadSlot(
    url="https://er-code.oss-cn-hangzhou.aliyuncs.com/",
    fields=(
        ("OSSAccessKeyId", Secret("STS.FakeKeyId0001")),
        ("Signature", Secret("fakeSignature+0001=")),
        ("policy", Secret("ZmFrZSBwb2xpY3k=")),
        ("key", "routine/ü/index.js"),
        ("x-empty", ""),
    ),
    key="routine/ü/index.js",
)
BLOB = BytesBlob(b"export default {}")


@define
class Store:
    """A store that answers as it was told, and keeps what it was sent."""

    response: Response
    request: Request | None = None
    pieces: list[bytes] = field(factory=list)

    async def send(self, request: Request) -> Response:
        """Read the whole form and answer."""
        self.request = request
        assert not isinstance(request.body, bytes)
        self.pieces = [piece async for piece in request.body]
        return self.response


def xml(code: str, message: str = "", more: str = "") -> bytes:
    """Write an error as the store does."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n'
        f"  <Code>{code}</Code>\n  <Message>{message}</Message>\n"
        f"  <RequestId>5FAKE</RequestId>\n{more}</Error>\n"
    ).encode()


def judged(status: int, body: bytes = b"") -> EsaFlowsError | None:
    """Say what an answer means."""
    return error_of(facts_of(Response.of(status, body)))


# --- the form -----------------------------------------------------------------------


async def test_form_arrives_as_it_was_made() -> None:
    """Fields in their order, the file last, the length known: another reader agrees."""
    store = Store(Response.of(204, etag='"A1"'))

    placed = await post_object(store, SLOT, BLOB, BOUNDARY)

    assert store.request is not None
    sent = b"".join(store.pieces)
    headers = dict(store.request.headers)
    parts = read_form(headers["content-type"], sent)
    assert [(part.name, part.content) for part in parts] == [
        ("OSSAccessKeyId", b"STS.FakeKeyId0001"),
        ("Signature", b"fakeSignature+0001="),
        ("policy", b"ZmFrZSBwb2xpY3k="),
        ("key", "routine/ü/index.js".encode()),
        ("x-empty", b""),
        ("file", BLOB.content),
    ]
    assert store.request.size == len(sent)
    assert headers["host"] == "er-code.oss-cn-hangzhou.aliyuncs.com"
    assert placed == Placed(key="routine/ü/index.js", etag="A1")


async def test_large_file_is_sent_in_slices() -> None:
    """Memory holds a slice, not the file; the form can be sent again."""
    body = form_body(SLOT, BytesBlob(b"x" * (2 * SLICE + 1)), BOUNDARY)

    first = [len(piece) async for piece in body]
    again = [len(piece) async for piece in body]

    assert first == again
    assert first[1:-1] == [SLICE, SLICE, 1]
    assert sum(first) == body.size


async def test_pieces_are_an_iterator_themselves() -> None:
    """Whoever takes the iterator may loop over it."""
    pieces = aiter(form_body(SLOT, BLOB, BOUNDARY))

    assert len([piece async for piece in pieces]) == 3


def test_form_is_not_shown() -> None:
    """The repr of a body under way holds no field."""
    body = form_body(SLOT, BLOB, BOUNDARY)

    assert "fakeSignature" not in repr(body)
    assert "fakeSignature" not in repr(aiter(body))


@pytest.mark.parametrize("boundary", ["", "fakeSignature"])
def test_boundary_stands_in_no_field(boundary: str) -> None:
    """A form that would be torn is not sent."""
    with pytest.raises(InvalidInput, match="boundary of an upload form stands inside"):
        form_body(SLOT, BLOB, boundary)


async def test_slow_lines_get_their_time() -> None:
    """A minute at least, and as long as 50 kB/s take."""
    store = Store(Response.of(204))

    await post_object(store, SLOT, BLOB, BOUNDARY)
    assert store.request is not None
    assert store.request.timeout.total == 60.0

    await post_object(store, SLOT, BytesBlob(b"x" * 5_000_000), BOUNDARY)
    assert store.request.timeout.total > 100.0


# --- the answer ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 204])
def test_stored(status: int) -> None:
    """The store's three ways to say that the bytes are there."""
    assert judged(status) is None


@pytest.mark.parametrize(
    ("code", "status", "message", "error"),
    [
        ("AccessDenied", 403, "Invalid according to Policy: Policy expired.", "new"),
        ("AccessDenied", 403, "The security token you provided has expired.", "new"),
        (
            "AccessDenied",
            403,
            "Invalid according to Policy: Policy Condition failed: []",
            "final",
        ),
        ("AccessDenied", 403, "You have no right to access this object.", "final"),
        ("SecurityTokenExpired", 403, "The security token has expired.", "new"),
        ("InvalidAccessKeyId", 403, "The OSS Access Key Id does not exist.", "new"),
        ("SignatureDoesNotMatch", 403, "The signature we calculated …", "final"),
        ("InvalidPolicyDocument", 400, "Invalid JSON: …", "final"),
        ("MalformedPOSTRequest", 400, "The body is not well-formed.", "final"),
        ("InvalidArgument", 400, "The bucket POST must contain …", "final"),
        ("IncorrectNumberOfFilesInPOSTRequest", 400, "exactly one file", "final"),
        ("FieldItemTooLong", 400, "Your form field is too long.", "final"),
        ("EntityTooLarge", 400, "exceeds the maximum", "input"),
        ("EntityTooSmall", 400, "smaller than the minimum", "input"),
        ("InvalidDigest", 400, "The Content-MD5 was invalid.", "unknown"),
        ("FileAlreadyExists", 409, "The object exists.", "final"),
        ("FileImmutable", 409, "The object is immutable.", "final"),
        ("RequestTimeTooSkewed", 403, "The difference is too large.", "final"),
        ("InternalError", 500, "We encountered an internal error.", "unknown"),
        ("ServiceUnavailable", 503, "Please reduce your request rate.", "unknown"),
        ("Throttling", 400, "Request was denied due to throttling.", "later"),
        ("Throttling.User", 429, "Too many requests.", "later"),
        ("Throttling.Api", 503, "Please slow down.", "later"),
        ("CallbackFailed", 203, "Error Status : 400.", "callback"),
        ("CallbackFailed", 203, "Cost too long time.", "callback"),
    ],
)
def test_documented_errors(code: str, status: int, message: str, error: str) -> None:
    """Each code of the store's pages leads to what can be done about it."""
    classes: dict[str, type[EsaFlowsError]] = {
        "new": SlotExpired,
        "final": Refused,
        "input": InvalidInput,
        "unknown": OutcomeUnknown,
        "callback": CallbackFailed,
        "later": Throttled,
    }

    found = judged(status, xml(code, message))

    assert type(found) is classes[error]
    assert found.next_move
    if isinstance(found, CallError):
        assert (found.operation, found.code) == ("PostObject", code)
        assert found.request_id == "5FAKE"
        assert (found.executed is Executed.UNKNOWN) == (error == "unknown")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (203, b"", CallbackFailed),
        (200, xml("InternalError"), OutcomeUnknown),
        (202, b"", OutcomeUnknown),
        (302, b"", OutcomeUnknown),
        (307, b"<html>elsewhere</html>", OutcomeUnknown),
        (403, b"", Refused),
        (405, xml("MethodNotAllowed", "Not allowed."), Refused),
        (408, b"", OutcomeUnknown),
        (429, b"", OutcomeUnknown),
        (502, b"<html>Bad Gateway</html>", OutcomeUnknown),
        (500, b'{"Code": "InternalError"}', OutcomeUnknown),
    ],
)
def test_other_answers(status: int, body: bytes, error: type[EsaFlowsError]) -> None:
    """What no page tells is judged by its status; a redirect is followed nowhere."""
    assert type(judged(status, body)) is error


def test_document_types_and_entities_are_not_expanded() -> None:
    """An error's XML cannot make us read a file or fill the memory."""
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE Error [<!ENTITY a SYSTEM "file:///etc/passwd">'
        b"]><Error><Code>AccessDenied</Code><Message>&a;</Message></Error>"
    )

    assert "The store says: &a;" in str(judged(403, evil))


@pytest.mark.parametrize("row", FORM_ERRORS, ids=lambda row: row.codes[0])
def test_every_row_tells_the_next_move(row: FormError) -> None:
    """A table of errors is a table of what to do."""
    assert row.means
    assert row.next_move.endswith(".")


def test_message_of_the_store_is_quoted_where_it_is_safe() -> None:
    """A message about the policy may hold parts of the form."""
    failed = "Invalid according to Policy: Policy Condition failed: [fakeCallback]"

    assert "fakeCallback" not in str(judged(403, xml("AccessDenied", failed)))
    assert "a rule" in str(judged(409, xml("FileImmutable", "Kept by a rule.")))


async def test_secrets_of_the_form_are_taken_out_of_the_stores_message() -> None:
    """A store that quotes the form gives nothing away."""
    quoted = xml("FieldItemTooLong", "The field fakeSignature+0001= is too long.")
    store = Store(Response.of(400, quoted))

    with pytest.raises(Refused) as caught:
        await post_object(store, SLOT, BLOB, BOUNDARY)

    assert "The field *** is too long." in str(caught.value)


async def test_request_id_comes_from_the_header_where_the_body_has_none() -> None:
    """The store's support asks for it."""
    store = Store(Response.of(500, b"", x_oss_request_id="7FAKE"))

    with pytest.raises(OutcomeUnknown) as caught:
        await post_object(store, SLOT, BLOB, BOUNDARY)

    assert caught.value.request_id == "7FAKE"


def test_row_needs_its_words() -> None:
    """The same code means different things; the message tells them apart."""
    facts = Facts(status=403, code="AccessDenied", message="no", headers={})

    assert not FORM_ERRORS[0].holds(facts)
