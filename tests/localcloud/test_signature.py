"""The verifier, held against published vectors and captured requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import evolve

from esa_flows.localcloud import CloudError, Request
from esa_flows.localcloud.signature import (
    canonical_query,
    canonical_request,
    check_coverage,
    check_signature,
    read_claim,
    string_to_sign,
)

from .desk import desk

VECTORS: list[dict[str, Any]] = json.loads(
    Path("tests/samples/signature_vectors.json").read_text(encoding="utf-8")
)["vectors"]


def request_of(vector: dict[str, Any]) -> Request:
    """Return a vector as the request a server sees."""
    told = vector["input"]
    url = vector.get("wire", {}).get("url", "")
    query = urlsplit(url).query or "&".join(
        f"{name}={value}" for name, value in told["query"].items()
    )
    return Request(
        method=told["method"],
        target=f"{told['path']}?{query}" if query else told["path"],
        headers=(
            *told["headers"].items(),
            ("Authorization", vector["expected"]["authorization"]),
        ),
        body=told["body"].encode(),
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors_verify(vector: dict[str, Any]) -> None:
    """All three texts are those of the official SDKs."""
    request = request_of(vector)
    claim = read_claim(request.header("authorization"))
    canonical = canonical_request(request, claim.signed)
    check_signature(request, claim, vector["input"]["access_key_secret"])

    assert vector["expected"]["canonical_request"] == canonical
    assert vector["expected"]["string_to_sign"] == string_to_sign(canonical)


def test_query_is_decoded_sorted_and_encoded_again() -> None:
    """Plus and percent-twenty are the same blank; an empty value stays."""
    assert canonical_query("m=*~%2f&Z=&A=a+b") == "A=a%20b&Z=&m=%2A~%2F"


def test_values_are_stripped_and_joined() -> None:
    """Several values of one header are sorted and joined by a comma."""
    request = Request(
        method="GET", target="/", headers=(("x-acs-a", " 2 "), ("x-acs-a", "1"))
    )

    assert "\nx-acs-a:1,2\n\n" in canonical_request(request, ("x-acs-a",))


@pytest.mark.parametrize(
    "header",
    ["", "Basic abc", "ACS3-HMAC-SHA256 Credential=a", "ACS4 Credential=a,Signature=b"],
)
def test_other_authorizations_are_incomplete(header: str) -> None:
    """Only a whole ACS3 header is read."""
    with pytest.raises(CloudError, match="no ACS3-HMAC-SHA256 authorization header"):
        read_claim(header)


def test_a_demanded_header_must_be_there() -> None:
    """Without a date there is no signature worth the name."""
    request = desk().request("GetErService")
    headers = tuple(item for item in request.headers if item[0] != "x-acs-date")
    claim = read_claim(request.header("authorization"))

    with pytest.raises(CloudError, match="the header x-acs-date is missing"):
        check_coverage(evolve(request, headers=headers), claim)


@pytest.mark.parametrize("name", ["x-acs-extra", "host", "content-type"])
def test_what_must_be_signed_is_signed(name: str) -> None:
    """A header of the demanded set that the signature leaves out is refused."""
    request = desk().request("GetRoutine", Name="hello")
    request = evolve(request, headers=(*request.headers, ("x-acs-extra", "1")))
    claim = read_claim(request.header("authorization"))
    signed = {*claim.signed, "x-acs-extra"} - {name}

    with pytest.raises(CloudError, match=f"the header {name} is not signed"):
        check_coverage(request, evolve(claim, signed=tuple(sorted(signed))))


def test_the_type_of_an_empty_body_need_not_be_signed() -> None:
    """One official client's HTTP layer adds it behind the signer's back."""
    request = desk().request("GetErService")
    claim = read_claim(request.header("authorization"))
    signed = tuple(name for name in claim.signed if name != "content-type")

    check_coverage(request, evolve(claim, signed=signed))


@pytest.mark.parametrize(
    "change",
    [{"body": b"Name=other"}, {"target": "/?a=b"}, {"method": "GET"}],
    ids=["body", "query", "method"],
)
def test_a_changed_request_does_not_match(change: dict[str, Any]) -> None:
    """Every part of a request is under its signature."""
    made = desk()
    request = evolve(made.request("GetRoutine", Name="hello"), **change)
    claim = read_claim(request.header("authorization"))

    with pytest.raises(CloudError, match="server string to sign is:'ACS3-HMAC-SHA256"):
        check_signature(request, claim, made.key.secret)
