"""OSS PostObject: a form comes in, an object is stored, the callback fills the slot.

The callback is done inside: where the real OSS calls the back end, this one registers
the object as the routine's staging code or as a revision's. When the callback fails,
the object is stored all the same and nothing is registered: that is the meaning of 203.
Source: OSS PostObject and Callback, error codes of their pages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from .arrival import receive_code, receive_package
from .forms import BUCKET, KEY_ID, OSS_PREFIX, security_token, sign_policy, target_of
from .multipart import Part, read_form
from .policy import Form, check_policy
from .refusal import CloudError
from .values import Reply, Request
from .world import World

OPERATION = "PostObject"
_MOST_FIELD_BYTES = 2 * 1024 * 1024
_CALLBACK_FAILED = 203
_AGE = timedelta(days=1)  # makes every form too old


def post_object(request: Request, world: World, now: datetime, fault: str) -> Reply:
    """Answer one upload.

    Args:
        request: the form.
        world: where the object goes.
        now: the cloud's wall clock.
        fault: ``callback`` or ``expired`` to play that fault, else ``""``.
    """
    try:
        return _post(request, world, now, fault)
    except CloudError as error:
        return oss_refusal(error, request, world, now)


def oss_refusal(
    error: CloudError, request: Request, world: World, now: datetime
) -> Reply:
    """Return a refusal as OSS writes it: XML."""
    request_id = f"{world.dice.getrandbits(96):024X}"
    members = {
        "Code": error.code,
        "Message": error.message,
        "RequestId": request_id,
        "HostId": request.header("host"),
    }
    inner = "".join(
        f"\n  <{name}>{escape(value)}</{name}>" for name, value in members.items()
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}\n</Error>\n'
    return _reply(
        error.status,
        body.encode(errors="replace"),
        "application/xml",
        now=now,
        request_id=request_id,
    )


def _post(request: Request, world: World, now: datetime, fault: str) -> Reply:
    """Check everything, store, call back, answer."""
    _check_door(request, world)
    parts = read_form(request.header("content-type"), request.body)
    fields, file = _split_at_file(parts, world)
    _check_fields(fields, world)
    form = Form(fields=fields, bucket=BUCKET, size=len(file.content))
    check_policy(fields["policy"], form, now + _AGE if fault == "expired" else now)

    world.state.objects[fields["key"]] = file.content
    target = target_of(fields["key"])
    etag = hashlib.md5(file.content, usedforsecurity=False).hexdigest().upper()
    if "callback" not in fields:
        if target is not None and target.kind == "package":
            receive_package(target, file.content, world, now)

        return _stored(fields, etag, world, now)

    described = _description(fields)
    if fault == "callback" or not (
        target and receive_code(target, file.content, described, world, now)
    ):
        raise CloudError("CallbackFailed", "Error Status : 400.", _CALLBACK_FAILED)

    return _reply(
        200,
        world.switches.callback_body.encode(),
        "application/json",
        etag=etag,
        now=now,
        request_id=f"{world.dice.getrandbits(96):024X}",
    )


def _check_door(request: Request, world: World) -> None:
    if request.header("transfer-encoding") and not world.switches.oss_chunked:
        raise CloudError(
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
            411,
        )

    if request.method != "POST":
        raise CloudError("MethodNotAllowed", "Only PostObject is served here.", 405)

    bucket = request.path.removeprefix(OSS_PREFIX).strip("/")
    if bucket not in {"", BUCKET}:
        raise CloudError("NoSuchBucket", f"The bucket {bucket} does not exist.", 404)


def _split_at_file(parts: list[Part], world: World) -> tuple[dict[str, str], Part]:
    """Return the fields before the file, and the file; later fields do not count.

    Raises:
        CloudError: not one file; a field too long; by a switch, any later field.
    """
    files = [index for index, part in enumerate(parts) if part.name == "file"]
    if len(files) != 1:
        raise CloudError(
            "IncorrectNumberOfFilesInPOSTRequest",
            "POST requires exactly one file upload per request.",
        )

    if parts[files[0] + 1 :] and world.switches.after_file == "refuse":
        raise CloudError("InvalidArgument", "The file must be the last field.")

    before = parts[: files[0]]
    if any(len(part.content) > _MOST_FIELD_BYTES for part in before):
        raise CloudError("FieldItemTooLong", "Your form field is too long.")

    return {part.name: part.text for part in before}, parts[files[0]]


def _check_fields(fields: dict[str, str], world: World) -> None:
    """Insist on key, policy and a signature that is ours."""
    for name in ("key", "policy", "OSSAccessKeyId", "Signature"):
        if not fields.get(name):
            raise CloudError(
                "InvalidArgument",
                f"The bucket POST must contain the specified '{name}'. If it is "
                "specified, please check the order of the fields.",
            )

    if fields["OSSAccessKeyId"] != KEY_ID:
        raise CloudError(
            "InvalidAccessKeyId", "The OSS Access Key Id does not exist.", 403
        )

    ours = sign_policy(world.secret, fields["policy"])
    if not hmac.compare_digest(ours.encode(), fields["Signature"].encode()):
        raise CloudError("SignatureDoesNotMatch", "The signature differs.", 403)

    newest = world.newest_forms.get(fields["key"], ours)
    if not world.switches.old_forms and newest != fields["Signature"]:
        raise CloudError("AccessDenied", "A newer form was handed out.", 403)

    token = fields.get("x-oss-security-token", "")
    if world.switches.oss_token and token != security_token(world):
        raise CloudError("AccessDenied", "The security token is not valid.", 403)


def _stored(fields: dict[str, str], etag: str, world: World, now: datetime) -> Reply:
    """Answer without a callback: as the form asks, 204 when it does not ask."""
    request_id = f"{world.dice.getrandbits(96):024X}"
    wanted = fields.get("success_action_status", "")
    if wanted == "201":
        key = escape(fields["key"])
        body = (
            f"<PostResponse><Bucket>{BUCKET}</Bucket>"
            f"<Location>{world.base_url}{OSS_PREFIX}{BUCKET}/{key}</Location>"
            f"<Key>{key}</Key><ETag>{etag}</ETag></PostResponse>"
        )
        return _reply(
            201,
            body.encode(),
            "application/xml",
            etag=etag,
            now=now,
            request_id=request_id,
        )

    status = 200 if wanted == "200" else 204
    return _reply(status, b"", "", etag=etag, now=now, request_id=request_id)


def _description(fields: dict[str, str]) -> str:
    """Read the callback's parameters; return the description that comes with it.

    Raises:
        CloudError: ``InvalidArgument`` for what cannot be read.
    """
    _read_json(fields["callback"], "callback")
    described = fields.get("x:codeDescription", "")
    return str(_read_json(described, "x:codeDescription")) if described else ""


def _read_json(text: str, name: str) -> object:
    try:
        return json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise CloudError(
            "InvalidArgument", f"The {name} parameter is not Base64 of JSON."
        ) from None


def _reply(
    status: int,
    body: bytes,
    content_type: str,
    *,
    now: datetime,
    request_id: str,
    etag: str = "",
) -> Reply:
    headers = [
        ("Server", "AliyunOSS"),
        ("Date", format_datetime(now, usegmt=True)),
        ("x-oss-request-id", request_id),
    ]
    if content_type:
        headers.append(("Content-Type", content_type))

    if etag:
        headers.append(("ETag", f'"{etag}"'))

    return Reply(status=status, headers=tuple(headers), body=body)
