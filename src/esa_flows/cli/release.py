"""`esa-flows release`: take a bundle to a routine."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.job import on_the_page
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.plan import told, write_plan
from esa_flows.cli.watch import watching
from esa_flows.intake import Choices
from esa_flows.release.spec import Binding

__all__ = ["release"]


async def release(  # noqa: PLR0913  a command has as many flags as it has
    name: str,
    file: str,
    /,
    *,
    not_found: str = "",
    canary: str = "100",
    to: str = "production",
    create: Annotated[bool, Parameter(negative="")] = False,
    message: str = "",
    commit: str = "",
    protect: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    no_prune_foreign: Annotated[bool, Parameter(negative="")] = False,
    no_probe: Annotated[bool, Parameter(negative="")] = False,
    bind: Binding = Binding.AUTO,
    on_conflict: str = "refuse",
    gate: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    run_id: str = "",
    plan_out: str = "",
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Release a bundle to a routine: to staging, then to production share by share.

    A folder is released with its assets: index.js beside a folder assets.

    Released again, it joins the unfinished run with the same content. What serves
    already is left as it is.

    Args:
        name: The routine.
        file: The bundle: one JavaScript file, or a folder with index.js and assets/.
        not_found: spa answers paths that no asset has with the assets' index.html.
        canary: Shares of production and bake times, such as 10:5m,50:5m,100; on DCDN
            areas, such as Zhejiang:10m,Jilin+Overseas:1h,production.
        to: production, or staging alone.
        create: Create the routine where it does not exist.
        message: A line for people, kept with the version.
        commit: Git commit of the bundle; by default the one its folder is at.
        protect: A version that is never pruned; may be repeated.
        no_prune_foreign: Never prune a version that this program did not make.
        no_probe: Do not ask the routine over HTTP in staging.
        bind: Take environment variables along: auto does as what serves now does.
        on_conflict: During somebody's canary: refuse, abort-first (their larger share
            gets everything before this begins) or supersede (their smaller share drops
            out).
        gate: What must be so for it to go on, such as "http:/health status<500"; may be
            repeated. Kinds: http, https, command, python, prometheus.
        run_id: An idempotency key of your own; drawn where it is not given.
        plan_out: A file to write the plan to before anything is changed; with it the
            release goes on though its journal is lost: esa-flows resume --plan FILE
        common: How to reach the provider.
        desk: Where to write.
    """
    title = f"release {name}" + (f" to {to}" if to != "production" else f" {canary}")
    async with desk.client(common) as client, on_the_page(desk, client):
        choices = Choices(
            not_found=not_found,
            canary=canary,
            to=to,
            create=create,
            message=message,
            commit=commit or await desk.commit(file),
            protect=protect,
            prune_foreign=not no_prune_foreign,
            probe=not no_probe,
            bind=bind,
            on_conflict=on_conflict,
            gates=gate,
        )
        if plan_out:
            made = await client.plan(name, file, run_id=run_id, **choices)
            desk.note(*told(made))
            await write_plan(desk, made, plan_out)
            run_id = made.releases[0].run

        with watching(desk, client, title, joins=True) as watch:
            ending = await wait_for(
                client.release(name, file, run_id=run_id, observer=watch, **choices)
            )

        return show(desk, watch, ending)
