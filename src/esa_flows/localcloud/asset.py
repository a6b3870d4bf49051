"""Assets at the edge: a path is a file; an application with one page has one answer.

An asset goes before the code. A path without an asset goes to the code; where the
version has none, or where a browser navigates, ``SinglePageApplication`` answers with
``index.html``. The order is a guess: the provider documents the strategy's name only.
"""

from __future__ import annotations

from mimetypes import MimeTypes
from urllib.parse import unquote

from .routine import Version
from .script import Answer
from .values import Request

_INDEX = "index.html"
_TYPES = MimeTypes()  # the built-in table, whatever the machine has installed


def asset_reply(version: Version, request: Request) -> Answer | None:
    """Return what a version's assets answer; None where its code answers."""
    if not version.assets:
        return None

    path = unquote(request.path).lstrip("/")
    for name in (path or _INDEX, f"{path.rstrip('/')}/{_INDEX}"):
        if name in version.assets:
            return _file(version, name)

    navigates = request.header("sec-fetch-mode") == "navigate"
    if version.content and not navigates:
        return None

    if (
        version.not_found.lower() == "singlepageapplication"
        and _INDEX in version.assets
    ):
        return _file(version, _INDEX)

    return None if version.content else Answer(status=404, body=b"Not Found\n")


def _file(version: Version, name: str) -> Answer:
    kind = _TYPES.guess_type(name)[0] or "application/octet-stream"
    return Answer(headers=(("content-type", kind),), body=version.assets[name])
