"""Our signatures are those of the official tools."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from esa_flows.wire.credentials import Credentials
from esa_flows.wire.signer import canonical_query, canonical_request, sign

SAMPLES = Path(__file__).parent.parent / "samples" / "signature_vectors.json"
VECTORS = json.loads(SAMPLES.read_text())["vectors"]
OURS = {
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
    "x-acs-accesskey-id",
    "x-acs-security-token",
}


def _signed(vector: dict[str, Any]) -> dict[str, str]:
    """Sign what a vector describes: its signed headers, without those we add."""
    given = vector["input"]
    named = vector["expected"]["authorization"].split("SignedHeaders=")[1]
    names = set(named.split(",")[0].split(";")) - OURS
    headers = {name.lower(): text for name, text in given["headers"].items()}
    return sign(
        method=given["method"],
        query=given["query"],
        headers={name: headers[name] for name in names},
        body=given["body"].encode(),
        credentials=Credentials(
            access_key_id=given["access_key_id"],
            access_key_secret=given["access_key_secret"],
            security_token=given.get("security_token"),
        ),
        date=dt.datetime.fromisoformat(headers["x-acs-date"]),
        nonce=headers["x-acs-signature-nonce"],
    )


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_every_published_vector_is_reproduced(vector: dict[str, Any]) -> None:
    """Our signatures are those of the official SDKs and of the documentation."""
    headers = _signed(vector)
    given = vector["input"]["headers"]

    assert vector["expected"]["authorization"] == headers["authorization"]
    assert given.get("x-acs-security-token") == headers.get("x-acs-security-token")
    assert given["x-acs-date"] == headers["x-acs-date"]


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_every_canonical_request_is_reproduced(vector: dict[str, Any]) -> None:
    """The text that is signed agrees line by line."""
    headers = _signed(vector)
    headers.pop("authorization")
    text = canonical_request(
        method=vector["input"]["method"],
        query=vector["input"]["query"],
        headers=headers,
        digest=headers["x-acs-content-sha256"],
    )

    assert vector["expected"]["canonical_request"] == text


def test_headers_are_signed_by_lower_name_and_bare_value() -> None:
    """Case of names and blanks around values do not matter."""
    vector = VECTORS[0]
    plain = _signed(vector)
    vector["input"]["headers"]["Host"] = f"  {vector['input']['headers'].pop('host')} "

    assert plain == _signed(vector)


def test_the_date_is_sent_in_utc() -> None:
    """Whatever zone the clock has, the provider reads UTC."""
    zone = dt.timezone(dt.timedelta(hours=8))
    headers = sign(
        method="GET",
        query={},
        headers={"host": "h"},
        body=b"",
        credentials=Credentials(access_key_id="LTAI5tFake", access_key_secret="s"),
        date=dt.datetime(2026, 1, 2, 11, 4, 5, tzinfo=zone),
        nonce="n",
    )

    assert headers["x-acs-date"] == "2026-01-02T03:04:05Z"


def test_a_query_is_sorted_and_strictly_encoded() -> None:
    """Blank, star and slash are escaped, tilde is not; `=` stays without a value."""
    assert canonical_query({"B": "", "A": "a b*c~d/e"}) == "A=a%20b%2Ac~d%2Fe&B="
