"""What DCDN does not have: verbs of the port that are refused before anything is sent.

Each says so in a sentence. Three have an answer that needs no call: how many versions a
routine may have is documented, a version without assets is one that has none, and no
environment has variables.

Source: DCDN API 2018-01-15, which has no operation for any of these.
"""

from __future__ import annotations

from esa_flows.api.cloud import AssetsInfo, ReservedSlot
from esa_flows.api.dcdn_operations import MOST_VERSIONS
from esa_flows.api.route import RelatedRecord, Route
from esa_flows.api.variables import Variables
from esa_flows.errors import Refused
from esa_flows.model import Environment, RoutineName, VersionId
from esa_flows.wire.secret import Secret

__all__ = ["DcdnLacks", "unsupported"]


class DcdnLacks:
    """The verbs that DCDN has no operation for."""

    __slots__ = ()

    async def version_quota(self) -> int:
        """Give the documented number of versions: no operation tells it."""
        return MOST_VERSIONS

    async def staging_addresses(self) -> tuple[str, ...]:
        """Refuse: DCDN names no addresses of staging."""
        raise unsupported("names no addresses under which staging answers")

    async def access_token(self, name: RoutineName) -> Secret:
        """Refuse: DCDN has no default records, and so no tokens that open them."""
        raise unsupported(f"has no preview token for {name}")

    async def variables(self, name: RoutineName, environment: Environment) -> Variables:
        """Say that there are no variables, and none that a version could carry."""
        del name
        return Variables(environment=environment, can_bind=False)

    async def request_assets_slot(
        self,
        name: RoutineName,
        description: str,
        *,
        not_found: str = "",
        bound_to: Environment | None = None,
    ) -> ReservedSlot:
        """Refuse: a routine of DCDN is one file of code."""
        del description, not_found, bound_to
        raise unsupported(f"takes no assets for {name}")

    async def assets_info(self, name: RoutineName, version: VersionId) -> AssetsInfo:
        """Say that a version has no assets."""
        del name, version
        return AssetsInfo(has_assets=False)

    async def routes(self, name: RoutineName) -> tuple[Route, ...]:
        """Refuse: DCDN has no routes."""
        raise unsupported(f"has no routes that lead to {name}")

    async def related_records(self, name: RoutineName) -> tuple[RelatedRecord, ...]:
        """Refuse: in DCDN a routine's environments name the hosts they allow."""
        raise unsupported(f"has no records bound to {name}")


def unsupported(what: str) -> Refused:
    """Make the error of something DCDN does not have.

    Args:
        what: What it lacks, after its name.
    """
    return Refused(
        f"DCDN {what}; nothing was sent.",
        next_move="Leave it out, or use ESA, which has it.",
    )
