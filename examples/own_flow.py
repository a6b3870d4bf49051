"""A flow of one's own: put a bundle on staging, note it, and stop there.

Its steps are the shipped ones and one of its own. Each is recorded once, so a killed
run goes on where it was.
"""

import sys

import anyio
from attrs import frozen

from esa_flows import Client, Context, Parts, flow, step
from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.model import Deployment, Environment, RoutineName, Split
from esa_flows.steps import Deploy, Stage, Verify, deploy, stage_code, verify


@frozen
class Staging:
    """What serves staging now."""

    routine: RoutineName
    deployment: Deployment | None


@step.read(calls=[Op.OBSERVE])
async def observe_staging(ctx: Context, routine: RoutineName) -> Staging:
    """Look at staging. A read: it may be repeated."""
    seen = await ctx.need(RoutineCloud).observe(routine)
    return Staging(routine=routine, deployment=seen.staging)


@flow
async def preview(ctx: Context, stage: Stage) -> Deployment:
    """Upload, verify, deploy to staging."""
    before = await ctx.do(observe_staging, stage.routine)
    made = await ctx.do(stage_code, stage)
    check = Verify(
        routine=stage.routine, version=made.version, digest=stage.bundle.digest
    )
    await ctx.do(verify, check)
    wanted = Deploy(
        routine=stage.routine,
        environment=Environment.STAGING,
        split=Split.whole(made.version),
        previous=before.deployment,
    )
    return await ctx.do(deploy, wanted, key="staging")


async def show(client: Client, routine: str, code: str) -> None:
    """Run the flow and say what serves staging now."""
    bundle = await client.bundle(code, message="a preview")
    stage = Stage(routine=RoutineName(routine), bundle=bundle)
    deployment = await client.run(preview, stage, subject=routine)
    print(f"staging of {routine} serves {deployment.split}")


async def main() -> None:
    """Preview the file named on the command line."""
    async with Client.from_env(parts=Parts(flows=(preview,))) as client:
        await show(client, "checkout-edge", sys.argv[1])


if __name__ == "__main__":
    anyio.run(main)
