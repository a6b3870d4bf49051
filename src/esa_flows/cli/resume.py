"""`esa-flows resume`: go on with a run where it was."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.watch import watching

__all__ = ["resume"]


async def resume(
    run: str,
    /,
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Go on with a run that was paused or interrupted; show the end of one that ended.

    Args:
        run: Its id, or the first four characters of it or more.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        new = (await client.runs.get(run)).run
        with watching(desk, client, f"resume {new.flow} {new.subject}") as watch:
            ending = await wait_for(client.resume(new.id, observer=watch))

        return show(desk, watch, ending)
