"""Turn an entry of a configuration file into the source it stands for.

The command line tool's profiles and the sections of ``credentials.ini`` tell the same
kinds of credentials with some names spelled differently; both spellings are read.
Source: the official credential chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from attrs import field, frozen

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire.credentials import Credentials, CredentialSource, Static
from esa_flows.wire.ecs import EcsRole
from esa_flows.wire.oidc import OidcRole, TokenFile
from esa_flows.wire.reply import plain
from esa_flows.wire.site import Endpoint
from esa_flows.wire.sts import AssumedRole, Role
from esa_flows.wire.surroundings import Surroundings

__all__ = [
    "Entry",
    "Kind",
    "ecs_role",
    "key",
    "kind_named",
    "oidc_role",
    "role_of",
    "role_of_key",
    "session",
]

_ROLE_ARN = ("ram_role_arn", "role_arn")
_SESSION = ("ram_session_name", "role_session_name")
_TOKEN_FILE = ("oidc_token_file", "oidc_token_file_path")


_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "External": (
            "it would run a command. Run it yourself and set"
            " ALIBABA_CLOUD_CREDENTIALS_URI, or the variables it prints"
        ),
        "CloudSSO": (
            "it needs a browser. Run `aliyun sso login` and set the variables it gives"
        ),
        "OAuth": (
            "it rewrites the tool's file, which only the tool should do. Create an"
            " access key or a role for releases"
        ),
        "rsa_key_pair": (
            "the provider has retired key pairs. Create an access key or a role"
        ),
    }
)
"""Kinds that are known and not read, and why."""


@frozen(kw_only=True)
class Entry:
    """One profile or section.

    Attributes:
        values: What it holds; never shown.
        source: What to call it, in words.
    """

    values: Mapping[str, object] = field(repr=False)
    source: str

    def text(self, *names: str) -> str:
        """Give the first of these values that is a text; empty where none is."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()

        return ""

    def needed(self, *names: str) -> str:
        """Give a value that must be there.

        Raises:
            InvalidInput: It is not.
        """
        text = self.text(*names)
        if not text:
            raise InvalidInput(f"{self.source}: it has no {' or '.join(names)}.")

        return text

    @property
    def seconds(self) -> int:
        """How long a session shall last; an hour where it does not say."""
        value = self.values.get("expired_seconds")
        return value if isinstance(value, int) and value else 3600


Kind = Callable[[Entry, Surroundings], CredentialSource]


def key(entry: Entry, _around: Surroundings) -> Static:
    """Take the entry as an access key.

    Raises:
        NoCredentials: It is empty, as a tool leaves it that was never given a key.
        InvalidInput: Half of it is missing.
    """
    if not entry.text("access_key_id") and not entry.text("access_key_secret"):
        raise NoCredentials(f"{entry.source}: it has no access_key_id.")

    return Static(_credentials(entry))


def session(entry: Entry, _around: Surroundings) -> Static:
    """Take the entry as temporary credentials that somebody else keeps fresh."""
    return Static(_credentials(entry, token=entry.needed("sts_token")))


def role_of_key(entry: Entry, around: Surroundings) -> AssumedRole:
    """Take the entry as a role that its own access key takes on."""
    base = _credentials(entry, token=entry.text("sts_token"))
    return role_of(entry, around, base=Static(base))


def role_of(
    entry: Entry, around: Surroundings, *, base: CredentialSource
) -> AssumedRole:
    """Take the entry as a role.

    Args:
        entry: Names the role.
        around: Clock and transport.
        base: Who takes it on.
    """
    return AssumedRole(
        _role(entry),
        base=base,
        transport=around.transport,
        endpoint=_sts(entry, around),
        now=around.now,
        nonce=around.nonce,
        source=entry.source,
    )


def oidc_role(entry: Entry, around: Surroundings) -> OidcRole:
    """Take the entry as a role that an OIDC provider vouches for."""
    return OidcRole(
        _role(entry),
        token=TokenFile(
            provider=entry.needed("oidc_provider_arn"),
            path=Path(entry.needed(*_TOKEN_FILE)),
        ),
        around=around,
        endpoint=_sts(entry, around),
        source=entry.source,
    )


def ecs_role(entry: Entry, around: Surroundings) -> EcsRole:
    """Take the entry as the role of the instance this runs on."""
    name = entry.text("ram_role_name", "role_name")
    return EcsRole(around, role=name, source=entry.source)


def kind_named(name: str, kinds: Mapping[str, Kind], entry: Entry) -> Kind:
    """Give how an entry of a kind is read.

    Args:
        name: What the entry says it is.
        kinds: Those its file may have.
        entry: For the error.

    Raises:
        InvalidInput: It is a kind that is not read.
    """
    if name in kinds:
        return kinds[name]

    why = _REFUSED.get(name, "it is not known here")
    raise InvalidInput(
        f"{entry.source}: its mode {plain(name)!r} is not supported: {why}.",
        next_move=(
            f"Supported are {', '.join(kinds)}. An access key in"
            " ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (and"
            " ALIBABA_CLOUD_SECURITY_TOKEN) goes before every file."
        ),
    )


def _credentials(entry: Entry, *, token: str = "") -> Credentials:
    return Credentials(
        access_key_id=entry.needed("access_key_id"),
        access_key_secret=entry.needed("access_key_secret"),
        security_token=token,
        source=entry.source,
    )


def _role(entry: Entry) -> Role:
    return Role(
        arn=entry.needed(*_ROLE_ARN),
        session=entry.text(*_SESSION) or "esa-flows",
        duration=entry.seconds,
        policy=entry.text("policy"),
        external_id=entry.text("external_id"),
    )


def _sts(entry: Entry, around: Surroundings) -> Endpoint:
    inside = entry.values.get("enable_vpc")
    return around.sts(
        entry.text("sts_region"),
        home_region=entry.text("region_id"),
        inside=inside if isinstance(inside, bool) else None,
    )
