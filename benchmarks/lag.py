"""P13: how late the event loop serves a host's timers while we work at the full rate.

`python -m benchmarks.lag ARM URL KEY SECRET SECONDS` prints one line of figures. Ours
makes each call signed and in a durable step, a hundred a second; the bare arm posts
what is not signed, as often and in the same rhythm. Both have the same timer beside
them.
"""

import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio
import httpx
from attrs import evolve, frozen

from benchmarks.arms import engine_on, lags, p99
from benchmarks.call import cloud
from benchmarks.service import OBSERVE, caller_at
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, floor
from benchmarks.turns import Arm, middle, take_turns
from esa_flows import Context, flow, step
from esa_flows.api.cloud import Op
from esa_flows.engine.journal_sqlite import SQLiteJournal
from esa_flows.wire.call import Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.permit import Permit
from esa_flows.wire.transport import open_client

ROUNDS, SECONDS = 5, 10
RATE, FLOWS = 100, 50


@frozen
class Door:
    """What a step calls through."""

    caller: Caller
    permit: Permit


@step.idempotent(calls=[Op.OBSERVE])
async def observe(ctx: Context, _: int) -> str:
    """Make one call."""
    door = ctx.need(Door)
    answer = await door.caller.call(OBSERVE, permit=door.permit)
    return answer.request_id


@flow
async def watching(ctx: Context, count: int) -> int:
    """Make so many calls, each a step."""
    for number in range(count):
        await ctx.do(observe, number, key=str(number))

    return count


async def ours(url: str, credentials: Credentials, seconds: int) -> None:
    """Drive runs that share the cap."""
    with tempfile.TemporaryDirectory() as folder:
        journal = SQLiteJournal(Path(folder) / "lag.sqlite")
        async with open_client() as http, anyio.create_task_group() as tasks:
            caller = caller_at(http, url, credentials, calls_per_second=RATE)
            doors = {Door: partial(Door, caller)}
            engine = evolve(engine_on(journal), ports=doors)
            for _ in range(FLOWS):
                tasks.start_soon(engine.start, watching, RATE * seconds // FLOWS)

        await journal.close()


async def bare(url: str, credentials: Credentials, seconds: int) -> None:
    """Post as often, in the same rhythm, from as many tasks."""
    cap = Cap(RATE)

    async def work() -> None:
        for _ in range(RATE * seconds // FLOWS):
            async with cap.slot(key=credentials.access_key_id) as slot:
                await http.post(url, data={"Name": "checkout-edge"})
                slot.answered()

    async with httpx.AsyncClient() as http, anyio.create_task_group() as tasks:
        for _ in range(FLOWS):
            tasks.start_soon(work)


ARMS: dict[str, Callable[[str, Credentials, int], Awaitable[None]]] = {
    "ours": ours,
    "bare": bare,
}


async def run(*asked: str) -> None:
    """Run an arm beside a timer; print how late that was."""
    arm, url, key, secret, seconds = asked
    late = list[float]()
    credentials = Credentials(access_key_id=key, access_key_secret=secret)
    async with anyio.create_task_group() as watch:
        watch.start_soon(lags, late)
        await ARMS[arm](url, credentials, int(seconds))
        watch.cancel_scope.cancel()

    print(json.dumps({"ms": p99(late) * 1e3}))


async def measure(effort: Effort) -> list[Line]:
    """Let both take turns at one server."""
    async with cloud() as running:
        key = (running.access_key_id, running.access_key_secret)
        asked = (running.api, *key, str(effort.pick(SECONDS, 2)))
        arms = [Arm(name, ("-m", "benchmarks.lag", name, *asked)) for name in ARMS]
        found = await take_turns(arms, effort.pick(ROUNDS, 1))

    late, beside = (middle(found, arm, "ms") for arm in ARMS)
    return [
        Line(
            goal="P13",
            what="lag of the loop, p99, at a hundred calls a second",
            unit="ms",
            ours=late,
            beside=floor("bare httpx, same rhythm", beside),
        ),
        Line(
            goal="P13",
            what="  of this added by the library",
            unit="ms",
            ours=late - beside,
            promise=Promise.figure(most=5),
        ),
    ]


if __name__ == "__main__":
    anyio.run(run, *sys.argv[1:])
