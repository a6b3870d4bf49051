"""What a release is asked to do: values that travel into the journal."""

import enum
from typing import Self

from attrs import field, frozen

from esa_flows.api.facts import FACTS, CloudFacts
from esa_flows.errors import InvalidInput
from esa_flows.gates.spec import Gate, gates_of
from esa_flows.model import (
    AreaCanary,
    Bundle,
    Canary,
    Cloud,
    Duration,
    Environment,
    Realm,
    Routine,
    RoutineId,
    RoutineName,
    Split,
    VersionId,
)
from esa_flows.steps.request_assets_slot import Package

__all__ = [
    "LEAST_QUOTA",
    "QUOTA",
    "Binding",
    "OnConflict",
    "Pruning",
    "Release",
    "Restart",
    "Rollback",
    "canary_of",
]

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


class OnConflict(enum.StrEnum):
    """What to do where somebody's canary is under way when a release begins."""

    REFUSE = "refuse"
    ABORT_FIRST = "abort-first"
    SUPERSEDE = "supersede"

    @classmethod
    def of(cls, value: "OnConflict | str") -> "OnConflict":
        """Take the word as users write it.

        Raises:
            InvalidInput: There is no such choice.
        """
        try:
            return cls(value)
        except ValueError:
            raise InvalidInput(
                f"{value!r} is no answer to a conflict: use refuse, abort-first or"
                " supersede."
            ) from None


@frozen(kw_only=True)
class Restart:
    """Where a release stood that goes on without its journal.

    Attributes:
        before: The routine when the release was planned; None where it did not exist.
        settle: How long what was under way may still appear.
    """

    before: Routine | None
    settle: Duration


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
        on_conflict: What to do where somebody's canary is under way.
        restart: Where it goes on without its journal; None where it begins.
        cloud: Where the routine is.
        account: Its account's name there; empty for the client's own.
        areas: Areas and bake times in production, where areas stand in for shares.
        gates: What must be so for it to go on, in staging and in production.
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
    on_conflict: OnConflict = OnConflict.REFUSE
    restart: Restart | None = None
    cloud: Cloud = Cloud.ESA
    account: str = ""
    areas: AreaCanary | None = None
    gates: tuple[Gate, ...] = field(default=(), converter=gates_of)

    def __attrs_post_init__(self) -> None:
        """Refuse what the cloud does not have, before anything is sent.

        Raises:
            InvalidInput: Says what it does not have, and what it has instead.
        """
        facts, cloud = self.facts, self.cloud.label
        if self.package is not None and not facts.has_assets:
            raise InvalidInput(
                f"{cloud} takes no assets: a routine there is one file of code.",
                next_move="Release the code alone, or release to ESA.",
            )

        if len(self.canary.stages) > 1 and not facts.has_shares:
            raise InvalidInput(
                f"{cloud} has no shares of traffic, so it cannot go by {self.canary}:"
                " an environment serves one version, whole.",
                next_move="Go by areas, for example Zhejiang:10m,production.",
            )

        if self.areas is not None and not facts.has_areas:
            raise InvalidInput(
                f"{cloud} has no areas, so it cannot go by {self.areas}.",
                next_move="Go by shares, for example 10:5m,50:5m,100.",
            )

    @property
    def realm(self) -> Realm:
        """Whose routine it is."""
        return Realm(self.cloud, self.account)

    @property
    def id(self) -> RoutineId:
        """Which routine of a rollout it is."""
        return RoutineId.of(self.account, self.routine)

    @property
    def facts(self) -> CloudFacts:
        """What the cloud has and how it behaves."""
        return FACTS[self.cloud]

    @property
    def area_names(self) -> frozenset[str]:
        """Every area that the canary names; none where it names none."""
        return self.areas.areas if self.areas else frozenset()

    @property
    def ends_in_production(self) -> bool:
        """Whether production is changed, after staging."""
        return self.target is Environment.PRODUCTION

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
        cloud: Where the routine is.
        account: Its account's name there; empty for the client's own.
        seen: What production must still serve; None where that does not matter.
    """

    routine: RoutineName = field(converter=RoutineName)
    to: VersionId | None = None
    cloud: Cloud = Cloud.ESA
    account: str = ""
    seen: Split | None = None

    @property
    def realm(self) -> Realm:
        """Whose routine it is."""
        return Realm(self.cloud, self.account)


def _at_least_one(_: object, __: object, value: int) -> None:
    if value < 1:
        raise InvalidInput(
            f"Keeping the newest {value} versions could delete one that was just made;"
            " 1 is the least."
        )


@frozen(kw_only=True)
class Pruning:
    """Versions of a routine to delete that nothing needs.

    Attributes:
        routine: Which routine.
        keep: So many of the newest versions stay.
        protect: Versions that stay.
        foreign: Whether versions without our tag may go, their code saved.
        chosen: Versions that may go at all, as they were shown; None for all.
        cloud: Where the routine is.
        account: Its account's name there; empty for the client's own.
    """

    routine: RoutineName = field(converter=RoutineName)
    keep: int = field(default=5, validator=_at_least_one)
    protect: tuple[VersionId, ...] = ()
    foreign: bool = True
    chosen: tuple[VersionId, ...] | None = None
    cloud: Cloud = Cloud.ESA
    account: str = ""

    @property
    def realm(self) -> Realm:
        """Whose routine it is."""
        return Realm(self.cloud, self.account)


def canary_of(
    cloud: Cloud, value: Canary | AreaCanary | str
) -> tuple[Canary, AreaCanary | None]:
    """Read a canary as its cloud has them: by shares, or by areas.

    Args:
        cloud: Where the routine is.
        value: As users write it.

    Raises:
        InvalidInput: It is none; says which part is wrong.
    """
    if isinstance(value, AreaCanary):
        return Canary(), value

    if isinstance(value, Canary) or FACTS[cloud].has_shares:
        return Canary.of(value), None

    return Canary(), AreaCanary.parse(value)
