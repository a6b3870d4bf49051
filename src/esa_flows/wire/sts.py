"""Take on a RAM role: temporary credentials from STS.

Source: STS API 2015-04-01, AssumeRole: `RoleArn`, `RoleSessionName`, `DurationSeconds`
(900 to 43200), `Policy`, `ExternalId`; the answer holds `Credentials` with
`AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from attrs import define, field, frozen

from esa_flows import trace
from esa_flows.errors import InvalidInput
from esa_flows.wire.credentials import Credentials, CredentialSource, Forgetful
from esa_flows.wire.refresh import Refreshing
from esa_flows.wire.rpc import Call, signed_request
from esa_flows.wire.session import ask, session_of_sts
from esa_flows.wire.site import Endpoint
from esa_flows.wire.transport import Transport

__all__ = ["AssumedRole", "Role"]

_SHORTEST = 900
_LONGEST = 43_200
_OPERATION = "AssumeRole"


@frozen(kw_only=True)
class _AssumeRole:
    """The verb of this call: it changes nothing."""

    name: str = "assume role"
    mutates: bool = False


def _role_arn(_role: object, _attribute: object, value: str) -> None:
    if not re.fullmatch(r"acs:ram::\d+:role/\S+", value):
        raise InvalidInput(
            f"{value!r} is not a role: write acs:ram::<account id>:role/<name>."
        )


def _session_name(_role: object, _attribute: object, value: str) -> None:
    if not re.fullmatch(r"[\w.@=-]{2,64}", value, re.ASCII):
        raise InvalidInput(
            f"{value!r} is not a session name: STS takes 2 to 64 letters, digits"
            " and . @ = - _"
        )


def _duration(_role: object, _attribute: object, value: int) -> None:
    if not _SHORTEST <= value <= _LONGEST:
        raise InvalidInput(
            f"A session of {value} s is not possible: STS gives"
            f" {_SHORTEST} to {_LONGEST} s."
        )


@frozen(kw_only=True)
class Role:
    """A RAM role and how to take it on.

    Attributes:
        arn: Such as ``acs:ram::1234567890123456:role/releaser``.
        session: What the audit log shows.
        duration: Seconds the credentials live.
        policy: Narrows what the session may do; JSON, empty for no narrowing.
        external_id: What the role's owner asks for, if anything.
    """

    arn: str = field(validator=_role_arn)
    session: str = field(default="esa-flows", validator=_session_name)
    duration: int = field(default=3600, validator=_duration)
    policy: str = field(default="", repr=False)
    external_id: str = field(default="", repr=False)

    def parameters(self) -> dict[str, str | None]:
        """Give what every way to take on a role tells STS; `None` is left out."""
        return {
            "DurationSeconds": str(self.duration),
            "Policy": self.policy or None,
            "RoleArn": self.arn,
            "RoleSessionName": self.session,
        }


@define(repr=False, eq=False)
class AssumedRole:
    """The credentials of a role, refreshed before they expire.

    Args:
        role: The role to take on.
        base: Who takes it on.
        transport: Carries the request.
        endpoint: Of STS.
        now: The wall clock, with a time zone.
        nonce: Gives a text never used before.
        source: Where the role was named, in words.
    """

    _role: Role
    _base: CredentialSource = field(kw_only=True)
    _transport: Transport = field(kw_only=True)
    _endpoint: Endpoint = field(kw_only=True)
    _now: Callable[[], dt.datetime] = field(kw_only=True)
    _nonce: Callable[[], str] = field(kw_only=True)
    _source: str = field(kw_only=True, default="given by the program")
    _kept: Refreshing = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with nothing fetched."""
        self._kept = Refreshing(self._assume, now=self._now)

    async def get(self) -> Credentials:
        """Give the role's credentials.

        Raises:
            CallError: STS did not give any.
            NoCredentials: Nobody can take on the role.
        """
        return await self._kept.get()

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` takes on the role again."""
        self._kept.forget(refused)
        if isinstance(self._base, Forgetful):
            self._base.forget(refused)

    def __repr__(self) -> str:
        return f"<AssumedRole {self._role.arn}>"

    async def _assume(self) -> Credentials:
        base = await self._base.get()
        request = signed_request(
            _call(self._role),
            self._endpoint,
            base,
            date=self._now(),
            nonce=self._nonce(),
        )
        with trace.call_span(_OPERATION, host=self._endpoint.host):
            response = await ask(self._transport, request, "STS", operation=_OPERATION)
            return session_of_sts(
                response,
                _OPERATION,
                source=f"{self._source}, role {self._role.arn}",
                redact=base.redact,
            )


def _call(role: Role) -> Call:
    return Call(
        operation=_OPERATION,
        version="2015-04-01",
        verb=_AssumeRole(),
        parameters={**role.parameters(), "ExternalId": role.external_id or None},
    )
