"""What every handler works on: state, switches, dice and the secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from .routine import Version
from .state import State
from .switches import Switches
from .values import Dice

_MISSING_OBJECT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>NoSuchKey</Code>\n'
    b"  <Message>The specified key does not exist.</Message>\n</Error>\n"
)
TOKEN_LIFE = timedelta(hours=1)


@define(kw_only=True)
class World:
    """One cloud's belongings.

    Attributes:
        state: what is remembered.
        switches: how undocumented things behave; may be replaced while running.
        dice: the randomness.
        base_url: where API and OSS are reached, without a slash at the end; upload
            forms point below it.
        halted: accounts that have not paid.
        newest_forms: the signature of the form handed out last, by object.
        secret: signs upload forms and preview tokens; never leaves the cloud.
    """

    state: State
    switches: Switches
    dice: Dice
    base_url: str = "http://127.0.0.1:8080"
    secret: str = field(repr=False)
    halted: set[str] = field(factory=set)
    newest_forms: dict[str, str] = field(factory=dict, init=False, repr=False)

    @property
    def missing_object(self) -> bytes:
        """What stands where a version's code should, when its object is gone."""
        return _MISSING_OBJECT

    def uuid(self) -> str:
        """Return a request id: an upper-case UUID."""
        text = f"{self.dice.getrandbits(128):032X}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def span(self, seconds: float | tuple[float, float]) -> float:
        """Return the seconds, or a throw between both ends of a range."""
        if isinstance(seconds, tuple):
            low, high = seconds
            return low + (high - low) * self.dice.random()

        return seconds

    def shown(self, version: str) -> str | int:
        """Return a version id as the answer shows it: text, or as a switch says."""
        if self.switches.rounded_ids:
            return self.rounded(version)

        return int(version) if self.switches.numeric_ids else version

    @staticmethod
    def rounded(version: str) -> int:
        """Return a version id as a JavaScript tool would print it."""
        digits = repr(float(version)).partition("e")[0].replace(".", "")
        return int(digits.ljust(len(version), "0"))

    def service_status(self, account: str) -> str:
        """Return ``Running`` where a call opened the service, else the switch's."""
        return (
            "Running" if account in self.state.opened else self.switches.service_status
        )

    def is_open(self, account: str) -> bool:
        """Whether an account may use edge functions."""
        return self.service_status(account) in {"Running", "online"}

    def unready(self, version: Version, now: datetime) -> bool:
        """Whether a deployment of this version is refused."""
        if self.switches.deploy_unready == "accept":
            return False

        return version.status(now) != "available"

    def preview_token(self, routine: str, now: datetime) -> str:
        """Return a token in the shape of the provider's: HS256, good for one hour."""
        claims = {"routine": routine, "exp": int((now + TOKEN_LIFE).timestamp())}
        signed = f"{_text({'alg': 'HS256', 'typ': 'JWT'})}.{_text(claims)}"
        return f"{signed}.{self._seal(signed)}"

    def token_opens(self, token: str, routine: str, now: datetime) -> bool:
        """Whether a preview token is ours, for this routine and still good."""
        signed, _, seal = token.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(signed).encode()):
            return False

        claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        return bool(claims["routine"] == routine and claims["exp"] > now.timestamp())

    def _seal(self, text: str) -> str:
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _text(value: dict[str, Any]) -> str:
    """Return compact JSON in URL-safe Base64 without padding."""
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
