"""Take credentials from a profile of the official command line tool.

Source: `~/.aliyun/config.json` as `aliyun configure` writes it, and the variables
``ALIBABA_CLOUD_PROFILE`` and ``ALIBABA_CLOUD_CLI_PROFILE_DISABLED`` of the official
credential chain. The modes AK, StsToken and RamRoleArn are read; another mode is
refused by name: a profile passed over silently would end in the wrong account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from attrs import define, field

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.files import read_text
from esa_flows.wire.credentials import (
    Credentials,
    CredentialSource,
    Forgetful,
    Static,
)
from esa_flows.wire.reply import object_in, plain
from esa_flows.wire.site import Network, sts_endpoint
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.transport import Transport

__all__ = ["CliProfile"]

Profile = Mapping[str, object]


@define(repr=False, eq=False)
class CliProfile:
    """The profile in use of ``~/.aliyun/config.json``; read once, again when refused.

    Args:
        environ: For the profile's name and the switch that turns this source off.
        home: The folder that holds ``.aliyun``.
        transport: Carries the request for a role's credentials.
        now: The wall clock, with a time zone.
        nonce: Gives a text never used before.
        network: From where STS is reached.
        read_text: Reads a file.
    """

    _environ: Mapping[str, str] = field(kw_only=True)
    _home: Path = field(kw_only=True)
    _transport: Transport = field(kw_only=True)
    _now: Callable[[], dt.datetime] = field(kw_only=True)
    _nonce: Callable[[], str] = field(kw_only=True)
    _network: Network = field(kw_only=True, default=Network.PUBLIC)
    _read_text: Callable[[Path], Awaitable[str]] = field(
        kw_only=True, default=read_text
    )
    _found: CredentialSource | None = field(init=False, default=None)

    async def get(self) -> Credentials:
        """Give the credentials of the profile.

        Raises:
            NoCredentials: There is no usable profile; the message says why.
            CallError: STS did not give the role's credentials.
        """
        if self._found is None:
            self._found = await self._look()

        return await self._found.get()

    def forget(self, refused: Credentials) -> None:
        """Read the file again; somebody may have signed in again meanwhile."""
        if isinstance(self._found, Forgetful):
            self._found.forget(refused)
            return

        self._found = None

    def __repr__(self) -> str:
        return f"<CliProfile {self._environ.get('ALIBABA_CLOUD_PROFILE', 'current')}>"

    async def _look(self) -> CredentialSource:
        if (
            self._environ.get("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "").lower()
            == "true"
        ):
            raise NoCredentials(
                "~/.aliyun/config.json: switched off by"
                " ALIBABA_CLOUD_CLI_PROFILE_DISABLED."
            )

        try:
            text = await self._read_text(self._home / ".aliyun" / "config.json")
        except (InvalidInput, OSError) as error:
            raise NoCredentials(
                "~/.aliyun/config.json: there is no such file, or it cannot be read."
            ) from error

        return self._source(*_profile_in(text, self._environ))

    def _source(self, name: str, profile: Profile) -> CredentialSource:
        source = f"profile {name!r} of ~/.aliyun/config.json"
        match _text(profile, "mode") or "AK":
            case "AK":
                return Static(_key_of(profile, source, token=""))
            case "StsToken":
                token = _needed(profile, "sts_token", source)
                return Static(_key_of(profile, source, token=token))
            case "RamRoleArn":
                return self._role(profile, source)
            case mode:
                raise _not_supported(plain(mode), source)

    def _role(self, profile: Profile, source: str) -> AssumedRole:
        base = _key_of(profile, source, token=_text(profile, "sts_token"))
        seconds = profile.get("expired_seconds")
        role = Role(
            arn=_needed(profile, "ram_role_arn", source),
            session=_text(profile, "ram_session_name") or "esa-flows",
            duration=seconds if isinstance(seconds, int) and seconds else 3600,
            policy=_text(profile, "policy"),
            external_id=_text(profile, "external_id"),
        )
        return AssumedRole(
            role,
            base=Static(base),
            transport=self._transport,
            endpoint=sts_endpoint(_sts_region(profile, self._network), self._network),
            now=self._now,
            nonce=self._nonce,
            source=source,
        )


def _not_supported(mode: str, source: str) -> NoCredentials:
    return NoCredentials(
        f"{source}: its mode {mode} is not supported.",
        next_move=(
            "Use a profile of mode AK, StsToken or RamRoleArn, or set the variables"
            " ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and"
            " ALIBABA_CLOUD_SECURITY_TOKEN."
        ),
    )


def _profile_in(text: str, environ: Mapping[str, str]) -> tuple[str, Profile]:
    config = object_in(text.encode())
    if config is None:
        raise NoCredentials("~/.aliyun/config.json: it is not a JSON object.")

    wanted = environ.get("ALIBABA_CLOUD_PROFILE") or _text(config, "current")
    name = wanted or "default"
    profiles = config.get("profiles")
    for profile in profiles if isinstance(profiles, list) else []:
        if isinstance(profile, dict) and profile.get("name") == name:
            return plain(name), profile

    raise NoCredentials(f"~/.aliyun/config.json: it has no profile {plain(name)!r}.")


def _key_of(profile: Profile, source: str, *, token: str) -> Credentials:
    return Credentials(
        access_key_id=_needed(profile, "access_key_id", source),
        access_key_secret=_needed(profile, "access_key_secret", source),
        security_token=token,
        source=source,
    )


def _needed(profile: Profile, name: str, source: str) -> str:
    text = _text(profile, name)
    if not text:
        raise NoCredentials(f"{source}: it has no {name}.")

    return text


def _sts_region(profile: Profile, network: Network) -> str:
    # The central endpoint of STS cannot be reached from inside a VPC.
    fallback = _text(profile, "region_id") if network is Network.VPC else ""
    return _text(profile, "sts_region") or fallback


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""
