"""Where versions serve, and in which shares."""

import enum
from collections.abc import Iterable
from typing import Self

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.names import VersionId

__all__ = ["WHOLE", "Environment", "Share", "Split"]

WHOLE = 100
MOST_VERSIONS_IN_A_SPLIT = 2


class Environment(enum.StrEnum):
    """Where a split serves."""

    STAGING = "staging"
    PRODUCTION = "production"


@frozen(order=True)
class Share:
    """One version's part of a split.

    Attributes:
        version: The version that serves.
        percentage: Its share of the traffic, 1 to 100.
    """

    version: VersionId = field(converter=VersionId)
    percentage: int = field()

    @percentage.validator
    def _in_range(self, _: object, value: int) -> None:
        if type(value) is not int or not 1 <= value <= WHOLE:
            raise InvalidInput(
                f"{value} % of version {self.version} is not a share:"
                " the provider takes whole numbers from 1 to 100.",
            )


def _sound(_: object, __: object, shares: tuple[Share, ...]) -> None:
    if not 1 <= len(shares) <= MOST_VERSIONS_IN_A_SPLIT:
        raise InvalidInput(
            f"A split has one or two versions; this one has {len(shares)}."
        )

    if len({share.version for share in shares}) != len(shares):
        raise InvalidInput(f"A split names version {shares[0].version} twice.")

    total = sum(share.percentage for share in shares)
    if total != WHOLE:
        raise InvalidInput(f"The shares of a split must sum to 100, not {total}.")


def _sorted(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares))


@frozen
class Split:
    """Which versions serve an environment, in which shares.

    Two splits are equal when they say the same, in whatever order.

    Attributes:
        shares: One or two versions with shares that sum to 100.

    Source: ESA API 2024-09-10, CreateRoutineCodeDeployment.
    """

    shares: tuple[Share, ...] = field(converter=_sorted, validator=_sound)

    @classmethod
    def whole(cls, version: VersionId) -> Self:
        """Give everything to one version."""
        return cls((Share(version, WHOLE),))

    @classmethod
    def canary(cls, new: VersionId, percentage: int, stable: VersionId) -> Self:
        """Give a share to a new version and the rest to the stable one."""
        if percentage == WHOLE:
            return cls.whole(new)

        return cls((Share(new, percentage), Share(stable, WHOLE - percentage)))

    @property
    def versions(self) -> frozenset[VersionId]:
        """The versions that serve."""
        return frozenset(share.version for share in self.shares)

    @property
    def majority(self) -> VersionId:
        """The version with the larger share; of equals the older one."""
        return min(
            self.shares, key=lambda share: (-share.percentage, int(share.version))
        ).version

    @property
    def is_whole(self) -> bool:
        """Whether one version serves everything."""
        return len(self.shares) == 1

    def __str__(self) -> str:
        return " + ".join(
            f"{share.version} {share.percentage} %"
            for share in sorted(self.shares, key=lambda s: -s.percentage)
        )
