"""What a bundle would answer, read from its text: no JavaScript is run.

The first ``new Response(…)`` with a literal body (a quoted string, or a template
without ``${}``) is taken, with the literal ``status`` and ``headers`` of its second
argument. Conditions, paths and code around it are not understood. A bundle without
such a literal answers 200 with an empty body.
"""

from __future__ import annotations

import re

from attrs import frozen

from .values import Headers

_RESPONSE = re.compile(
    r"""new\s+Response\s*\(\s*
    (?: (?P<null>null)
      | "(?P<double>(?:[^"\\\n]|\\.)*)"
      | '(?P<single>(?:[^'\\\n]|\\.)*)'
      | `(?P<template>(?:[^`\\$]|\\.|\$(?!\{))*)`
    )
    \s*(?P<more>,\s*\{)?""",
    re.VERBOSE | re.DOTALL,
)
_STATUS = re.compile(r"\bstatus\s*:\s*([1-5]\d\d)\b")
_HEADERS = re.compile(r"\bheaders\s*:\s*\{([^}]*)\}")
_PAIR = re.compile(
    r"""(?:"([^"\n]+)"|'([^'\n]+)'|([\w-]+))\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)')"""
)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding", "upgrade"})
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\n|.)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0", "\n": ""}


@frozen(kw_only=True)
class Answer:
    """The literal a bundle answers with."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""


def read_answer(source: bytes) -> Answer:
    """Return the answer a bundle's text shows."""
    text = source.decode(errors="replace")
    match = _RESPONSE.search(text)
    if match is None:
        return Answer()

    literal = match["double"] or match["single"] or match["template"] or ""
    body = _ESCAPE.sub(_unescape, literal).encode(errors="replace")
    init = _init(text, match.end()) if match["more"] else ""
    status = _STATUS.search(init)
    return Answer(
        status=int(status[1]) if status else 200, headers=_headers(init), body=body
    )


def _init(text: str, start: int) -> str:
    """Return the second argument's text up to its closing brace."""
    depth = 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[start:index]

    return text[start:]


def _headers(init: str) -> Headers:
    block = _HEADERS.search(init)
    if block is None:
        return ()

    pairs = (match.groups(default="") for match in _PAIR.finditer(block[1]))
    told = ((a or b or c, (d or e).strip()) for a, b, c, d, e in pairs)
    return tuple((name, value) for name, value in told if _is_header(name, value))


def _is_header(name: str, value: str) -> bool:
    """Whether a header can be sent; those that frame a message cannot."""
    if name.lower() in _FRAMING:
        return False

    return bool(_NAME.fullmatch(name) and _VALUE.fullmatch(value))


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        return chr(int(code[1:], 16))

    return _SHORT.get(code, code)
