"""A routine, its versions and its deployments, as the provider shows them."""

import datetime as dt
import enum
from collections.abc import Mapping
from typing import Self

from attrs import field, frozen

from esa_flows.model.names import RoutineName, VersionId
from esa_flows.model.split import Environment, Split
from esa_flows.model.tag import Tag

__all__ = ["Deployment", "Routine", "Version", "VersionStatus"]


class VersionStatus(enum.StrEnum):
    """What the provider says of a version."""

    INIT = "init"
    AVAILABLE = "available"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the provider's word, whose casing differs between its answers."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            return cls("unknown")


@frozen(kw_only=True)
class Deployment:
    """A split in force in an environment.

    Attributes:
        split: What serves.
        id: The provider's id of this deployment; empty where it gave none.
    """

    split: Split
    id: str = ""


@frozen(kw_only=True)
class Version:
    """An immutable snapshot of a routine's code.

    Attributes:
        id: The provider's id.
        description: The provider's `CodeDescription`; ours carry a `Tag`.
        created_at: When it was made, if the provider says.
        status: Whether it can be deployed.
        bound_to: The environment whose variables were baked in, if any.
    """

    id: VersionId = field(converter=VersionId)
    description: str = ""
    created_at: dt.datetime | None = None
    status: VersionStatus = VersionStatus.UNKNOWN
    bound_to: Environment | None = None

    @property
    def tag(self) -> "Tag | None":
        """Our line in its description, if it has one."""
        return Tag.find(self.description)

    @property
    def carries(self) -> Environment | None:
        """The environment whose variables it has; by its tag where nobody else says."""
        tag = self.tag
        return self.bound_to or (tag.environment if tag else None)


@frozen(kw_only=True)
class Routine:
    """One edge function and what serves it now.

    Attributes:
        name: Its name.
        record: Host name under which it answers by default; empty where unknown.
        staging: What serves staging; None where nothing was ever deployed.
        production: What serves production; None where nothing was ever deployed.
        areas: What serves each area that has an environment of its own beside
            production; None where nothing was ever published to it.
    """

    name: RoutineName = field(converter=RoutineName)
    record: str = ""
    staging: Deployment | None = None
    production: Deployment | None = None
    areas: Mapping[str, VersionId | None] = field(factory=dict, hash=False)

    def deployment(self, environment: Environment) -> Deployment | None:
        """Give what serves an environment."""
        return self.staging if environment is Environment.STAGING else self.production

    @property
    def places(self) -> Mapping[str, VersionId | None]:
        """What serves production and each area, by the provider's names."""
        whole = self.production.split.majority if self.production else None
        return {Environment.PRODUCTION.value: whole, **self.areas}

    @property
    def live(self) -> frozenset[VersionId]:
        """Every version that serves anywhere, in any share or area."""
        in_staging = self.staging.split.versions if self.staging else frozenset()
        return self.in_production | in_staging

    @property
    def in_production(self) -> frozenset[VersionId]:
        """Every version that serves production, in any share or area."""
        in_areas = frozenset(version for version in self.areas.values() if version)
        return in_areas.union(self.production.split.versions if self.production else ())
