"""`esa-flows rollback`: take a routine back to an earlier version."""

from __future__ import annotations

from typing import Annotated

from attrs import evolve
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.text import served_words
from esa_flows.cli.watch import watching
from esa_flows.client import Client
from esa_flows.model import VersionId
from esa_flows.release.rollback import rollback_target

__all__ = ["rollback"]


async def rollback(
    name: str,
    /,
    *,
    to: str = "",
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Take production back to the version that served before, at once.

    An unfinished release of the routine is aborted, which does that.

    Args:
        name: The routine.
        to: The version to go back to.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        target = await _target(desk, client, name, to)
        with watching(desk, client, f"roll back {name}") as watch:
            ending = await wait_for(client.rollback(name, to=target, observer=watch))

        answer = show(desk, watch, ending)
        # An abort that took production back is what was asked for here.
        return answer if ending[1] else evolve(answer, exit=Exit.OK)


async def _target(desk: Desk, client: Client, name: str, to: str) -> str:
    """Show what production will serve; empty where an unfinished run knows it."""
    wanted = VersionId(to) if to else None
    world = await client.versions(name)
    now = served_words(world.routine.production)
    unfinished = await client.runs.unfinished(world.routine.name)
    if unfinished and wanted is None:
        run = unfinished[0].run.id
        desk.note(
            f"{name}: production serves {now}; the unfinished run {run} is aborted,"
            " which puts back what served before it."
        )
        return ""

    target = rollback_target(world, wanted)
    desk.note(f"{name}: production goes from {now} to {target} 100 %.")
    return target
