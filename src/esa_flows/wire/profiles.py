"""Take credentials from a profile of the official command line tool.

Source: `~/.aliyun/config.json` as `aliyun configure` writes it, and the variables
``ALIBABA_CLOUD_PROFILE`` and ``ALIBABA_CLOUD_CLI_PROFILE_DISABLED`` of the official
credential chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire.credentials import CredentialSource
from esa_flows.wire.entry import (
    Entry,
    Kind,
    ecs_role,
    key,
    kind_named,
    oidc_role,
    role_of,
    role_of_key,
    session,
)
from esa_flows.wire.lookup import Lookup
from esa_flows.wire.reply import object_in, plain
from esa_flows.wire.surroundings import Surroundings

__all__ = ["CliProfile"]

_FILE = "~/.aliyun/config.json"
_OFF = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"
_CHAINED = "ChainableRamRoleArn"


class CliProfile(Lookup):
    """The profile in use of ``~/.aliyun/config.json``."""

    async def _look(self) -> CredentialSource:
        around = self._around
        if around.is_on(_OFF):
            raise NoCredentials(f"{_FILE}: switched off by {_OFF}.")

        path = around.home / ".aliyun" / "config.json"
        config = object_in((await around.contents(path, _FILE)).encode())
        if config is None:
            raise InvalidInput(f"{_FILE}: it is not a JSON object.")

        wanted = around.variable("ALIBABA_CLOUD_PROFILE") or config.get("current")
        return _opened((str(wanted or "default"),), config, around)


_MODES: Mapping[str, Kind] = MappingProxyType(
    {
        "AK": key,
        "StsToken": session,
        "RamRoleArn": role_of_key,
        "EcsRamRole": ecs_role,
        "OIDC": oidc_role,
    }
)


def _opened(
    names: tuple[str, ...], config: Mapping[str, object], around: Surroundings
) -> CredentialSource:
    """Open the last of some profiles, each of which is the source of the one before."""
    entry = _entry(names[-1], config)
    mode = entry.text("mode") or "AK"
    if mode != _CHAINED:
        return kind_named(mode, _MODES, entry)(entry, around)

    below = entry.needed("source_profile")
    if below in names:
        raise InvalidInput(f"{entry.source}: its source_profile leads back to itself.")

    try:
        base = _opened((*names, below), config, around)
    except NoCredentials as error:
        raise InvalidInput(f"{entry.source}: its source: {error.message}") from error

    return role_of(entry, around, base=base)


def _entry(name: str, config: Mapping[str, object]) -> Entry:
    profiles = config.get("profiles")
    for profile in profiles if isinstance(profiles, list) else []:
        if isinstance(profile, dict) and profile.get("name") == name:
            return Entry(values=profile, source=f"profile {plain(name)!r} of {_FILE}")

    raise NoCredentials(f"{_FILE}: it has no profile {plain(name)!r}.")
