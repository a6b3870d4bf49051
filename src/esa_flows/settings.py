"""How a client reaches the provider and where it keeps its journal.

Values only; the environment variables are read here and nowhere else, from a mapping
that the edge hands in.
"""

import enum
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from attrs import field, fields, frozen
from attrs.converters import optional

from esa_flows.errors import InvalidInput
from esa_flows.model import AccountName, Cloud, Duration, Realm
from esa_flows.wire.cap import Scope
from esa_flows.wire.site import Network, Site
from esa_flows.wire.store_address import StoreAddress

__all__ = ["Settings", "Sharing", "blobs_folder", "journal_path", "state_folder"]

MEGABYTE = 1_000_000


class Sharing(enum.StrEnum):
    """Who keeps to the cap together."""

    MACHINE = "machine"
    PROCESS = "process"


C = TypeVar("C", bound=enum.StrEnum)


def _site(value: Site | str | None) -> Site | None:
    return _choice(Site, value) if value else None


def _account(value: str) -> str:
    return AccountName(value) if value else ""


def _cloud(value: Cloud | str) -> Cloud:
    return _choice(Cloud, value)


def _network(value: Network | str) -> Network:
    return _choice(Network, value)


def _scope(value: Scope | str) -> Scope:
    return _choice(Scope, value)


def _sharing(value: Sharing | str) -> Sharing:
    return _choice(Sharing, value)


def _choice(kind: type[C], value: str) -> C:
    try:
        return kind(value)
    except ValueError:
        allowed = " or ".join(member.value for member in kind)
        what = kind.__name__.lower()
        raise InvalidInput(f"{value!r} is no {what}: use {allowed}.") from None


def _duration(value: Duration | str) -> Duration:
    return Duration.of(value)


def _whole_number(value: int | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is not a whole number.") from None


def _part(value: float | str) -> float:
    try:
        part = float(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is not a number.") from None

    if 0.0 <= part < 1.0:
        return part

    raise InvalidInput(f"{part} is no part of the cap: give 0 or more, below 1.")


def _store(value: StoreAddress | str | None) -> StoreAddress | None:
    return StoreAddress.of(value) if value else None


def _hosts(value: tuple[str, ...] | str) -> tuple[str, ...]:
    return tuple(value.split(",")) if isinstance(value, str) else tuple(value)


def _path(value: Path | str | None) -> Path | None:
    return Path(value) if value else None


@frozen(kw_only=True)
class Settings:
    """How a client reaches the provider and where it keeps its journal.

    Attributes:
        cloud: `esa`, or `dcdn` for the older EdgeRoutine.
        site: `cn` or `intl`; None to find out by trying.
        account: What the account is called in journals, as in a rollout's file, where
            it has a name there; empty for the one whose credentials are found first.
        network: `public`, or `vpc` from inside Alibaba Cloud.
        endpoint: Host, or URL, to use instead of the site's own.
        oss_hosts: Patterns of further hosts that uploads may go to.
        staging_edge: Where staging answers, to use instead of the provider's addresses.
        production_edge: Where production answers to gates, to use instead of where the
            routine's name leads.
        edge_lag: How long the edge may need to serve what was deployed: the staging
            gate asks only then.
        version_header: The header in which the edge names the version that answers;
            empty where it does not tell, as ESA's does not.
        journal: The journal's file; None for the user's state folder.
        calls_per_second: The provider's cap for the whole account; on DCDN, which
            documents it so, for each operation.
        calls_per_operation: Its cap for each operation; None for the same number.
        cap_scope: `account` keeps to both caps; `operation` to the second alone, for
            who knows that the provider counts operations apart.
        cap_sharing: `machine` shares the caps between all clients of this user here
            that use the same access key; `process` keeps each client by itself.
        cap_store: A PostgreSQL or Redis through which the caps are shared between
            machines, whatever `cap_sharing` says; None for none.
        cap_own_share: The part of the caps that each client keeps to itself there, and
            lives on where the store is lost; with 0 nothing is sent then.
        uploads_at_once: Uploads to the store under way at any moment; they take no slot
            of the caps.
        version_quota: Versions a routine may have; None to ask the plan.
        settle: How long an effect that is not seen may still appear.
        most_bytes: Largest bundle to send. Source: ESA documentation, a function's code
            is below 5 MB.
    """

    cloud: Cloud = field(default=Cloud.ESA, converter=_cloud)
    site: Site | None = field(default=None, converter=_site)
    account: str = field(default="", converter=_account)
    network: Network = field(default=Network.PUBLIC, converter=_network)
    endpoint: str = ""
    oss_hosts: tuple[str, ...] = field(default=(), converter=_hosts)
    staging_edge: str = ""
    production_edge: str = ""
    edge_lag: Duration = field(default=Duration(0), converter=_duration)
    version_header: str = ""
    journal: Path | None = field(default=None, converter=_path)
    calls_per_second: int = field(default=100, converter=_whole_number)
    calls_per_operation: int | None = field(
        default=None, converter=optional(_whole_number)
    )
    cap_scope: Scope = field(default=Scope.ACCOUNT, converter=_scope)
    cap_sharing: Sharing = field(default=Sharing.MACHINE, converter=_sharing)
    uploads_at_once: int = field(default=8, converter=_whole_number)
    cap_store: StoreAddress | None = field(default=None, converter=_store)
    cap_own_share: float = field(default=0.0, converter=_part)
    version_quota: int | None = field(default=None, converter=optional(_whole_number))
    settle: Duration = field(default=Duration(30), converter=_duration)
    most_bytes: int = field(default=5 * MEGABYTE, converter=_whole_number)

    @property
    def realm(self) -> Realm:
        """Whose routines are meant by their names."""
        return Realm(self.cloud, self.account)

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **changes: Any) -> Self:
        """Read `ESA_FLOWS_SITE` and so on: one variable for each attribute.

        Args:
            environ: Environment variables.
            changes: Attributes that are given otherwise; None counts as not given.

        Raises:
            InvalidInput: A variable cannot be used; says which.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        for attribute in fields(cls):
            variable = f"ESA_FLOWS_{attribute.name.upper()}"
            if attribute.name in given or not environ.get(variable):
                continue

            given[attribute.name] = environ[variable]
            try:
                cls(**{attribute.name: environ[variable]})
            except InvalidInput as error:
                raise InvalidInput(
                    f"{variable}: {error.message}", next_move=error.next_move
                ) from None

        return cls(**given)


def blobs_folder(journal: str) -> Path:
    """Give the folder of bundles and backups beside a journal.

    Args:
        journal: The journal's name, which is its file.
    """
    return Path(f"{journal}.blobs")


def state_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Give the folder in which this user's journal lives.

    Args:
        environ: Environment variables.
        home: The user's home folder.
    """
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]) / "esa_flows"

    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "esa_flows"

    return home / ".local" / "state" / "esa_flows"


def journal_path(settings: Settings, environ: Mapping[str, str], home: Path) -> Path:
    """Give the journal's file: as chosen, or the one in the user's state folder.

    Args:
        settings: They may name a file.
        environ: Environment variables.
        home: The user's home folder.
    """
    return settings.journal or state_folder(environ, home) / "journal.db"
