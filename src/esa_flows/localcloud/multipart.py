"""A small strict reader of ``multipart/form-data``.

Source: RFC 7578 and RFC 2046 section 5.1. Order is kept, because OSS treats what
stands before and after ``file`` differently. A part's content is the exact bytes
between its blank line and the next delimiter.
"""

from __future__ import annotations

import re

from attrs import field, frozen

from .refusal import CloudError

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([a-zA-Z]+)="([^"]*)"')
_CRLF = b"\r\n"


@frozen(kw_only=True)
class Part:
    """One field of a form."""

    name: str
    filename: str = ""
    content_type: str = ""
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The content as UTF-8; wrong bytes are replaced."""
        return self.content.decode(errors="replace")


def malformed(why: str) -> CloudError:
    """Return the refusal of a body that is no form."""
    return CloudError(
        "MalformedPOSTRequest",
        f"The body of your POST request is not well-formed multipart/form-data: {why}.",
    )


def read_form(content_type: str, body: bytes) -> list[Part]:
    """Take a form apart.

    Args:
        content_type: the header, which names the boundary.
        body: the whole body.

    Returns:
        The parts in order.

    Raises:
        CloudError: ``MalformedPOSTRequest`` saying what is wrong.
    """
    match = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or match is None:
        raise malformed("the content type names no boundary")

    delimiter = b"--" + (match[1] or match[2]).encode()
    if not body.startswith(delimiter):
        raise malformed("the body does not begin with the boundary")

    first, *rest = (_CRLF + body).split(_CRLF + delimiter)[1:]
    chunks = [first, *rest]
    if not chunks[-1].startswith(b"--"):
        raise malformed("the closing boundary is missing")

    return [_part(chunk) for chunk in chunks[:-1]]


def _part(chunk: bytes) -> Part:
    """Read one part: headers, a blank line, content."""
    head, blank, content = chunk.partition(_CRLF + _CRLF)
    if not blank:
        raise malformed("a part has no blank line after its headers")

    headers = _headers(head)
    disposition = headers.get("content-disposition", "")
    parameters = dict(_PARAMETER.findall(disposition))
    if not disposition.startswith("form-data") or "name" not in parameters:
        raise malformed("a part has no form-data name")

    return Part(
        name=parameters["name"],
        filename=parameters.get("filename", ""),
        content_type=headers.get("content-type", ""),
        content=content,
    )


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode(errors="replace").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
