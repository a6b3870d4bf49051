"""A cloud that routines are taken from: looked at, and never changed.

It is a port of its own, so that a flow can have two clouds at once: the one it releases
to, and the one it takes from, whose verbs all are reads.
"""

from collections.abc import Mapping
from typing import Protocol

from attrs import field, frozen

from esa_flows.model import SourceName, VersionId

__all__ = ["SourceCloud", "SourceEnvironment", "SourceRoutine"]


@frozen(kw_only=True)
class SourceEnvironment:
    """An environment of a routine, with what a person set for it.

    Attributes:
        version: What serves it; None where nothing was ever published to it.
        hosts: Host names that may reach it.
        spec: Class of CPU time, as the provider names it; empty where it does not say.
    """

    version: VersionId | None = None
    hosts: tuple[str, ...] = ()
    spec: str = ""


@frozen(kw_only=True)
class SourceRoutine:
    """A routine as it is found where it comes from.

    Attributes:
        name: Its name there.
        description: What people wrote about it.
        environments: Its environments by name: production, staging, areas.
        descriptions: What each of its versions is described as, by id.
    """

    name: SourceName = field(converter=SourceName)
    description: str = ""
    environments: Mapping[str, SourceEnvironment] = field(hash=False)
    descriptions: Mapping[VersionId, str] = field(factory=dict, hash=False)


class SourceCloud(Protocol):
    """A cloud that routines are taken from.

    Both calls are reads, and may raise any `CallError`.
    """

    async def inspect(self, name: SourceName) -> SourceRoutine:
        """Say what there is of a routine, settings of its environments included.

        Raises:
            RoutineNotFound: There is no such routine.
        """
        ...

    async def read_code(self, name: SourceName, version: VersionId) -> bytes:
        """Give the code of a version; an error document may stand in its place."""
        ...
