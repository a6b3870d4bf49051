"""P14: what tracing costs a call: without an SDK, and with one that keeps all spans.

`python -m benchmarks.tracing ARM URL KEY SECRET CALLS AT_ONCE` prints one line of
figures. The arm `untraced` makes no spans, and does not even ask whether to.
"""

import sys
from contextlib import nullcontext
from functools import partial

import anyio
from opentelemetry import trace as api
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from benchmarks.call import AT_ONCE, cloud
from benchmarks.callers import measured
from benchmarks.service import OBSERVE, caller_at
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor
from benchmarks.turns import Arm, Turns, middle, pairwise, take_turns
from esa_flows import trace
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.transport import open_client

ROUNDS, CALLS = 7, 2_000
BOUNDS = {"noop": 1.05, "sdk": 1.15}
WORDS = {"noop": "spans without an SDK", "sdk": "spans kept by an SDK in memory"}


def prepare(arm: str) -> None:
    """Take the spans away, leave them to the API alone, or have them kept."""
    if arm == "untraced":
        vars(trace).update(call_span=lambda *_, **__: nullcontext(), note=dict)
    elif arm == "sdk":
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
        api.set_tracer_provider(provider)


async def run(*asked: str) -> None:
    """Make signed calls; print what they cost."""
    arm, url, key, secret, calls, at_once = asked
    prepare(arm)
    credentials = Credentials(access_key_id=key, access_key_secret=secret)
    async with open_client() as http:
        made = caller_at(http, url, credentials, calls_per_second=1_000_000)
        await measured(partial(made.call, OBSERVE), int(calls), int(at_once))


async def measure(effort: Effort) -> list[Line]:
    """Let the three take turns at one server."""
    calls = str(effort.pick(CALLS, 200))
    async with cloud() as running:
        key = (running.access_key_id, running.access_key_secret)
        asked = (running.api, *key, calls, str(AT_ONCE))
        arms = [
            Arm(name, ("-m", "benchmarks.tracing", name, *asked))
            for name in ("untraced", "noop", "sdk")
        ]
        found = await take_turns(arms, effort.pick(ROUNDS, 1))

    return [beside_untraced(arm, found) for arm in BOUNDS]


def beside_untraced(arm: str, found: Turns) -> Line:
    """Make the line of one kind of tracing."""
    return Line(
        goal="P14",
        what=f"signed call, {WORDS[arm]}",
        unit="µs CPU",
        ours=middle(found, arm, "us"),
        beside=floor("no spans at all", middle(found, "untraced", "us")),
        ratio_found=pairwise(found, arm, "untraced", "us"),
        promise=Promise.ratio(most=BOUNDS[arm]),
    )


if __name__ == "__main__":
    anyio.run(run, *sys.argv[1:])
