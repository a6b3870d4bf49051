"""Read a gate once: a step, whose reading is recorded."""

from collections.abc import Mapping

import anyio
from attrs import evolve, field, frozen

from esa_flows.api.cloud import Op, RoutineCloud
from esa_flows.engine.context import Context
from esa_flows.engine.step import step
from esa_flows.gates.ask_edge import ask_edge
from esa_flows.gates.command import run_command
from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.functions import Functions, call_function
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.prometheus import ask_prometheus
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.spec import Gate
from esa_flows.gates.staging import Prober
from esa_flows.gates.verdict import Reading
from esa_flows.gates.watched import Watched

__all__ = ["AskGate", "Surroundings", "read_gate"]


@frozen(kw_only=True)
class AskGate:
    """What to read.

    Attributes:
        gate: Which gate.
        watched: What it is asked about.
        good: Good answers that it counted before, at the same share.
        bad: Bad ones.
    """

    gate: Gate
    watched: Watched
    good: int = 0
    bad: int = 0


@frozen(kw_only=True)
class Surroundings:
    """What gates need of this process.

    Attributes:
        functions: Those that are gates.
        environ: Its variables.
    """

    functions: Functions = field(factory=Functions)
    environ: Mapping[str, str] = field(factory=dict, repr=False)


@step.read(calls=[Op.ADDRESSES, Op.TOKEN])
async def read_gate(ctx: Context, asked: AskGate) -> Reading:
    """Read a gate once. A read: dying in between, it is read again."""
    began = anyio.current_time()
    reading = await _read(ctx, asked)
    return evolve(reading, seconds=round(anyio.current_time() - began, 6))


async def _read(ctx: Context, asked: AskGate) -> Reading:
    check, watched = asked.gate.check, asked.watched
    here = ctx.need(Surroundings)
    if isinstance(check, HttpCheck):
        cloud, prober = ctx.need(RoutineCloud), ctx.need(Prober)
        return await ask_edge(
            cloud, prober, check, watched, good=asked.good, bad=asked.bad
        )

    if isinstance(check, CommandCheck):
        return await run_command(check, watched, here.environ)

    if isinstance(check, PrometheusCheck):
        door = ctx.need(Prober).door
        return await ask_prometheus(door, check, watched, here.environ)

    function = await here.functions.find(check.function)
    return await call_function(function, check, watched)
