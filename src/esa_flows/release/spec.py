"""What a release is asked to do: values that travel into the journal."""

import enum
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model import Bundle, Canary, Environment, RoutineName, VersionId
from esa_flows.steps.request_assets_slot import Package

__all__ = ["LEAST_QUOTA", "QUOTA", "Binding", "Release", "Rollback"]

QUOTA = 10
"""Versions a routine may have, where nobody says otherwise.

Source: ESA documentation, Limits.
"""

LEAST_QUOTA = 5
"""The smallest quota any plan was seen to have: below it nobody needs to ask."""


class Binding(enum.StrEnum):
    """Whether the versions of a release carry environment variables.

    The provider copies an environment's variables into a version when it is made, and
    only where ``DeployEnv`` names the environment; without it the version has none. So
    one version cannot serve both environments with their own variables: a release that
    binds makes one for staging and, of the same bytes, one for production.

    Source: ESA API 2024-09-10, CommitRoutineStagingCode and
    SetRoutineEnvironmentVariables.
    """

    AUTO = "auto"
    """As what serves now; where nothing does, if the routine has variables at all."""

    ON = "on"
    """Bound; a version of the same content that is bound already will do."""

    FRESH = "fresh"
    """Bound, and made now: it carries the variables as they are, not as they were."""

    OFF = "off"
    """Not bound: the code sees no variable."""

    @classmethod
    def of(cls, word: str) -> Self:
        """Read a word.

        Raises:
            InvalidInput: There is no such choice.
        """
        try:
            return cls(word)
        except ValueError:
            raise InvalidInput(
                f"{word!r} says nothing about variables: use {', '.join(cls)}."
            ) from None


def _at_least_two(_: object, __: object, value: int) -> None:
    if value < 2:  # noqa: PLR2004  one serves, one is new
        raise InvalidInput(
            f"A version quota of {value} leaves no room for a release; 2 is the least."
        )


@frozen(kw_only=True)
class Release:
    """One bundle on its way to one routine.

    Attributes:
        routine: Which routine.
        bundle: What to release.
        canary: Shares and bake times in production.
        target: Where it ends; staging alone, or production after staging.
        create: Whether a routine that does not exist is created.
        quota: Versions the routine may have.
        is_quota_given: Whether a person set the quota, so that no plan is asked.
        protect: Versions that are never pruned.
        prune_foreign: Whether versions without our tag may be pruned.
        package: What the bundle holds where it is a ZIP of code and assets.
        probe: Whether the staging gate asks the routine over HTTP.
        binding: Whether its versions carry environment variables.
    """

    routine: RoutineName = field(converter=RoutineName)
    bundle: Bundle
    canary: Canary = Canary()
    target: Environment = Environment.PRODUCTION
    create: bool = False
    quota: int = field(default=QUOTA, validator=_at_least_two)
    is_quota_given: bool = False
    protect: tuple[VersionId, ...] = ()
    prune_foreign: bool = True
    probe: bool = True
    package: Package | None = None
    binding: Binding = Binding.AUTO

    @property
    def content(self) -> str:
        """What a version's tag says where it holds just this."""
        if self.package is None:
            return self.bundle.digest.short

        return self.package.content(self.bundle.digest)


@frozen(kw_only=True)
class Rollback:
    """A routine to take back to an earlier version.

    Attributes:
        routine: Which routine.
        to: Which version; None for the one that served before the present one.
    """

    routine: RoutineName = field(converter=RoutineName)
    to: VersionId | None = None
