"""Read what came back: an answer's object, or the facts of an error.

Nothing here trusts the other side: a body may be an HTML page of a proxy, XML of an
older gateway, cut off, or deeply nested on purpose.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import cast

from attrs import frozen

from esa_flows.wire.exchange import Response

__all__ = ["Facts", "facts_of", "object_in", "plain"]

_LONGEST = 300
_XML_VALUE = r"<{0}>\s*([^<]*?)\s*</{0}>"
# Character categories that move a cursor, hide text or turn its direction.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: object, longest: int = _LONGEST) -> str:
    """Give a stranger's text as it may be shown: one line, printable, not too long.

    Args:
        text: What came; anything but text becomes empty.
        longest: Characters kept.
    """
    if not isinstance(text, str):
        return ""

    line = " ".join(_seen(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _seen(text: str) -> str:
    """Put a blank where there is nothing to see."""
    if text.isascii() and text.isprintable():
        return text

    return "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)


@frozen(kw_only=True)
class Facts:
    """What an error response says.

    Attributes:
        status: The HTTP status.
        code: The provider's error code; empty where the body is none of its own.
        message: The provider's sentence, printable.
        request_id: The provider's name for this call.
        recommend: The provider's page about this error.
        denied_action: The RAM action that is missing, where it says so.
        headers: Of the response, by lower-case name.
    """

    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""
    recommend: str = ""
    denied_action: str = ""
    headers: Mapping[str, str]


def object_in(body: bytes) -> dict[str, object] | None:
    """Give the JSON object of a body, or `None` where it holds none.

    Numbers with a fraction or an exponent stay text: an id must not pass a float. An
    object that says one thing twice is none: which of the two would hold?

    Args:
        body: The bytes of a response.
    """
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        value = _STRICT.decode(text)
    except (ValueError, RecursionError):
        return None

    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")

    return members


_STRICT = json.JSONDecoder(
    parse_float=str, parse_constant=str, object_pairs_hook=_once_each
)


def facts_of(response: Response) -> Facts:
    """Read the facts of an error response.

    Args:
        response: Anything that is not an answer.
    """
    found = object_in(response.body) or _xml_values(response.body)
    detail = found.get("AccessDeniedDetail")
    action = detail.get("AuthAction") if isinstance(detail, dict) else ""
    header_id = response.headers.get("x-acs-request-id", "")
    return Facts(
        status=response.status,
        code=plain(found.get("Code"), 100),
        message=plain(found.get("Message")),
        request_id=plain(found.get("RequestId"), 64) or plain(header_id, 64),
        recommend=_link(found.get("Recommend")),
        denied_action=plain(action, 100),
        headers=response.headers,
    )


def _xml_values(body: bytes) -> dict[str, object]:
    text = body[:4096].decode(errors="replace")
    if "<Error>" not in text:
        return {}

    names = ("Code", "Message", "RequestId", "Recommend")
    found = {name: re.search(_XML_VALUE.format(name), text) for name in names}
    return {name: match[1] for name, match in found.items() if match is not None}


def _link(text: object) -> str:
    link = plain(text, 500)
    return link if link.startswith("https://") else ""
