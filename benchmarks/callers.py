"""The arms of the signed call: ours, and a bare client that sends the same bytes.

`python -m benchmarks.callers ours|bare|paced URL KEY SECRET CALLS AT_ONCE` prints one
line of figures: CPU of this process per call, and how many calls a core makes in a
second.
"""

import json
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count

import anyio
import httpx

from benchmarks.service import OBSERVE, caller_at
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.rpc import signed_request
from esa_flows.wire.site import Endpoint
from esa_flows.wire.transport import open_client

Send = Callable[[], Awaitable[object]]
WARM = 40
PACE = 100


async def all_of(send: Send, calls: int, at_once: int) -> None:
    """Make calls, so many at a time."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await send()

    async with anyio.create_task_group() as tasks:
        for _ in range(at_once):
            tasks.start_soon(work)


async def measured(send: Send, calls: int, at_once: int) -> None:
    """Warm up, measure, print."""
    await all_of(send, WARM, at_once)
    begun = time.process_time()
    await all_of(send, calls, at_once)
    spent = time.process_time() - begun
    print(json.dumps({"us": spent / calls * 1e6, "per_core": calls / spent}))


async def ours(url: str, credentials: Credentials, calls: int, at_once: int) -> None:
    """Pace, sign, send, classify, trace."""
    async with open_client() as http:
        made = caller_at(http, url, credentials, calls_per_second=1_000_000)
        await measured(partial(made.call, OBSERVE), calls, at_once)


@asynccontextmanager
async def posting(
    url: str, credentials: Credentials, calls: int
) -> AsyncGenerator[Send]:
    """Give what posts so many requests that are signed by now."""
    sign = partial(signed_request, OBSERVE, Endpoint.parse(url), credentials)
    now, numbers = datetime.now(UTC), count(time.time_ns())
    nonces = (f"{next(numbers):032x}" for _ in range(WARM + calls))
    signed = iter([sign(date=now, nonce=nonce) for nonce in nonces])
    async with httpx.AsyncClient() as http:

        async def send() -> None:
            request = next(signed)
            headers = list(request.headers)
            body = request.body if isinstance(request.body, bytes) else b""
            answer = await http.post(request.url, headers=headers, content=body)
            assert answer.json()["RequestId"], answer.text

        yield send


async def bare(url: str, credentials: Credentials, calls: int, at_once: int) -> None:
    """Post what was signed before the clock started."""
    async with posting(url, credentials, calls) as send:
        await measured(send, calls, at_once)


async def paced(url: str, credentials: Credentials, calls: int, at_once: int) -> None:
    """Post the same, a hundred in a second: few at once cost more than many do."""
    begun, turns = anyio.current_time(), count()
    async with posting(url, credentials, calls) as send:

        async def in_turn() -> None:
            await anyio.sleep_until(begun + next(turns) / PACE)
            await send()

        await measured(in_turn, calls, at_once)


def main() -> None:
    """Run the arm that the command line names."""
    arm, url, key, secret, calls, at_once = sys.argv[1:]
    credentials = Credentials(access_key_id=key, access_key_secret=secret)
    arms = {"ours": ours, "bare": bare, "paced": paced}
    anyio.run(arms[arm], url, credentials, int(calls), int(at_once))


if __name__ == "__main__":
    main()
