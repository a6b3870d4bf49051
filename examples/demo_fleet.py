"""`make demo-fleet`: 200 routines in four waves, one of them bad, and what one sees.

Everything is real but the provider: sockets, signatures, the journal, gates that ask
what the edge serves. One bundle answers 500 in its canary; its gate sees that, it goes
back, and the rollout goes on within its budget. `.demo-fleet/` holds the journal and
the report; a second demo begins anew.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import anyio
import httpx

from esa_flows import Client, Parts
from esa_flows.cli.desk import Desk
from esa_flows.cli.rollouts.outline import Outline
from esa_flows.cli.rollouts.summary import rollout_summary
from esa_flows.cli.rollouts.watch import watching_rollout
from esa_flows.cli.summary import Spent
from esa_flows.cli.text import counted
from esa_flows.fleet.plan import RolloutPlan
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.localcloud.spawn import Spawned, spawned
from esa_flows.settings import Settings

HOME = Path(os.environ.get("DEMO_HOME", ".demo-fleet"))
SIZE = int(os.environ.get("DEMO_SIZE", "200"))
RUN = "demofleet001"
OLD = "new Response('release 1\\n')"
GOOD = "new Response('release 2\\n')"
BAD = "new Response('release 2\\n', { status: 500 })"
GATE = "http:/ status<500 at=production every=0.5s count=2"
WAVES = (
    Wave(1, bake="2s", name="first"),
    Wave(upto="10%", bake="2s", name="few"),
    Wave(upto="40%", name="many"),
    Wave.rest(name="rest"),
)


async def main() -> None:
    """Start the cloud, plan, roll out, report."""
    seeds = [
        "[[routine]]",
        'name = "edge-{n}"',
        f"count = {SIZE}",
        "[[routine.version]]",
        f'source = """export default {{ fetch() {{ return {OLD}; }} }};"""',
    ]
    (HOME / "seeds.toml").write_text("\n".join(seeds).replace("\\n", "\\\\n"))
    options = ["--empty", "--seed", str(HOME / "seeds.toml")]
    async with spawned(options) as cloud:
        environ = environment(cloud)
        parts = Parts(environ=environ)
        desk = Desk.of(parts)
        async with Client(Settings.from_env(environ), parts) as client:
            plan = await client.plan(fleet(), run_id=RUN)
            desk.say(*planned(plan))
            took = (await roll_out(desk, client, plan)).seconds

        report(environ)
        peak = await peak_of(cloud)

    bound = plan.minimum_time.seconds
    desk.say(
        f"{peak} calls at most in any one-second window, as the server counted,"
        f" of {plan.calls_per_second} allowed; {took:.1f} s, the bound is {bound:.1f} s"
    )


def environment(cloud: Spawned) -> Mapping[str, str]:
    """Give what `esa-flows local serve` tells people to export."""
    return os.environ | {
        "ESA_FLOWS_ENDPOINT": cloud.api,
        "ESA_FLOWS_STAGING_EDGE": cloud.edge_staging,
        "ESA_FLOWS_PRODUCTION_EDGE": cloud.edge_production,
        "ESA_FLOWS_JOURNAL": str(HOME / "journal.db"),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.access_key_secret,
    }


def fleet() -> Rollout:
    """Give the rollout: all alike but one, whose staging nobody asks."""
    bad = f"edge-{SIZE // 3}"
    return Rollout(
        name="demo",
        members=tuple(member(name, is_bad=name == bad) for name in names()),
        waves=WAVES,
        budget=FailureBudget(fleet=2),
    )


def names() -> Iterator[str]:
    """Give the routines that the cloud begins with."""
    return (f"edge-{number}" for number in range(1, SIZE + 1))


def member(name: str, *, is_bad: bool) -> Member:
    """Give one routine and what it shall get."""
    answer = BAD if is_bad else GOOD
    code = f"export default {{ fetch() {{ return {answer}; }} }};\n".encode()
    if not is_bad:
        return Member(name, code, canary="50,100")

    choices = {"gates": (GATE,), "probe": False}
    return Member(name, code, canary="50:1s,100", choices=choices)


def planned(plan: RolloutPlan) -> Iterator[str]:
    """Say what is going to happen."""
    yield f"Plan {plan.run}: {len(plan.routines)} routines in {len(plan.waves)} waves"
    for wave in plan.waves:
        size = counted(len(wave.routines), "routine")
        yield (
            f"  wave {wave.number} {wave.name}: {size},"
            f" at least {wave.minimum_time.seconds:.1f} s, at most {wave.exposed}"
            " exposed and unproven"
        )

    yield (
        f"  {plan.capped_calls:,} calls, at least {plan.minimum_time.seconds:.1f} s,"
        f" bound by {plan.bound}; {plan.tolerated} may fail"
    )
    yield ""


async def roll_out(desk: Desk, client: Client, plan: RolloutPlan) -> Spent:
    """Carry the plan out, and show it."""
    outline = Outline.of(plan)
    async with anyio.create_task_group() as desk.beside:
        with watching_rollout(desk, client, "rollout demo", outline) as watch:
            run = await client.start(plan, observer=watch)
            ended = await run.result()

    spent = watch.spent
    desk.say(*rollout_summary(ended, spent), "")
    return spent


def report(environ: Mapping[str, str]) -> None:
    """Write the report, as a person would."""
    words = ["report", RUN, "--html", str(HOME / "report.html")]
    command = [sys.executable, "-m", "esa_flows", *words]
    subprocess.run(command, env=environ, check=True)  # noqa: S603  our own


async def peak_of(cloud: Spawned) -> int:
    """Ask the server for the most calls in any one-second window that it counted."""
    async with httpx.AsyncClient() as http:
        seen = (await http.get(f"{cloud.api}/__control__/report")).json()

    return int(seen["peak_window"])


if __name__ == "__main__":
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    anyio.run(main)
