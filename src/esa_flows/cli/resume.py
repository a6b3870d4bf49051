"""`esa-flows resume`: go on with a run where it was."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.ending import show, wait_for
from esa_flows.cli.job import on_the_page
from esa_flows.cli.options import DRIVING, Driving
from esa_flows.cli.plan import plan_text, read_plan
from esa_flows.cli.rollout import rollout
from esa_flows.cli.rollouts.again import past_of, watching_again
from esa_flows.cli.rollouts.kinds import is_way_back
from esa_flows.cli.watch import watching
from esa_flows.errors import InvalidInput
from esa_flows.fleet.plan import is_rollout_plan

__all__ = ["resume"]


async def resume(
    run: str | None = None,
    /,
    *,
    plan: str = "",
    common: Driving = DRIVING,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Go on with a run that was paused or interrupted; show the end of one that ended.

    With a plan it goes on though the journal is gone: where it stands is told from the
    tags of the versions and from what serves; the bake in force begins anew.

    Args:
        run: Its id, or the first four characters of it or more.
        plan: A file that plan or release wrote, in place of the run's id.
        common: How to reach the provider.
        desk: Where to write.
    """
    if (run is None) is not bool(plan):
        raise InvalidInput(
            "A run or a plan is needed, and not both.",
            next_move="List the runs with: esa-flows runs",
        )

    if plan and is_rollout_plan(await plan_text(plan)):
        return await rollout(plan, lost_journal=True, common=common, desk=desk)

    planned = await read_plan(plan) if plan else None
    async with desk.client(common) as client, on_the_page(desk, client):
        if planned is not None:
            name = planned.releases[0].release.routine
            with watching(desk, client, f"release {name} as planned") as watch:
                ending = await wait_for(client.resume(planned, observer=watch))

            return show(desk, watch, ending)

        view = await client.runs.get(run or "")
        new, past = view.run, await past_of(client, view)
        title = f"resume {new.flow} {new.subject}".strip()
        with watching_again(desk, client, title, view, past) as again:
            ending = await wait_for(client.resume(new.id, observer=again))

        return show(desk, again, ending, is_back=is_way_back(view))
