"""`esa-flows migrate`: take a routine from DCDN to ESA."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import asdict
from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.text import labelled, one_line, served_words
from esa_flows.cli.watch import watching
from esa_flows.errors import InvalidInput
from esa_flows.migrations import MigrationPlan

__all__ = ["migrate", "plan_json", "plan_lines"]


async def migrate(  # noqa: PLR0913  a command has as many flags as it has
    name: str,
    /,
    *,
    to: str = "",
    canary: str = "100",
    create: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    protect: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    no_probe: Annotated[bool, Parameter(negative="")] = False,
    run_id: str = "",
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Take what a routine of DCDN serves to ESA: byte for byte, staged and verified.

    What does not come along is shown first. On DCDN nothing is changed: its visitors
    are yours to lead over.

    Args:
        name: The routine on DCDN.
        to: The routine of ESA; of the same name by default.
        canary: Shares of production and bake times on ESA, such as 10:5m,50:5m,100.
        create: Create the routine of ESA where it does not exist.
        dry_run: Show what would be done, and do nothing.
        protect: A version of the routine of ESA that is never pruned; may be repeated.
        no_probe: Do not ask the routine over HTTP in staging.
        run_id: An idempotency key of your own; drawn where it is not given.
        common: How to reach the provider.
        desk: Where to write.
    """
    async with desk.client(common) as client:
        plan = await client.migrations.plan(name, to=to)
        lines = plan_lines(plan, create=create)
        if dry_run:
            desk.say(*lines)
            return Answer(payload={"plan": plan_json(plan)})

        desk.note(*lines)
        _refuse_missing(plan, create=create)
        with watching(desk, client, f"migrate {name}", joins=True) as watch:
            ending = await wait_for(
                client.migrate(
                    name,
                    to=plan.routine,
                    version=plan.version,
                    canary=canary,
                    create=create,
                    protect=protect,
                    probe=not no_probe,
                    run_id=run_id,
                    observer=watch,
                )
            )

        return show(desk, watch, ending)


def _refuse_missing(plan: MigrationPlan, *, create: bool) -> None:
    if not plan.exists and not create:
        raise InvalidInput(
            f"ESA has no routine {plan.routine}; nothing was begun.",
            next_move="Create it with --create, or name another one with --to.",
        )


def plan_lines(plan: MigrationPlan, *, create: bool) -> tuple[str, ...]:
    """Tell what a migration would do: pure.

    Args:
        plan: What it would do.
        create: Whether a routine that is not there would be created.
    """
    source, production = plan.source.name, served_words(plan.serves)
    missing = "is created" if create else "is not there: say --create"
    there = f"serves {production} in production" if plan.exists else missing
    return (
        f"{source} of DCDN, version {plan.version}, goes to {plan.routine} of ESA.",
        labelled("ESA", f"{plan.routine} {there}"),
        labelled("DCDN", f"{source} stays as it is"),
        *(labelled("note", one_line(told)) for told in plan.left),
    )


def plan_json(plan: MigrationPlan) -> dict[str, Any]:
    """Give what a migration would do as plain JSON values.

    Args:
        plan: What it would do.
    """
    return {
        "source": plan.source.name,
        "version": plan.version,
        "routine": plan.routine,
        "exists": plan.exists,
        "left": list(plan.left),
        "environments": {
            name: asdict(env) for name, env in plan.source.environments.items()
        },
    }
