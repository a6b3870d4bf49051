"""`esa-flows versions restore`: make a version again that was deleted."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.watch import watching

__all__ = ["versions_restore"]


async def versions_restore(
    name: str,
    what: str,
    /,
    *,
    deploy: Annotated[bool, Parameter(negative="")] = False,
    canary: str = "100",
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Upload saved code again as a new version; it serves nothing unless you ask.

    What this program deletes it saves first, beside its journal. Assets of a version
    that somebody else made cannot be saved, for the provider gives back code alone.

    Args:
        name: The routine.
        what: The version that is gone, or the digest of what it held.
        deploy: Release it as well: to staging, then to production.
        canary: Shares of production and bake times, such as 10:5m,50:5m,100.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        with watching(desk, client, f"restore {name}") as watch:
            ending = await wait_for(
                client.versions.restore(
                    name, what, deploy=deploy, canary=canary, observer=watch
                )
            )

        return show(desk, watch, ending)
