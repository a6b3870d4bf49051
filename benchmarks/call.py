"""A signed, paced, classified call against a bare httpx post: CPU of the client."""

import contextlib
import time
from collections.abc import Awaitable, Callable

import httpx

from benchmarks.service import OBSERVE, caller
from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, peer
from esa_flows.errors import CallError
from esa_flows.localcloud.spawn import spawned
from esa_flows.wire.transport import open_client

CALLS = 300
ROUNDS = 3


async def cpu(send: Callable[[], Awaitable[object]]) -> float:
    """Give microseconds of this process's CPU per call."""
    begun = time.process_time()
    for _ in range(CALLS):
        await send()

    return (time.process_time() - begun) / CALLS * 1e6


async def measure(effort: Effort) -> list[Line]:
    """Interleave both against one local cloud."""
    mine, beside = [], []
    async with spawned() as cloud, open_client() as http, httpx.AsyncClient() as bare:
        ours = caller(http, cloud, calls_per_second=1_000_000)

        async def signed() -> None:
            with contextlib.suppress(CallError):  # the server throttles; same work here
                await ours.call(OBSERVE)

        async def plain() -> None:
            (await bare.post(cloud.api, data={"Name": "checkout-edge"})).json()

        for _ in range(effort.pick(ROUNDS, 1)):
            beside.append(await cpu(plain))
            mine.append(await cpu(signed))

    return [
        Line(
            goal="P4",
            what="signed call, one at a time",
            ours=min(mine),
            beside=peer("bare httpx post", min(beside)),
            unit="µs CPU",
            promise=Promise.ratio(most=1.25),
        )
    ]
