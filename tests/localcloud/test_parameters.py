"""Query, form and JSON are one mapping."""

from __future__ import annotations

import pytest

from esa_flows.localcloud import CloudError, Request
from esa_flows.localcloud.parameters import merge_parameters

FORM = (("content-type", "application/x-www-form-urlencoded"),)
JSON = (("content-type", "application/json; charset=utf-8"),)


def test_the_form_wins_over_the_query() -> None:
    """A name in both places has the body's value."""
    request = Request(
        method="POST", target="/?Name=query&Env=a+b", headers=FORM, body=b"Name=form"
    )

    assert merge_parameters(request) == {"Name": "form", "Env": "a b"}


def test_empty_values_are_absent() -> None:
    """Clients send a name without a value for what they do not set."""
    request = Request(
        method="POST", target="/?RegionId=", headers=FORM, body=b"Name=&Env=x"
    )

    assert merge_parameters(request) == {"Env": "x"}


def test_json_members_keep_their_types() -> None:
    """A member may be an object; null and empty ones are absent."""
    body = b'{"Name":"hello","ConfOptions":{"A":1},"B":null,"C":""}'
    request = Request(method="POST", target="/?Name=q", headers=JSON, body=body)

    assert merge_parameters(request) == {"Name": "hello", "ConfOptions": {"A": 1}}


@pytest.mark.parametrize("body", [b"[1]", b"{", b""])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    """A JSON body is an object of parameters."""
    request = Request(method="POST", target="/", headers=JSON, body=body)

    with pytest.raises(CloudError, match="The body is not a JSON object"):
        merge_parameters(request)


def test_a_body_of_unknown_type_is_ignored() -> None:
    """Parameters are read only from the types clients use."""
    request = Request(method="POST", target="/", body=b"Name=hello")

    assert merge_parameters(request) == {}
