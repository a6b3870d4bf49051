"""Take credentials from ``credentials.ini``, the file of the official SDKs.

Source: the official credential chain: the file ``ALIBABA_CLOUD_CREDENTIALS_FILE``, else
`~/.alibabacloud/credentials.ini`; the section ``ALIBABA_CLOUD_PROFILE``, else
``default``; what follows a ``#`` in a value is a comment.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
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
    role_of_key,
)
from esa_flows.wire.lookup import Lookup
from esa_flows.wire.reply import plain

__all__ = ["CredentialsFile"]

_PROFILE = "ALIBABA_CLOUD_PROFILE"
_VARIABLE = "ALIBABA_CLOUD_CREDENTIALS_FILE"
_TYPES: Mapping[str, Kind] = MappingProxyType(
    {
        "access_key": key,
        "ram_role_arn": role_of_key,
        "oidc_role_arn": oidc_role,
        "ecs_ram_role": ecs_role,
    }
)


class CredentialsFile(Lookup):
    """The section in use of ``credentials.ini``."""

    async def _look(self) -> CredentialSource:
        named = self._around.variable(_PROFILE)
        try:
            entry = await self._entry(named or "default")
        except NoCredentials as error:
            if not named:
                raise

            # The command line tool's profiles were looked at before this file.
            raise InvalidInput(
                f"{_PROFILE} is {plain(named)!r}, and no file has a profile or section"
                f" of this name. {error.message}"
            ) from error

        kind = entry.needed("type")
        return kind_named(kind, _TYPES, entry)(entry, self._around)

    async def _entry(self, name: str) -> Entry:
        text, words = await self._read()
        values = _sections(text, words).get(name)
        if values is None:
            raise NoCredentials(f"{words}: it has no section {plain(name)!r}.")

        return Entry(values=values, source=f"section {plain(name)!r} of {words}")

    async def _read(self) -> tuple[str, str]:
        around = self._around
        named = around.variable(_VARIABLE)
        if not named:
            path = around.home / ".alibabacloud" / "credentials.ini"
            words = "~/.alibabacloud/credentials.ini"
            return await around.contents(path, words), words

        words = f"{named} ({_VARIABLE})"
        try:
            return await around.contents(Path(named), words), words
        except NoCredentials as error:
            raise InvalidInput(error.message) from error


def _sections(text: str, words: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
        return {name: _values(parser[name]) for name in parser.sections()}
    except configparser.Error:
        # The parser's error quotes lines, and a line may be a secret.
        pass

    raise InvalidInput(f"{words}: it is not written as an ini file is.")


def _values(section: configparser.SectionProxy) -> dict[str, str]:
    return {name: text.partition("#")[0].strip() for name, text in section.items()}
