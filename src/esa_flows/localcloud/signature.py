"""ACS3-HMAC-SHA256 as the server checks it, written apart from every client's signer.

The verifier takes the list of signed headers as sent, insists on the ones that must be
signed, and computes everything else from what arrived: the digest from the body, the
query by decoding and encoding it again.
Source: help page "V3 request structure and signature" of Alibaba Cloud SDK.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote

from attrs import frozen

from .refusal import CloudError
from .values import Request

ALGORITHM = "ACS3-HMAC-SHA256"
_CLAIM = re.compile(
    rf"{ALGORITHM} +Credential=([^,]+),\s*SignedHeaders=([^,]*),\s*Signature=([^,]+)"
)
_DEMANDED = (
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)


@frozen(kw_only=True)
class Claim:
    """What an ``Authorization`` header says."""

    key_id: str
    signed: tuple[str, ...]
    signature: str


def incomplete(why: str) -> CloudError:
    """Return the refusal of a request whose signature lacks a part."""
    return CloudError(
        "IncompleteSignature",
        f"The request signature does not conform to Alibaba Cloud standards: {why}.",
    )


def read_claim(authorization: str) -> Claim:
    """Read the header ``Authorization``.

    Raises:
        CloudError: ``IncompleteSignature``, also for every other algorithm.
    """
    match = _CLAIM.fullmatch(authorization.strip())
    if match is None:
        raise incomplete("no ACS3-HMAC-SHA256 authorization header")

    key_id, signed, signature = match.groups()
    return Claim(key_id=key_id, signed=tuple(signed.split(";")), signature=signature)


def check_coverage(request: Request, claim: Claim) -> None:
    """Insist that everything that must be signed is there and is signed.

    Raises:
        CloudError: ``IncompleteSignature`` naming the header.
    """
    present = {name for name, _ in request.headers}
    for name in _DEMANDED:
        if name not in present:
            raise incomplete(f"the header {name} is missing")

    signed = set(claim.signed)
    for name in present:
        # one official client's HTTP layer types an empty body, unsigned
        typed = name == "content-type" and bool(request.body)
        must = name == "host" or typed or name.startswith("x-acs-")
        if must and name not in signed:
            raise incomplete(f"the header {name} is not signed")


def canonical_query(query: str) -> str:
    """Return the query in its canonical form: decoded, sorted, encoded again."""
    if not query:
        return ""

    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs)


def canonical_request(request: Request, signed: tuple[str, ...]) -> str:
    """Return the text whose digest is signed."""
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name, []).append(value.strip())

    lines = [f"{name}:{','.join(sorted(values.get(name, [''])))}\n" for name in signed]
    return "\n".join(
        (
            request.method,
            request.path,
            canonical_query(request.query),
            "".join(lines),
            ";".join(signed),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def string_to_sign(canonical: str) -> str:
    """Return the two lines the secret signs."""
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def check_signature(request: Request, claim: Claim, secret: str) -> None:
    """Compare the claimed signature with ours.

    Raises:
        CloudError: ``SignatureDoesNotMatch`` with our string to sign, as the gateway.
    """
    text = string_to_sign(canonical_request(request, claim.signed))
    ours = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    if hmac.compare_digest(ours.encode(), claim.signature.encode()):
        return

    raise CloudError(
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. "
        f"server string to sign is:{text!r}",
    )
