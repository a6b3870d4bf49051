"""The default staging gate: does the routine answer through the staging addresses?"""

import anyio
from attrs import define, evolve, field, frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.errors import AccessDenied, Refused
from esa_flows.gates.looks import Named, Question
from esa_flows.gates.probe import EdgeAddress, Probe, probe
from esa_flows.gates.verdict import Reading, Verdict
from esa_flows.model import Duration, RoutineName
from esa_flows.wire.secret import Secret
from esa_flows.wire.transport import HttpClient, Transport

__all__ = ["AskStaging", "Prober", "ask_staging", "let_edge_catch_up"]


@frozen(kw_only=True)
class AskStaging:
    """What to ask.

    Attributes:
        routine: Which routine.
        record: Host name under which it answers; empty where it has none.
        is_settled: Whether staging served the version before this run, so that the edge
            knows it.
    """

    routine: RoutineName
    record: str = ""
    is_settled: bool = False


@define(kw_only=True)
class Prober:
    """How this client reaches the staging edge.

    Attributes:
        door: Sends the requests.
        staging: Where staging answers; empty to ask the provider, once.
        production: Where production answers; empty for where the name leads.
        patience: How long to go on while nothing is settled.
        edge_lag: How long the edge may need to serve what was deployed: only then it
            is asked.
        version_header: The header in which the edge names the version that answers;
            empty where it does not tell.
    """

    door: HttpClient | Transport
    staging: tuple[EdgeAddress, ...] = field(default=())
    production: tuple[EdgeAddress, ...] = ()
    patience: Duration = Duration(60)
    edge_lag: Duration = Duration(0)
    version_header: str = ""

    async def named(self, cloud: RoutineCloud, routine: RoutineName) -> Named | None:
        """Say which version must answer: the one that staging was seen to serve.

        Args:
            cloud: Asked where nobody looked within the last second.
            routine: Which routine.
        """
        if not self.version_header:
            return None

        serves = (await cloud.glance(routine)).staging
        version = serves.split.majority if serves else ""
        return Named(header=self.version_header, version=version)

    async def addresses(self, cloud: RoutineCloud) -> tuple[EdgeAddress, ...]:
        """Give the staging addresses, which are the same for a whole account.

        Args:
            cloud: Asked the first time.
        """
        if not self.staging:
            found = await cloud.staging_addresses()
            self.staging = tuple(EdgeAddress.pinned(address) for address in found)

        return self.staging

    def __repr__(self) -> str:
        told = ", ".join(map(str, self.staging)) or "asked for when needed"
        return f"<Prober [staging: {told}]>"


@step.read(calls=[Op.ADDRESSES, Op.TOKEN, Op.OBSERVE])
async def ask_staging(ctx: Context, asked: AskStaging) -> Reading:
    """Ask the routine for a page through staging; anything below 500 is good.

    The edge may still serve what it served before: nothing is asked before the time it
    may need is over, and where it names the version that answers, no other one counts.
    A fresh routine's record takes a while to resolve and is closed at first: where the
    first answer settles nothing, the gate is patient and brings a preview token if it
    can have one. A read.

    Source: ESA API 2024-09-10, GetRoutineStagingEnvIp, GetRoutineAccessToken.
    """
    if not asked.record:
        return Reading(
            verdict=Verdict.PASS,
            reason=f"{asked.routine} has no record to ask;"
            " only the deployment was read back.",
        )

    cloud, prober = ctx.need(RoutineCloud), ctx.need(Prober)
    try:
        addresses = await prober.addresses(cloud)
    except AccessDenied as error:
        return Reading(verdict=Verdict.ERROR, reason=str(error))

    if not addresses:
        return Reading(
            verdict=Verdict.ERROR, reason="The provider names no staging address."
        )

    named = await prober.named(cloud, asked.routine)
    await anyio.sleep(0 if asked.is_settled else prober.edge_lag.seconds)
    plan = Probe(
        question=Question(host=asked.record, named=named),
        addresses=addresses,
        patience=Duration(0),
    )
    reading = await probe(prober.door, plan)
    if reading.verdict.is_settled:
        return reading

    token = await _token(cloud, asked.routine)
    return await probe(prober.door, evolve(plan, patience=prober.patience, token=token))


@step.read()
async def let_edge_catch_up(ctx: Context, routine: RoutineName) -> None:  # noqa: ARG001  for the journal
    """Wait for as long as the edge may need to serve what was deployed. A read."""
    await anyio.sleep(ctx.need(Prober).edge_lag.seconds)


async def _token(cloud: RoutineCloud, routine: RoutineName) -> Secret | None:
    """Get a preview token; a routine that is open needs none, so none is no failure."""
    try:
        return await cloud.access_token(routine)
    except (AccessDenied, Refused):
        return None
