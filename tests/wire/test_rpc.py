"""The request of one call."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.doubles import HANGZHOU, LOOK, NOW, PROBE, SESSION, Word, header

from esa_flows.errors import InvalidInput
from esa_flows.wire.exchange import Request
from esa_flows.wire.rpc import Call, signed_request
from esa_flows.wire.site import Endpoint


def request_of(call: Call, endpoint: Endpoint = HANGZHOU) -> Request:
    """Sign a call at a fixed time."""
    return signed_request(call, endpoint, SESSION, date=NOW, nonce="n1")


def call_of(**changes: Any) -> Call:
    """Give a call with some parameters."""
    values = {"Name": "hello", "CodeDescription": "v1 + * ~ &=", "DeployEnv": None}
    facts = {
        "operation": "CommitRoutineStagingCode",
        "version": "2024-09-10",
        "verb": Word.CHANGE,
        "parameters": values,
    }
    return Call(**{**facts, **changes})


def test_a_form_is_encoded_as_the_official_sdk_does() -> None:
    """Sorted keys, plus for blank, star escaped, tilde literal; None is absent."""
    request = request_of(call_of())

    assert request.body == b"CodeDescription=v1+%2B+%2A+~+%26%3D&Name=hello"
    assert request.url == "https://esa.cn-hangzhou.aliyuncs.com/"
    assert header(request, "content-type") == "application/x-www-form-urlencoded"


def test_an_empty_value_is_kept() -> None:
    """`Description=` says something else than no description."""
    request = request_of(call_of(parameters={"Description": "", "Name": "a"}))

    assert request.body == b"Description=&Name=a"


def test_a_query_is_sent_as_it_is_signed() -> None:
    """No body, no content type, and %20 for a blank."""
    request = request_of(call_of(where="query"))

    assert request.target == "/?CodeDescription=v1%20%2B%20%2A%20~%20%26%3D&Name=hello"
    assert request.body == b""
    assert header(request, "content-type") == ""


def test_a_call_without_parameters_has_no_content_type() -> None:
    """A GET of the service's state is headers only."""
    request = request_of(PROBE)

    assert (request.method, request.target, request.body) == ("GET", "/", b"")
    assert header(request, "content-type") == ""


def test_operation_version_host_and_session_are_signed_headers() -> None:
    """What identifies the call is signed; what proxies change is not."""
    request = request_of(LOOK, Endpoint.parse("127.0.0.1:8080"))
    authorization = header(request, "authorization")

    assert header(request, "host") == "127.0.0.1:8080"
    assert header(request, "x-acs-action") == "GetRoutine"
    assert header(request, "x-acs-version") == "2024-09-10"
    assert (
        "SignedHeaders=content-type;host;x-acs-accesskey-id;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-security-token;"
        "x-acs-signature-nonce;x-acs-version," in authorization
    )
    assert header(request, "accept") == "application/json"


def test_a_calls_timeout_is_the_requests() -> None:
    """Seconds for the whole exchange."""
    assert request_of(call_of(timeout=3.0)).timeout.total == 3.0


def test_a_call_does_not_show_its_values() -> None:
    """Parameters may hold what a user calls secret."""
    assert "v1 +" not in repr(call_of())


def test_parameters_need_a_place_to_travel() -> None:
    """They would be left out silently."""
    with pytest.raises(InvalidInput, match="nowhere to send them"):
        call_of(where="none")
