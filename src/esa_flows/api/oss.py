"""Upload code with a form, once, and say what the store's answer means.

* The file is the last field: the store ignores what follows it.
* An upload overwrites, so that doing it again after an unknown outcome is harmless.
* Status 203 means that the bytes are stored and the provider did not hear of it: a
  version made now would hold what was there before.
* Forms are signed by the provider: an upload takes no slot of the cap.

Source: OSS, PostObject (request, policy, error codes), Callback, and HTTP status 203.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from fnmatch import fnmatchcase

from attrs import define, evolve, field, frozen

from esa_flows.api.cloud import Placed, UploadSlot
from esa_flows.errors import (
    CallbackFailed,
    CallError,
    EsaFlowsError,
    InvalidInput,
    OutcomeUnknown,
    Refused,
    SlotExpired,
    Throttled,
)
from esa_flows.files import Blob
from esa_flows.trace import call_span
from esa_flows.wire.exchange import Request, Response, Timeout
from esa_flows.wire.reply import Facts, facts_of
from esa_flows.wire.secret import Secret, redacted
from esa_flows.wire.transport import Transport

__all__ = [
    "FORM_ERRORS",
    "FormBody",
    "FormError",
    "error_of",
    "form_body",
    "post_object",
]

_OPERATION = "PostObject"
_STORED = frozenset({200, 201, 204})
_CALLBACK_FAILED = 203
_TRY_LATER = frozenset({408, 425, 429})
_CLIENT_ERRORS = range(400, 500)
_SLOWEST_BYTES_PER_SECOND = 50_000
_LEAST_SECONDS = 60.0
_NEW_SLOT = "Ask for a new upload form."
_SAME_FORM = "Send the same form again: it overwrites."
_REPORT = "Report it with the request id: this library should not have sent it."


@frozen(kw_only=True)
class FormError:
    """One line of the table of what the store may answer.

    Attributes:
        codes: Codes it holds for; patterns with `*`.
        words: Only where the message has them; empty for all messages.
        error: The class of the error.
        means: What happened, as the end of a sentence about the upload.
        next_move: What the reader can do now.
        quote: Whether the store's message is repeated; not where it may hold parts of
            the form.
    """

    codes: tuple[str, ...]
    words: str = ""
    error: type[EsaFlowsError]
    means: str
    next_move: str
    quote: bool = True

    def holds(self, facts: Facts) -> bool:
        """Whether this is the line for an answer."""
        is_named = any(fnmatchcase(facts.code, code) for code in self.codes)
        return is_named and self.words in facts.message.lower()


_NOT_TOLD = FormError(
    codes=("CallbackFailed",),
    error=CallbackFailed,
    means="was stored, but the provider was not told of it",
    next_move="Send the same form again, then ask for a new one; do not commit.",
)
_UNKNOWN = FormError(
    codes=("InternalError", "ServiceUnavailable"),
    error=OutcomeUnknown,
    means="got no usable answer from the store",
    next_move=_SAME_FORM,
)
_REFUSED = FormError(
    codes=(),
    error=Refused,
    means="was refused with a code this library does not know",
    next_move="Read the store's message.",
)

FORM_ERRORS: tuple[FormError, ...] = (
    FormError(
        codes=("AccessDenied",),
        words="expired",
        error=SlotExpired,
        means="came after the end of the form",
        next_move=_NEW_SLOT,
    ),
    FormError(
        codes=("InvalidAccessKeyId", "SecurityTokenExpired"),
        error=SlotExpired,
        means="was signed for a session that has ended",
        next_move=_NEW_SLOT,
    ),
    FormError(
        codes=("AccessDenied",),
        words="invalid according to policy",
        error=Refused,
        means="does not keep to the form's policy",
        next_move=_REPORT,
        quote=False,
    ),
    FormError(
        codes=("AccessDenied",),
        error=Refused,
        means="is not allowed by the store",
        next_move="Check whether something between here and there changes requests.",
    ),
    FormError(
        codes=("SignatureDoesNotMatch",),
        error=Refused,
        means="has a signature that the store does not accept",
        next_move=_REPORT,
        quote=False,
    ),
    FormError(
        codes=("InvalidPolicyDocument", "InvalidArgument"),
        error=Refused,
        means="was made with a form that the store does not accept",
        next_move=_REPORT,
        quote=False,
    ),
    FormError(
        codes=(
            "FieldItemTooLong",
            "IncorrectNumberOfFilesInPOSTRequest",
            "MalformedPOSTRequest",
        ),
        error=Refused,
        means="was not built as the store wants it",
        next_move=_REPORT,
    ),
    FormError(
        codes=("EntityTooLarge",),
        error=InvalidInput,
        means="has more bytes than the form allows",
        next_move="Make the bundle smaller: minify it.",
    ),
    FormError(
        codes=("EntityTooSmall",),
        error=InvalidInput,
        means="has fewer bytes than the form allows",
        next_move="Check whether the build wrote the whole file.",
    ),
    FormError(
        codes=("InvalidDigest",),
        error=OutcomeUnknown,
        means="was damaged on its way",
        next_move=_SAME_FORM,
    ),
    FormError(
        codes=("FileAlreadyExists", "FileImmutable"),
        error=Refused,
        means="would overwrite what the store keeps unchanged",
        next_move="Ask the provider to lift the rule from its bucket.",
    ),
    FormError(
        codes=("RequestTimeTooSkewed",),
        error=Refused,
        means="was dated too far from the store's clock",
        next_move="Set the clock of this machine.",
    ),
    FormError(
        codes=("Throttling", "Throttling.*"),
        error=Throttled,
        means="was one too many for the store at this moment",
        next_move=f"Wait. {_SAME_FORM}",
    ),
    _NOT_TOLD,
    _UNKNOWN,
)


@frozen(kw_only=True)
class FormBody:
    """A form with a file at its end, whose length is known before it is sent.

    Attributes:
        head: Everything before the file; never shown.
        blob: The file.
        boundary: What parts the fields.
    """

    head: bytes = field(repr=False)
    blob: Blob
    boundary: str

    @property
    def tail(self) -> bytes:
        """Everything after the file."""
        return f"\r\n--{self.boundary}--\r\n".encode()

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.head) + self.blob.size + len(self.tail)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(head=self.head, slices=aiter(self.blob), tail=self.tail)


@define(kw_only=True)
class _Pieces:
    """Where one sender of a form is: an object, for it holds nothing to be closed."""

    head: bytes = field(repr=False)
    slices: AsyncIterator[bytes]
    tail: bytes

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.head:
            head, self.head = self.head, b""
            return head

        try:
            return await anext(self.slices)
        except StopAsyncIteration:
            if not self.tail:
                raise

            tail, self.tail = self.tail, b""
            return tail


def form_body(slot: UploadSlot, blob: Blob, boundary: str) -> FormBody:
    """Build the form around a file.

    Args:
        slot: Fields to send.
        blob: Code to send.
        boundary: Text that parts the fields and stands nowhere else: hexadecimal digits
            from a random source.

    Raises:
        InvalidInput: The boundary stands in a field.
    """
    # No variable of the frame that raises holds a value of the form.
    if not boundary or any(boundary in _revealed(value) for _, value in slot.fields):
        raise InvalidInput("The boundary of an upload form stands inside the form.")

    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{_revealed(value)}"
        for name, value in slot.fields
    ]
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file";'
        ' filename="index.js"\r\nContent-Type: application/javascript\r\n\r\n'
    )
    return FormBody(
        head="\r\n".join((*parts, file)).encode(),
        blob=blob,
        boundary=boundary,
    )


def _revealed(value: Secret | str) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def error_of(facts: Facts) -> EsaFlowsError | None:
    """Decide what an answer of the store means; None where the bytes are stored.

    Args:
        facts: What the answer says; its message free of secrets.
    """
    if facts.status in _STORED and not facts.code:
        return None

    row = _row(facts)
    quoted = f" The store says: {facts.message}" if row.quote and facts.message else ""
    message = f"The upload {row.means} (status {facts.status}).{quoted}"
    if not issubclass(row.error, CallError):
        return row.error(message, next_move=row.next_move)

    return row.error(
        message,
        next_move=row.next_move,
        operation=_OPERATION,
        code=facts.code,
        request_id=facts.request_id,
    )


def _row(facts: Facts) -> FormError:
    if facts.status == _CALLBACK_FAILED:
        return _NOT_TOLD

    known = next((row for row in FORM_ERRORS if row.holds(facts)), None)
    if known is not None:
        return known

    final = facts.status in _CLIENT_ERRORS and facts.status not in _TRY_LATER
    return _REFUSED if final else _UNKNOWN


async def post_object(
    transport: Transport, slot: UploadSlot, blob: Blob, boundary: str
) -> Placed:
    """Send a form once.

    Args:
        transport: Sends it.
        slot: Where to and with which fields.
        blob: Code to send.
        boundary: As in `form_body`.

    Raises:
        SlotExpired: The form has ended.
        CallbackFailed: Stored, but not usable.
        Throttled: Not stored: the same form may be sent again later.
        InvalidInput: The code is too large or too small.
        Refused: The same form will be refused again.
        OutcomeUnknown: It may be stored; the same form may be sent again.
        NotSent: It never left.
    """
    with call_span("PostObject", host=slot.host):
        response = await transport.send(_request(slot, form_body(slot, blob, boundary)))
        error = error_of(_facts(response, slot))
        if error is not None:
            raise error

    return Placed(key=slot.key, etag=response.headers.get("etag", "").strip('"'))


def _request(slot: UploadSlot, body: FormBody) -> Request:
    enough = max(_LEAST_SECONDS, body.size / _SLOWEST_BYTES_PER_SECOND)
    return Request(
        method="POST",
        url=slot.url,
        headers=(
            ("host", slot.host),
            ("content-type", f"multipart/form-data; boundary={body.boundary}"),
            ("accept", "*/*"),
            ("user-agent", "esa-flows"),
        ),
        body=body,
        timeout=Timeout(total=enough),
    )


def _facts(response: Response, slot: UploadSlot) -> Facts:
    facts = facts_of(response)
    secrets = [value for _, value in slot.fields if isinstance(value, Secret)]
    named = facts.request_id or response.headers.get("x-oss-request-id", "")
    return evolve(facts, message=redacted(facts.message, secrets), request_id=named)
