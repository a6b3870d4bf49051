"""The local cloud as a service to measure against, and a caller that knows it."""

import time
from datetime import UTC, datetime
from itertools import count

from esa_flows.api.cloud import Op
from esa_flows.localcloud.spawn import Spawned
from esa_flows.wire.call import Call, Caller
from esa_flows.wire.cap import Cap
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.site import Endpoint
from esa_flows.wire.transport import HttpClient, HttpxTransport

OBSERVE = Call(
    operation="GetRoutine",
    version="2024-09-10",
    verb=Op.OBSERVE,
    parameters={"Name": "checkout-edge"},
)


def caller(http: HttpClient, cloud: Spawned, *, calls_per_second: int) -> Caller:
    """Make a caller of a running local cloud."""
    credentials = Credentials(
        access_key_id=cloud.access_key_id, access_key_secret=cloud.access_key_secret
    )
    return caller_at(http, cloud.api, credentials, calls_per_second=calls_per_second)


def caller_at(
    http: HttpClient, url: str, credentials: Credentials, *, calls_per_second: int
) -> Caller:
    """Make a caller of a server by its address."""
    # Processes that measure in turns share a server, which takes each nonce once.
    numbers = count(time.time_ns())
    return Caller(
        HttpxTransport(http),
        Static(credentials),
        Endpoint.parse(url),
        cap=Cap(calls_per_second),
        now=lambda: datetime.now(UTC),
        nonce=lambda: f"{next(numbers):032x}",
    )
