"""Reading what came back from a stranger."""

from __future__ import annotations

import pytest

from esa_flows.wire.exchange import Response
from esa_flows.wire.reply import Facts, facts_of, object_in, plain


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"id": 1723599747213377175}', {"id": 1723599747213377175}),
        (b'{"id": 1.7235997472133772e+18}', {"id": "1.7235997472133772e+18"}),
        (b'{"x": NaN}', {"x": "NaN"}),
        (b'{"a": 1, "a": 2}', None),
        (b'{"b": [{"a": 1, "a": 1}]}', None),
        (b'{"a": 1, "A": 2}', {"a": 1, "A": 2}),
        (b"[1]", None),
        (b'"text"', None),
        (b"", None),
        (b'{"a": ', None),
        (b"<html>502</html>", None),
        (b"\xff\xfe\x00", None),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
        (b'{"a": ' + b"9" * 5000 + b"}", None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_only_a_json_object_is_an_object(
    body: bytes, value: dict[str, object] | None
) -> None:
    """No id passes a float; whatever else comes is nothing, and never a crash."""
    assert object_in(body) == value


def test_facts_of_the_documented_shape() -> None:
    """Code, message, request id, link, and the RAM action where it is told."""
    body = (
        b'{"RequestId":"R-1","HostId":"h","Code":"Forbidden.RAM","Message":"no",'
        b'"Recommend":"https://api.example/x",'
        b'"AccessDeniedDetail":{"AuthAction":"esa:GetRoutine"}}'
    )
    facts = facts_of(Response.of(403, body))

    assert facts == Facts(
        status=403,
        code="Forbidden.RAM",
        message="no",
        request_id="R-1",
        recommend="https://api.example/x",
        denied_action="esa:GetRoutine",
        headers={},
    )


def test_facts_of_an_xml_error() -> None:
    """Older gateways answer in XML."""
    body = (
        b'<?xml version="1.0"?><Error><Code> Throttling </Code>'
        b"<Message>slow\ndown</Message><RequestId>R-2</RequestId></Error>"
    )
    facts = facts_of(Response.of(400, body))

    assert (facts.code, facts.message, facts.request_id) == (
        "Throttling",
        "slow down",
        "R-2",
    )


def test_facts_of_a_page() -> None:
    """A proxy's page has no facts, but the header may name the call."""
    facts = facts_of(Response.of(502, b"<html></html>", x_acs_request_id="R-3"))

    assert facts == Facts(
        status=502, request_id="R-3", headers={"x-acs-request-id": "R-3"}
    )


def test_wrong_types_are_no_facts() -> None:
    """A number is no code; a link that is no https link is dropped."""
    body = b'{"Code": 7, "Message": [], "Recommend": "javascript:x", "RequestId": null}'
    facts = facts_of(Response.of(400, body))

    assert facts == Facts(status=400, headers={})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x1b[0m", "a [31mred [0m"),
        ("two\r\nlines", "two lines"),
        ("right\u202eleft", "right left"),
        ("函数", "函数"),
        (None, ""),
        (12, ""),
    ],
)
def test_a_strangers_text_cannot_move_the_cursor(text: object, shown: str) -> None:
    """Control characters and direction marks become blanks."""
    assert plain(text) == shown


def test_a_long_text_is_cut() -> None:
    """Three hundred characters are enough for a sentence."""
    text = plain("x" * 1000)

    assert len(text) == 300
    assert text.endswith("…")
