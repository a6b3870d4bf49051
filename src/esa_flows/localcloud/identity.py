"""Who is calling: key, signature, clock, nonce and token, in the gateway's order.

Source: help page "V3 request structure and signature"; codes of the RPC gateway.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime, timedelta

from attrs import define, field

from .dcdn import DCDN
from .refusal import CloudError
from .signature import Claim, check_coverage, check_signature, read_claim
from .state import AccessKey
from .switches import Site
from .values import Request
from .world import World

NONCE_LIFE = timedelta(minutes=15)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_REGIONS: tuple[tuple[str, Site], ...] = (
    (".cn-hangzhou.", "cn"),
    (".ap-southeast-1.", "intl"),
)


@define
class Doorman:
    """Lets authenticated requests in, and each nonce once."""

    world: World
    _nonces: set[tuple[str, str]] = field(factory=set, init=False, repr=False)
    _order: deque[tuple[datetime, tuple[str, str]]] = field(
        factory=deque, init=False, repr=False
    )

    def check(self, request: Request, now: datetime) -> AccessKey:
        """Return the key a request was signed with.

        Raises:
            CloudError: the gateway's code for the first thing that is wrong.
        """
        claim = read_claim(request.header("authorization"))
        check_coverage(request, claim)
        self._check_date(request.header("x-acs-date"), now)
        key = self._key(claim.key_id, request)
        self._check_signature(request, claim, key)
        self._check_token(request, key, now)
        self._check_nonce((key.id, request.header("x-acs-signature-nonce")), now)
        return key

    def _check_signature(self, request: Request, claim: Claim, key: AccessKey) -> None:
        try:
            check_signature(request, claim, key.secret)
        except CloudError as error:
            error.status = self.world.switches.signature_status
            raise

    def _check_date(self, text: str, now: datetime) -> None:
        try:
            date = _moment(text)
        except ValueError:
            raise CloudError(
                "InvalidTimeStamp.Format", "Specified time stamp is not well formatted."
            ) from None

        if abs(now - date) > self.world.switches.clock_skew:
            raise CloudError(
                "InvalidTimeStamp.Expired",
                "Specified time stamp or date value is expired.",
            )

    def _key(self, key_id: str, request: Request) -> AccessKey:
        """Return a key this endpoint's site knows."""
        key = self.world.state.keys.get(key_id)
        if key is None or not self._is_at_home(key, request):
            raise CloudError(
                "InvalidAccessKeyId.NotFound",
                "Specified access key is not found.",
                self.world.switches.unknown_key_status,
            )

        if not key.active:
            raise CloudError(
                "InvalidAccessKeyId.Inactive", "Specified access key is disabled."
            )

        return key

    def _is_at_home(self, key: AccessKey, request: Request) -> bool:
        """Whether the endpoint knows the key: DCDN has one endpoint for both sites."""
        if request.header("x-acs-version") == DCDN.version:
            return True

        return key.site == self._site(request.header("host"))

    def _site(self, host: str) -> Site:
        """Return the site the request's host stands for."""
        for region, site in _REGIONS:
            if region in host:
                return site

        return self.world.switches.site

    def _check_nonce(self, nonce: tuple[str, str], now: datetime) -> None:
        while self._order and self._order[0][0] <= now:
            self._nonces.discard(self._order.popleft()[1])

        if nonce in self._nonces:
            raise CloudError(
                "SignatureNonceUsed", "Specified signature nonce was used already."
            )

        self._nonces.add(nonce)
        self._order.append((now + NONCE_LIFE, nonce))

    def _check_token(self, request: Request, key: AccessKey, now: datetime) -> None:
        """Hold a temporary key's token against the request."""
        status = self.world.switches.token_status
        token = request.header("x-acs-security-token")
        if token != (key.token or ""):
            raise CloudError(
                "InvalidSecurityToken.MismatchWithAccessKey"
                if key.token
                else "InvalidSecurityToken.Malformed",
                "Specified SecurityToken does not belong to the access key.",
                status,
            )

        if key.expires is not None and now >= key.expires:
            raise CloudError(
                "InvalidSecurityToken.Expired",
                "Specified SecurityToken is expired.",
                status,
            )


def _moment(text: str) -> datetime:
    """Read a time stamp as the gateway wants it.

    Raises:
        ValueError: It is written otherwise, or there is no such moment.
    """
    if _DATE.fullmatch(text) is None:
        raise ValueError(text)

    return datetime.fromisoformat(text)
