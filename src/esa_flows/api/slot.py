"""Read an upload form out of the provider's answer, and decide whether to trust it.

The form goes only to a bucket host of OSS, over HTTPS, at its root and its usual port;
a plain address is upgraded. A host on loopback is taken as it is, and only by a client
that was pointed at loopback itself.

Source: ESA API 2024-09-10, GetRoutineStagingCodeUploadInfo; OSS, PostObject.
"""

from __future__ import annotations

import base64
import datetime as dt
import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from esa_flows.api.cloud import UploadSlot
from esa_flows.api.reply import Member
from esa_flows.errors import InvalidInput
from esa_flows.model import VersionId
from esa_flows.wire.secret import Secret
from esa_flows.wire.site import is_loopback

__all__ = ["HostRule", "Policy", "read_policy", "read_slot"]

_BUCKET_HOST = re.compile(
    r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\.oss(-[a-z0-9-]+)?(-internal)?\.aliyuncs\.com"
)
_HTTPS_PORT = 443
_CANONICAL = {
    "ossaccesskeyid": "OSSAccessKeyId",
    "signature": "Signature",
    "policy": "policy",
    "key": "key",
    "callback": "callback",
    "x:codedescription": "x:codeDescription",
    "xosssecuritytoken": "x-oss-security-token",
    "x-oss-security-token": "x-oss-security-token",
}
_NEEDED = ("OSSAccessKeyId", "Signature", "policy", "key")
_OMITTED_WHEN_EMPTY = frozenset({"x-oss-security-token", "callback"})
_FIELD_NAME = re.compile(r"[A-Za-z0-9:._-]{1,256}")
_RANGE_ITEMS = 3


@frozen(kw_only=True)
class HostRule:
    """Where a form may be sent.

    Attributes:
        allow_loopback: Whether a host on loopback is taken, over plain HTTP too.
        extra: Patterns of further hosts, with ``*`` for any text, such as
            ``*.oss.corp.example``.
    """

    allow_loopback: bool = False
    extra: tuple[str, ...] = ()

    def resolve(self, url: str) -> str:
        """Give the address to send to.

        Raises:
            InvalidInput: A form must not be sent there.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _not_there("it is no address") from None

        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise _not_there("it is no web address")

        if "@" in parts.netloc or parts.query or parts.fragment:
            raise _not_there("it carries more than a host and a path")

        if self.allow_loopback and is_loopback(parts.hostname):
            return url

        return self._bucket(parts, port)

    def _bucket(self, parts: SplitResult, port: int | None) -> str:
        host = parts.hostname or ""
        if not self._allows(host):
            raise InvalidInput(
                f"The provider asks to upload code to {host[:253]!r}, which is no"
                " bucket of OSS.",
                next_move="If you know that host, name it in oss_hosts.",
            )

        if port not in {None, _HTTPS_PORT} or parts.path not in {"", "/"}:
            raise _not_there("a bucket takes forms at its root and usual port only")

        return f"https://{host}/"

    def _allows(self, host: str) -> bool:
        if _BUCKET_HOST.fullmatch(host):
            return True

        return any(fnmatch.fnmatchcase(host, pattern) for pattern in self.extra)


@frozen(kw_only=True)
class Policy:
    """What a form's policy says, as far as it can be read.

    Attributes:
        expires_at: When the form ends.
        key: The one name under which it stores.
        least_bytes: Fewest bytes it takes.
        most_bytes: Most bytes it takes.
    """

    expires_at: dt.datetime | None = None
    key: str | None = None
    least_bytes: int | None = None
    most_bytes: int | None = None


def read_slot(
    config: Member, hosts: HostRule, *, version: VersionId | None = None
) -> UploadSlot:
    """Make a slot of an ``OssPostConfig``, whose names differ in case between calls.

    Args:
        config: The member ``OssPostConfig``.
        hosts: Where a form may be sent.
        version: Version that was allocated with the slot, if any.

    Raises:
        OutcomeUnknown: A field is missing or contradicts another.
        InvalidInput: A form must not be sent to that host.
    """
    fields = dict(_fields(config))
    missing = [name for name in ("Url", *_NEEDED) if not fields.get(name)]
    if missing:
        raise config.refuse(f"{config.path} has no {', '.join(missing)}")

    url = hosts.resolve(fields.pop("Url"))
    policy = read_policy(fields["policy"])
    if policy.key not in {None, fields["key"]}:
        raise config.refuse(f"{config.path} has a policy for another key than its own")

    return UploadSlot(
        url=url,
        fields=tuple((name, _hidden(name, text)) for name, text in fields.items()),
        key=fields["key"],
        expires_at=policy.expires_at,
        least_bytes=policy.least_bytes,
        most_bytes=policy.most_bytes,
        version=version,
    )


def _fields(config: Member) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for given, member in config.members():
        name = _name(given)
        if name in seen or name.lower() == "file" or not _FIELD_NAME.fullmatch(name):
            raise config.refuse(
                f"{config.path} has the field {name[:40]!r} in a way"
                " that no form can have"
            )

        seen.add(name)
        text = member.id_text()
        if text or (name not in _OMITTED_WHEN_EMPTY and member.value is not None):
            yield name, text


def _name(given: str) -> str:
    if given.lower() == "url":
        return "Url"

    return _CANONICAL.get(given.lower(), given)


def _hidden(name: str, text: str) -> Secret | str:
    """Hide every value but the key: an unknown field may be a signature too."""
    return text if name == "key" or not text else Secret(text)


def read_policy(text: str) -> Policy:
    """Read a policy as far as possible; what cannot be read stays unknown.

    Args:
        text: The policy as the form carries it, in Base64.

    Source: OSS, PostObject, section on the policy.
    """
    try:
        document = json.loads(base64.b64decode(text))
    except (ValueError, RecursionError):
        return Policy()

    if not isinstance(document, dict):
        return Policy()

    conditions = document.get("conditions")
    known = conditions if isinstance(conditions, list) else []
    least, most = _range(known)
    return Policy(
        expires_at=_expiration(document.get("expiration")),
        key=_key(known),
        least_bytes=least,
        most_bytes=most,
    )


def _expiration(value: object) -> dt.datetime | None:
    return Member(
        operation="PostObject", value=value if isinstance(value, str) else None
    ).time()


def _range(conditions: list[Any]) -> tuple[int | None, int | None]:
    for item in conditions:
        match item:
            case ["content-length-range", int(least), int(most)]:
                return least, most

    return None, None


def _key(conditions: list[Any]) -> str | None:
    for item in conditions:
        match item:
            case ["eq", "$key", str(key)] | {"key": str(key)}:
                return key

    return None


def _not_there(why: str) -> InvalidInput:
    return InvalidInput(
        f"The provider gave an upload address that is not used: {why}.",
        next_move="Nothing was sent. Check the endpoint that you set.",
    )
