"""Calls of the cap that a fully checked release takes, counted where they arrive."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from pathlib import Path
from random import Random

from attrs import define, field

from benchmarks.suite import Effort
from benchmarks.table import Line, Promise, peer
from esa_flows import Client, Parts, Settings
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.files import MemoryBlobs
from esa_flows.localcloud import KEY, LocalCloud
from esa_flows.testing import ProcessTransport
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.transport import Request, Response

__all__ = ["measure"]

BASE, STAGING = "http://127.0.0.1:8080", "http://127.0.0.1:8082"
QUOTA = 4
"""Versions the routine may have, so that each release has to make room."""

UNCHECKED = 8
"""Least calls of `esa-cli deploy` 1.0.3 for both environments, by its source: one looks
whether the service is open, two at the routine, one makes the version, and for each
environment one asks whether that is ready and one deploys. It reads no code back,
guards nothing and makes no room."""


@define
class _Count:
    """A transport that counts signed calls by operation; uploads are none of the cap's.

    Attributes:
        calls: How often each operation was called.
    """

    _inner: ProcessTransport
    calls: Counter[str] = field(factory=Counter, init=False)

    async def send(self, request: Request) -> Response:
        """Count a call and pass it on."""
        operation = dict(request.headers).get("x-acs-action")
        if operation:
            self.calls[operation] += 1

        return await self._inner.send(request)


async def measure(effort: Effort) -> list[Line]:
    """Release again and again at the quota; ask plans for what more shares cost.

    Args:
        effort: How many releases.
    """
    releases = effort.pick(50, 10)
    cloud = LocalCloud(
        now=lambda: dt.datetime.now(dt.UTC), monotonic=time.monotonic, random=Random(1)
    )
    cloud.seed(empty=True)
    first = cloud.console.add_version("shop", b"//first")
    for env in ("staging", "production"):
        cloud.console.deploy("shop", env, {first: 100})

    transport = _Count(ProcessTransport(cloud, base_url=BASE))
    async with _client(transport) as client:
        for number in range(QUOTA):
            await client.release("shop", b"//before %d" % number)

        transport.calls.clear()
        for number in range(releases):
            await client.release("shop", b"//%d" % number)

        steady = transport.calls.total() / releases
        planned = {
            canary: (await client.plan("shop", b"//next", canary=canary)).capped_calls
            for canary in ("100", "10,100", "10:1m,100", "100:1m")
        }

    whole = planned["100"]
    return [
        Line(
            goal="P6",
            what="a fully checked release that makes room, one share",
            unit="calls",
            ours=steady,
            beside=peer("esa-cli, unchecked", UNCHECKED),
            promise=Promise.figure(most=10.2),
        ),
        _more("a further share", planned["10,100"] - whole, 2),
        _more("a further share with a bake", planned["10:1m,100"] - whole, 3),
        _more("a bake at the end", planned["100:1m"] - whole, 1),
    ]


def _more(what: str, calls: int, most: int) -> Line:
    promise = Promise.figure(most=most)
    return Line(goal="P6", what=what, unit="calls more", ours=calls, promise=promise)


def _client(transport: _Count) -> Client:
    settings = Settings(
        endpoint=BASE,
        staging_edge=STAGING,
        cap_sharing="process",
        version_quota=QUOTA,
    )
    key = Credentials(
        access_key_id=KEY.id, access_key_secret=KEY.secret, security_token=KEY.token
    )
    parts = Parts(
        credentials=Static(key),
        transport=transport,
        journal=MemoryJournal(),
        blobs=MemoryBlobs(),
        environ={},
        home=Path("/nowhere"),
    )
    return Client(settings, parts)
