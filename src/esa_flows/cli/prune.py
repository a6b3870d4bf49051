"""`esa-flows versions prune`: delete the versions that nothing needs."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.console import RenderableType

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.tables import table
from esa_flows.cli.text import counted
from esa_flows.cli.watch import watching
from esa_flows.release.room import PrunePlan

__all__ = ["versions_prune"]


async def versions_prune(
    name: str,
    /,
    *,
    keep: int = 5,
    protect: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    no_prune_foreign: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Delete the versions of a routine that nothing needs; their code is saved first.

    What serves stays, and what served before it. What is deleted can be made again
    with: esa-flows versions restore

    Args:
        name: The routine.
        keep: So many of the newest versions stay in any case.
        protect: A version that stays; may be repeated.
        no_prune_foreign: Keep every version that this program did not make.
        dry_run: Show what would go and what would stay, and change nothing.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        plan = await client.versions.plan_prune(
            name, keep=keep, protect=protect, foreign=not no_prune_foreign
        )
        (desk.say if dry_run else desk.note)(*_told(name, plan))
        if dry_run or not plan.goes:
            return Answer(payload={"routine": name, **_json(plan)})

        with watching(desk, client, f"prune {name}") as watch:
            ending = await wait_for(
                client.versions.prune(
                    name,
                    keep=keep,
                    protect=protect,
                    foreign=not no_prune_foreign,
                    chosen=tuple(version.id for version in plan.goes),
                    observer=watch,
                )
            )

        return show(desk, watch, ending)


def _told(name: str, plan: PrunePlan) -> tuple[RenderableType, ...]:
    goes = [(version.id, "goes", "its code is saved first") for version in plan.goes]
    stays = [(stay.version, "stays", stay.reason) for stay in plan.stays]
    count = counted(len(plan.goes), "version")
    heading = f"{name}: {count} of {len(goes) + len(stays)} to delete."
    if not goes and not stays:
        return (heading,)

    return (heading, table(("VERSION", "PLAN", "WHY"), [*stays, *reversed(goes)]))


def _json(plan: PrunePlan) -> dict[str, object]:
    return {
        "goes": [version.id for version in plan.goes],
        "stays": {stay.version: stay.reason for stay in plan.stays},
    }
